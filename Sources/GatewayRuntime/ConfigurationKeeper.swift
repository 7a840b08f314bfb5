public import Telemetry

/// Who reads the configuration file, and applies it when asked.
public protocol ConfigurationKeeper: AnyObject {
  /// A client of the local API asks for a reload, or only for what it would change. The answer is sent to it later; false
  /// when too many wait.
  func reload(client: Int, isDryRun: Bool) -> Bool
  var state: ConfigurationState { get }
}

/// What `fieldgate status` says of the configuration file.
public struct ConfigurationState: Hashable, Sendable {
  public var path: String
  /// When what runs was read.
  public var loaded: Timestamp
  /// The file has other contents now, or cannot be read.
  public var isChangedSince: Bool
  /// Settings of the file that only a start can apply, such as `outbox: directory /a -> /b`.
  public var needsRestart: [String]
  /// Why the newest reload changed nothing, one line; nil when it went well.
  public var failure: String?

  public init(
    path: String, loaded: Timestamp, isChangedSince: Bool = false, needsRestart: [String] = [], failure: String? = nil
  ) {
    self.path = path
    self.loaded = loaded
    self.isChangedSince = isChangedSince
    self.needsRestart = needsRestart
    self.failure = failure
  }
}
