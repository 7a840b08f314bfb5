public import Telemetry

/// What the store holds, after the last transaction that is known to have ended.
public struct OutboxState: Hashable, Sendable {
  public struct LaneState: Hashable, Sendable {
    /// Number of the newest batch ever cut; 0 before the first.
    public var cutThrough: UInt64 = 0
    /// Newest number that may have been sent: up to it, batches never change.
    public var offeredThrough: UInt64 = 0
    /// Newest number that central confirmed and that was deleted here.
    public var confirmedThrough: UInt64 = 0
    /// Batches that central has not confirmed yet.
    public var batchCount = 0
    public var batchSamples = 0
    public var batchBytes = 0
    /// Time of the oldest record in a batch.
    public var oldestTime: Timestamp?

    public init() {}
  }

  /// Frames that are not cut yet.
  public struct Frames: Hashable, Sendable {
    public var count = 0
    public var samples = 0
    public var bytes = 0
    public var oldestTime: Timestamp?
    /// Newest time ever committed in the lane, in this epoch or an earlier one; nil before the first.
    public var lastTime: Timestamp?
    /// Newest time ever cut in the lane, in this epoch or an earlier one: no batch begins before it; nil before the first.
    public var cutTime: Timestamp?
    /// Of those in `count`, frames whose times wait for a trusted clock.
    public var waitingForClock = 0

    public init() {}
  }

  public struct RetiredEpoch: Hashable, Sendable {
    public var epoch: Epoch
    public var reason: String
    /// Its batches move to the current epoch, some in each transaction; nothing is cut and sent meanwhile.
    public var isMoving: Bool
    public var lanes: [Lane: LaneState]

    public init(epoch: Epoch, reason: String, isMoving: Bool, lanes: [Lane: LaneState]) {
      self.epoch = epoch
      self.reason = reason
      self.isMoving = isMoving
      self.lanes = lanes
    }
  }

  /// An epoch that is over and delivered, of which central is asked now and then whether it still has it.
  public struct EndedEpoch: Hashable, Sendable {
    public var epoch: Epoch
    /// Newest number of each lane that central confirmed and whose check sum is known.
    public var confirmed: [Lane: UInt64]

    public init(epoch: Epoch, confirmed: [Lane: UInt64]) {
      self.epoch = epoch
      self.confirmed = confirmed
    }
  }

  public var epoch: Epoch
  /// Sequence number of the newest frame ever committed; 0 before the first.
  public var lastFrame: Int64
  /// That frame is the store's own: the notice that a damaged file was taken over.
  public var endsWithOwnFrame = false
  /// Number of the newest frame that a transaction brought.
  public var lastGivenFrame: Int64 { lastFrame - (endsWithOwnFrame ? 1 : 0) }
  /// Of the current epoch.
  public var lanes: [Lane: LaneState] = [:]
  /// Earlier epochs that still hold batches, oldest first.
  public var retired: [RetiredEpoch] = []
  /// Earlier epochs that hold nothing any more, newest first, as far back as check sums of theirs are kept.
  public var ended: [EndedEpoch] = []
  public var frames: [Lane: Frames] = [:]
  /// Names of alarms whose cause holds, in their order.
  public var activeAlarms: [String] = []
  /// Events of the alarms lane are missing at central, or a new epoch began: the state of every alarm is to be told
  /// again.
  public var owesAlarmStates = false
  /// The transaction took effect, and the store closed itself behind it: something in it had changed on the disk, and
  /// ``OutboxStore/open()`` looks at all of it.
  public var isClosed = false
  /// Frames whose check sum was wrong when they were cut; they stay aside in the store.
  public var damagedFrames = 0
  /// Samples that loss notices of this store stand for, by reason, since the store was made.
  public var lost: [LossNotice.Reason: UInt64] = [:]
  /// Samples that were thinned since the store was made.
  public var thinned: UInt64 = 0
  /// Telemetry batches that may still be thinned, and those that may be dropped.
  public var thinnableBatches = 0
  public var droppableBatches = 0
  /// Newest time in the oldest batch that may be dropped; nil: there is none.
  public var oldestDroppable: Timestamp?
  /// Bytes of the file that hold something.
  public var usedBytes = 0
  /// Bytes of the file that hold nothing (any more): they are written again before the file grows.
  public var spareBytes = 0
  /// Bytes of the file and of its write-ahead log.
  public var fileBytes = 0

  public init(epoch: Epoch, lastFrame: Int64 = 0) {
    self.epoch = epoch
    self.lastFrame = lastFrame
  }

  public subscript(lane: Lane) -> LaneState {
    get { lanes[lane] ?? LaneState() }
    set { lanes[lane] = newValue }
  }

  /// Records that central does not have.
  public func samples(_ lane: Lane) -> Int {
    (frames[lane]?.samples ?? 0) + self[lane].batchSamples
      + retired.reduce(0) { $0 + ($1.lanes[lane]?.batchSamples ?? 0) }
  }

  public func bytes(_ lane: Lane) -> Int {
    (frames[lane]?.bytes ?? 0) + self[lane].batchBytes + retired.reduce(0) { $0 + ($1.lanes[lane]?.batchBytes ?? 0) }
  }

  public func oldestTime(_ lane: Lane) -> Timestamp? {
    let held = retired.map { $0.lanes[lane]?.oldestTime } + [self[lane].oldestTime, frames[lane]?.oldestTime]
    return held.compactMap(\.self).first
  }

  public func confirmedThrough(_ row: EpochLane) -> UInt64 {
    if row.epoch == epoch { return self[row.lane].confirmedThrough }
    return retired.first { $0.epoch == row.epoch }?.lanes[row.lane]?.confirmedThrough ?? 0
  }

  /// Whether it is the current epoch or an earlier one of which something is kept.
  public func knows(_ epoch: Epoch) -> Bool {
    epoch == self.epoch || retired.contains { $0.epoch == epoch } || ended.contains { $0.epoch == epoch }
  }

  /// Batches of an abandoned epoch wait to be moved.
  public var isMoving: Bool { retired.contains(where: \.isMoving) }

  /// The row from which a lane is to be delivered now: the oldest epoch that holds something, else the current one.
  public func delivering(_ lane: Lane) -> (row: EpochLane, state: LaneState, isCurrent: Bool) {
    for old in retired where !old.isMoving {
      if let state = old.lanes[lane], state.cutThrough > state.confirmedThrough {
        return (EpochLane(old.epoch, lane), state, false)
      }
    }
    return (EpochLane(epoch, lane), self[lane], true)
  }
}
