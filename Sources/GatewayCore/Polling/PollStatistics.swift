public import Telemetry

/// Counters of one bus since its poller was made. Due scans = delivered + skipped.
public struct PollStatistics: Hashable, Sendable {
  /// Reads handed to the bus.
  public var requests = 0
  /// Reads that brought no usable reply, by the reason that their tags were given.
  public var failures: [Quality.Reason: Int] = [:]
  /// Scans delivered, those of a bus that is down included.
  public var scansDelivered = 0
  /// Scans that started more than a tenth of their interval after they were due.
  public var scansLate = 0
  /// Scans that never started because the bus was busy past the next one's due time.
  public var scansSkipped = 0
  /// Scans delivered as timed out without asking, because the device had not answered for a while.
  public var scansNotAsked = 0
  /// Reads that were asked for again at once, because their reply did not come or was damaged.
  public var retries = 0
  /// Times that the bus was opened again after it had been open before.
  public var reconnects = 0
  /// Attempts to open the bus that failed.
  public var failedOpenings = 0
  /// Time during which a request was under way, or the bus was being opened.
  public var busyTime = Duration.zero
  /// Busy part of the last half to full minute, 0 to 1.
  public var load = 0.0
  /// Replies that came after their time-out and were thrown away; see ``FieldBus/lateReplies``.
  public var lateReplies = 0
  /// Replies that came in time, but from another unit than the one that was asked.
  public var wrongUnitReplies = 0
  public var isBusUp = false
  /// While the bus is down: when it is tried again.
  public var retryAt: MonotonicTime?
  /// The newest error of this bus, one line; stays after recovery.
  public var lastError: String?

  public init() {}

  public var failedRequests: Int { failures.values.reduce(0, +) }
}
