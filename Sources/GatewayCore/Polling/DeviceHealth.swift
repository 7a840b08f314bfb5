public import Telemetry

/// What a technician asks first about one device: does it answer, and if not, why not.
public struct DeviceHealth: Hashable, Sendable {
  /// Start of the newest scan in which at least one tag was good.
  public var lastGood: Timestamp?
  /// The newest trouble, one line; stays after recovery, so that it can still be read.
  public var lastError: String?
  /// Start of the scan that met ``lastError``.
  public var lastErrorTime: Timestamp?
  /// Scans in a row without a single good tag, up to now.
  public var failedScansInARow = 0

  public init() {}

  /// The newest scan brought at least one good tag.
  public var isAnswering: Bool { lastGood != nil && failedScansInARow == 0 }
}
