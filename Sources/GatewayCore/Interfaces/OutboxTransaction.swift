public import AlarmStates
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
  /// Times in it are those of the boot clock, because the wall clock was not trusted yet.
  public var hasBootTimes: Bool
  /// As ``FrameCodec`` made it.
  public var bytes: [UInt8]

  public init(
    sequence: Int64, lane: Lane, catalogueID: Int = 0, sampleCount: Int, firstTime: Timestamp, lastTime: Timestamp,
    hasBootTimes: Bool = false, bytes: [UInt8]
  ) {
    self.sequence = sequence
    self.lane = lane
    self.catalogueID = catalogueID
    self.sampleCount = sampleCount
    self.firstTime = firstTime
    self.lastTime = lastTime
    self.hasBootTimes = hasBootTimes
    self.bytes = bytes
  }
}

/// Everything that one transaction of the outbox does, in the order of its members.
public struct OutboxTransaction: Sendable {
  /// How an epoch ends.
  public enum Retirement: Hashable, Sendable {
    /// What it holds is delivered under its numbers, and no number follows: the store was restored from a backup.
    case close(String)
    /// Its numbers mean something else at central: what central does not have goes on under numbers of the new epoch.
    case abandon(String)
  }

  public var frames: [PendingFrame] = []
  /// Alarms as they are after the frames above, where that is not what the store has.
  public var alarms: [SavedAlarm] = []
  /// Alarms of which nothing is to be kept any more.
  public var forgottenAlarms: [String] = []
  /// The frames above tell the state of every alarm, so that none is owed any more. What the same transaction loses is
  /// owed all the same.
  public var tellsAlarmStates = false
  /// The wall clock minus the boot clock, once it is trusted: frames with boot times get their places in time when they are
  /// cut.
  public var clockOffset: Duration?
  /// Batches among those in ``confirmed`` that were damaged here, so that nobody knows whether central has the same: a loss
  /// notice in the current epoch names them.
  public var incomparable: [EpochLane: ClosedRange<UInt64>] = [:]
  /// Batches that central has committed: they are deleted up to this number.
  public var confirmed: [EpochLane: UInt64] = [:]
  /// Batches up to this number are about to be sent: from now on they must never change.
  public var offered: [EpochLane: UInt64] = [:]
  /// Central was restored and has batches only up to this number, where more had been confirmed: a loss notice takes the place
  /// of those that were deleted here.
  public var missingAtCentral: [EpochLane: UInt64] = [:]
  /// Batches that cannot be read any more: a loss notice takes the place of each.
  public var damaged: [EpochLane: [UInt64]] = [:]
  /// Earlier epochs whose batches go on under numbers of the current one after all.
  public var abandoned: [Epoch] = []
  /// The current epoch ends and a new one begins.
  public var retirement: Retirement?
  /// Batches that central had confirmed and has no more, of epochs that are over when this transaction is: a loss notice in the
  /// epoch that is current then names them.
  public var goneAtCentral: [EpochLane: ClosedRange<UInt64>] = [:]
  /// Lanes from which one batch is to be cut, if they hold frames.
  public var cut: [Lane] = []
  /// Oldest telemetry batches to be thinned to a minute's aggregates.
  public var thin = 0
  /// Oldest telemetry batches to be replaced by a loss notice, and why.
  public var drop: (count: Int, reason: LossNotice.Reason)?
  /// Bytes sent to central and received from it since the last transaction, on this day (`2026-05-01`).
  public var traffic: (day: String, sent: Int, received: Int)?

  public init() {}

  public var isEmpty: Bool {
    frames.isEmpty && alarms.isEmpty && forgottenAlarms.isEmpty && clockOffset == nil && confirmed.isEmpty
      && offered.isEmpty
      && missingAtCentral.isEmpty && goneAtCentral.isEmpty && incomparable.isEmpty && damaged.isEmpty
      && abandoned.isEmpty
      && retirement == nil && cut.isEmpty && thin == 0 && drop == nil
  }
}
