public import Telemetry

/// Decides when to commit what waits in memory, when to cut batches and when to make room. Holds no data itself: counts and
/// times only.
///
/// After a failed commit it waits (200 ms, doubling to 10 s) and tries again for ever; polling and rules go on.
public struct OutboxMachine: Sendable {
  /// What the next transaction should do.
  public struct Decision: Hashable, Sendable {
    public var cut: [Lane] = []
    public var room = OutboxSpace.Decision.none
  }

  public var policy: OutboxPolicy
  /// Limits of size and age.
  public var space: OutboxSpace
  /// Samples that may wait in memory while the store takes nothing.
  public var heldSamples = OutboxPolicy.maximumHeldSamples
  private var waitingSamples = 0
  private var oldestWaiting: MonotonicTime?
  private var alarmWaits = false
  /// Since when central has something that is not deleted here yet.
  private var oldestConfirmation: MonotonicTime?
  /// Since when each lane holds uncut frames; counted from when this process learnt of them.
  private var oldestFrame: [Lane: MonotonicTime] = [:]
  private var frameSamples: [Lane: Int] = [:]
  private var isOnline = false
  private var isMoving = false
  private var needsRoom = false
  /// False: it is to be opened, also when nothing waits in memory, because what it holds waits for central.
  public var isStoreOpen = true
  private var retryAt: MonotonicTime?
  private var retryDelay = Self.firstRetry

  static let firstRetry = Duration.milliseconds(200)
  static let longestRetry = Duration.seconds(10)
  static let longestConfirmation = Duration.seconds(5)

  public init(policy: OutboxPolicy, space: OutboxSpace = OutboxSpace()) {
    self.policy = policy
    self.space = space
  }

  /// Whether samples can be taken, or memory is full because the store does not answer.
  public var hasRoom: Bool { waitingSamples < heldSamples }
  public var isFailing: Bool { retryAt != nil }

  public mutating func appended(samples: Int, now: MonotonicTime) {
    waitingSamples += samples
    if oldestWaiting == nil { oldestWaiting = now }
  }

  public mutating func alarmAppended() { alarmWaits = true }

  /// Deleting what central has may wait for the next commit, at most ``longestConfirmation``: until then a restart only
  /// resends.
  public mutating func confirmationArrived(now: MonotonicTime) { oldestConfirmation = oldestConfirmation ?? now }

  public mutating func centralChanged(isOnline: Bool) { self.isOnline = isOnline }

  /// The transaction to make now, or nil.
  public func decide(_ state: OutboxState, wall: Timestamp, now: MonotonicTime) -> Decision? {
    guard deadline <= now else { return nil }
    return Decision(
      cut: Lane.allCases.filter { (cutTime($0) ?? .never) <= now || ($0 == .alarms && alarmWaits) },
      room: space.decide(state, wall: wall))
  }

  /// When ``decide(_:wall:now:)`` will next give something; `never` when nothing waits.
  public var deadline: MonotonicTime {
    var wanted = MonotonicTime.never
    if !isStoreOpen || alarmWaits || isMoving || needsRoom || waitingSamples >= OutboxPolicy.maximumFrameSamples {
      wanted = .zero
    } else if let oldestWaiting {
      wanted = oldestWaiting + policy.flushInterval
    }
    if let oldestConfirmation { wanted = min(wanted, oldestConfirmation + Self.longestConfirmation) }
    if !isMoving { for lane in Lane.allCases { wanted = min(wanted, cutTime(lane) ?? .never) } }
    guard let retryAt else { return wanted }
    return max(retryAt, wanted)
  }

  private func cutTime(_ lane: Lane) -> MonotonicTime? {
    guard let since = oldestFrame[lane] else { return nil }
    if lane == .alarms || frameSamples[lane, default: 0] >= OutboxPolicy.maximumBatchSamples { return .zero }
    return since + (isOnline ? policy.batchInterval : policy.offlineBatchInterval)
  }

  /// A transaction ended well (or the store was opened); nothing of what it took waits in memory any more.
  public mutating func committed(_ state: OutboxState, wall: Timestamp, now: MonotonicTime) {
    waitingSamples = 0
    oldestWaiting = nil
    alarmWaits = false
    oldestConfirmation = nil
    retryAt = nil
    retryDelay = Self.firstRetry
    isMoving = state.isMoving
    needsRoom = space.decide(state, wall: wall) != .none
    for lane in Lane.allCases {
      let frames = state.frames[lane] ?? .init()
      // Frames that wait for a clock cannot be cut, nor can those behind them.
      let count = frames.waitingForClock > 0 ? 0 : frames.count
      frameSamples[lane] = count > 0 ? frames.samples : 0
      if count == 0 {
        oldestFrame[lane] = nil
      } else if oldestFrame[lane] == nil {
        oldestFrame[lane] = now
      }
    }
  }

  /// A batch was cut, so the lane's remaining frames begin to age anew.
  public mutating func cut(_ lane: Lane, now: MonotonicTime) {
    if oldestFrame[lane] != nil { oldestFrame[lane] = now }
  }

  /// A transaction failed or its outcome is unknown: all of it waits again.
  public mutating func failed(now: MonotonicTime) {
    retryAt = now + retryDelay
    retryDelay = min(retryDelay * 2, Self.longestRetry)
  }
}
