import GatewayCore
import Telemetry

/// Bounds and periods of the engine.
public enum EngineLimits {
  /// Events waiting for the engine. At 1,000 scans a second this is eight seconds of a disk that does not answer; each
  /// takes about 100 bytes and 16 a tag.
  public static let waitingEvents = 8_192
  /// Scans that wait for a store that is not open. As many samples as may wait at all take less where a device has three tags
  /// or more; of devices with one or two, fewer can wait.
  static let waitingScanBytes = 32 << 20
  /// Alarm events in one frame, so that a frame always fits into a batch.
  static let alarmsInFrame = 1_024
  /// Body of one request to central: a quarter of what central takes, so that a poor link loses little when it breaks.
  static let requestBytes = 1 << 20
  /// Catalogues of frames that wait for a store that takes nothing; each takes about 100 bytes a tag. Past this a reload is
  /// refused.
  static let waitingCatalogues = 8
  /// Of a stored batch in one answer: a third more as text, and a client may leave 1 MiB unread.
  static let storedPartBytes = 256 << 10
  /// Tags one `tail` may name.
  static let tailTags = 1_000
  /// How often the retained status message and the service manager's status line are renewed.
  static let statusInterval = Duration.seconds(30)
  /// How often what windows and detectors know is saved. A power cut loses that much of it at most, and an SD card is
  /// written 96 times a day.
  static let stateInterval = Duration.seconds(900)
  /// Central's commands for unknown alarms that are remembered as answered.
  static let declinedCommands = 1_024
  /// How often what is left of shelving is saved: shelving lasts at most that much longer after a power cut.
  static let shelfInterval = Duration.seconds(600)
  /// A bus thread whose loop has not turned for this long is stuck: one request lasts at most 60 s (the largest time-out),
  /// and opening a bus no longer.
  static let stuckBus = Duration.seconds(150)
}

/// What waits in memory at most while the store takes nothing. Beyond, the newest go, counted, and a notice says so.
public struct EngineMemory: Hashable, Sendable {
  /// Samples.
  public var samples = OutboxPolicy.maximumHeldSamples
  /// Alarm events, a few hundred bytes each and 1 kB at most; at twenty a day the default is a year. States that are told again
  /// to central are beside them.
  public var alarmEvents = 8_192

  public init() {}
}
