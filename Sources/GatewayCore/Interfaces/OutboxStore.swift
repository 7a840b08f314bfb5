public import Telemetry

/// A frame that waits for its commit. Its sequence number makes a retry after an unknown commit harmless.
public struct PendingFrame: Hashable, Sendable {
  /// 1 for the store's first frame, then ascending over both lanes; given out before the first attempt and kept.
  public var sequence: Int64
  public var lane: Lane
  /// What ``OutboxStore/register(_:)`` gave; 0 in the alarms lane, whose frames need none.
  public var catalogueID: Int
  public var sampleCount: Int
  public var firstTime: Timestamp
  public var lastTime: Timestamp
  /// As ``FrameCodec`` made it.
  public var bytes: [UInt8]

  public init(
    sequence: Int64, lane: Lane, catalogueID: Int = 0, sampleCount: Int, firstTime: Timestamp, lastTime: Timestamp,
    bytes: [UInt8]
  ) {
    self.sequence = sequence
    self.lane = lane
    self.catalogueID = catalogueID
    self.sampleCount = sampleCount
    self.firstTime = firstTime
    self.lastTime = lastTime
    self.bytes = bytes
  }
}

/// Everything that one transaction of the outbox does.
public struct OutboxTransaction: Sendable {
  public var frames: [PendingFrame] = []
  /// Names of all active alarms after the frames above; nil leaves them as they are.
  public var activeAlarms: [String]?
  /// Lanes from which one batch is to be cut, if they hold frames.
  public var cut: [Lane] = []
  /// Batches that central has committed: they are deleted up to this number.
  public var confirmed: [Lane: UInt64] = [:]

  public init() {}

  public var isEmpty: Bool { frames.isEmpty && activeAlarms == nil && cut.isEmpty && confirmed.isEmpty }
}

/// What the store holds, after the last transaction that is known to have ended.
public struct OutboxState: Hashable, Sendable {
  public struct LaneState: Hashable, Sendable {
    /// Number of the newest batch ever cut; 0 before the first.
    public var cutThrough: UInt64 = 0
    /// Newest number that central confirmed and that was deleted here.
    public var confirmedThrough: UInt64 = 0
    /// Newest time ever committed; nil before the first frame.
    public var lastTime: Timestamp?
    /// Frames that are not cut yet.
    public var frameCount = 0
    public var frameSamples = 0
    public var frameBytes = 0
    /// Batches that central has not confirmed yet.
    public var batchCount = 0
    public var batchSamples = 0
    public var batchBytes = 0
    /// Time of the oldest record that central does not have; nil when it has all.
    public var oldestTime: Timestamp?
    /// Frames whose check sum was wrong when they were cut; they stay aside in the store.
    public var damagedFrames = 0

    public init() {}

    public var samples: Int { frameSamples + batchSamples }
    public var bytes: Int { frameBytes + batchBytes }
  }

  public var epoch: Epoch
  /// Sequence number of the newest frame ever committed; 0 before the first.
  public var lastFrame: Int64
  public var lanes: [Lane: LaneState]
  public var activeAlarms: [String]

  public init(epoch: Epoch, lastFrame: Int64 = 0, lanes: [Lane: LaneState] = [:], activeAlarms: [String] = []) {
    self.epoch = epoch
    self.lastFrame = lastFrame
    self.lanes = lanes
    self.activeAlarms = activeAlarms
  }

  public subscript(lane: Lane) -> LaneState { lanes[lane] ?? LaneState() }
}

/// Why the store failed: what, where, and what to do next, in one line.
public struct OutboxStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String
  /// The transaction may or may not have been committed: read the state again before deciding.
  public var outcomeUnknown: Bool

  public init(_ description: String, outcomeUnknown: Bool) {
    self.description = description
    self.outcomeUnknown = outcomeUnknown
  }
}

/// The durable side of the outbox. One thread owns it; calls block until the disk has answered.
public protocol OutboxStore: AnyObject {
  /// What the store holds now, read from it.
  func state() throws(OutboxStoreError) -> OutboxState

  /// Remembers a catalogue and gives the number by which frames refer to it; the same catalogue gets the same number.
  func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int

  /// Does all of it or nothing, synced to disk when it returns. Gives the state after it. Frames whose sequence number is
  /// not above ``OutboxState/lastFrame`` are there already and are passed over.
  func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState

  /// The bytes of a cut batch, or nil when there is none of that number (any more).
  func batch(lane: Lane, number: UInt64) throws(OutboxStoreError) -> [UInt8]?
}
