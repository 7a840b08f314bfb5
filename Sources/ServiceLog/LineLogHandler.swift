import Glibc
public import Logging
import SystemdNotify
import Telemetry

/// Writes each message as one line to standard error: for the journal with its priority in front (sd-daemon(3)), for a
/// person with time and level.
public struct LineLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var metadataProvider: Logger.MetadataProvider?
  public var logLevel: Logger.Level
  private let isJournal: Bool

  public init(level: Logger.Level = .info) {
    logLevel = level
    isJournal = SystemdNotify.logsToJournal
  }

  /// Makes this the handler of all loggers. Call once, before the first logger is made.
  public static func bootstrap(level: Logger.Level) {
    LoggingSystem.bootstrap { _ in Self(level: level) }
  }

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public func log(event: LogEvent) {
    var text = "\(event.message)"
    if let error = event.error { text += ": \(error)" }
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) { text += " \(key)=\(value)" }
    // A message is one line whatever it quotes; a second line would have neither time nor priority.
    let line = text.map { $0.isNewline ? " | " : String($0) }.joined()
    write(prefix(event.level) + line + "\n")
  }

  private func prefix(_ level: Logger.Level) -> String {
    if isJournal { return "<\(Self.priority(level))>" }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let time = Timestamp(milliseconds: Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000)
    return "\(time.iso8601) \(level.rawValue): "
  }

  /// The level as syslog(3) numbers it.
  static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  /// One write(2) a line, so that lines of several threads do not mix. A log that cannot be written is nobody's reason to
  /// stop.
  private func write(_ line: String) {
    var line = line
    line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
