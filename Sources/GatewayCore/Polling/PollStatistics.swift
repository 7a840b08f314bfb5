public import Telemetry

/// What happened on one bus since the daemon started.
public struct PollStatistics: Hashable, Sendable {
  public var requests = 0
  /// Failed requests by reason.
  public var failures: [Quality.Reason: Int] = [:]
  public var scans = 0
  /// Scans that began more than a tenth of their interval after they were due.
  public var lateScans = 0
  /// Grid points without a scan, because the bus was busy for a whole interval or longer.
  public var skippedScans = 0
  /// Times the bus was opened after it had been down.
  public var reconnects = 0
  public var isBusUp = false

  public init() {}
}

/// How one device answers.
public struct DeviceHealth: Hashable, Sendable {
  /// What was wrong with its newest scan, in one line; nil when every tag had its value.
  public var fault: String?
  /// When it last answered at all, if only with an exception.
  public var lastAnswer: Timestamp?

  public init() {}
}

/// One device as the poller needs it.
public struct PolledDevice: Hashable, Sendable {
  /// Index into the catalogue.
  public var device: Int
  public var unit: UInt8
  /// Above zero.
  public var scanInterval: Duration
  /// One a tag, in the order of the catalogue.
  public var points: [RegisterPoint]

  public init(device: Int, unit: UInt8, scanInterval: Duration, points: [RegisterPoint]) {
    self.device = device
    self.unit = unit
    self.scanInterval = scanInterval
    self.points = points
  }
}
