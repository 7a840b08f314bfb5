/// When the outbox commits and cuts.
public struct OutboxPolicy: Hashable, Sendable {
  /// Longest time a sample waits in memory; default 1 s. Alarms do not wait.
  public var flushInterval: Duration
  /// Age of the oldest frame at which a batch is cut while central is reachable; default 10 s.
  public var batchInterval: Duration
  /// The same while central is away; default 1 h: larger batches compress better, and nobody waits for them.
  public var offlineBatchInterval: Duration

  /// A commit happens at the latest when this many samples wait in memory, so that a frame stays small.
  public static let maximumFrameSamples = 16_384
  /// A batch is cut at the latest when the frames hold this many samples: 65,536 samples of 8 incompressible bytes are
  /// 512 KiB, a quarter of what a batch may take.
  public static let maximumBatchSamples = 65_536
  /// Samples kept in memory while the store does not answer: 9 bytes each, so at most 4.5 MiB. Beyond, the newest are
  /// dropped and counted.
  public static let maximumHeldSamples = 524_288

  public init(
    flushInterval: Duration = .seconds(1), batchInterval: Duration = .seconds(10),
    offlineBatchInterval: Duration = .seconds(3_600)
  ) {
    self.flushInterval = flushInterval
    self.batchInterval = batchInterval
    self.offlineBatchInterval = max(batchInterval, offlineBatchInterval)
  }
}
