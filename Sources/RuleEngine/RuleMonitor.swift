public import Telemetry

/// The delays of one rule: normal, pending (the on-delay runs), active, returning (the off-delay runs).
///
/// Pure: time comes with each call. An unknown condition holds the state as it is, and no delay runs out on the strength
/// of values that nobody saw.
public struct RuleMonitor: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case normal
    /// The condition has held since then.
    case pending(since: MonotonicTime)
    case active
    /// The condition has been gone since then.
    case returning(since: MonotonicTime)
  }

  public enum Change: Hashable, Sendable {
    case raised
    case cleared
  }

  public internal(set) var state: State
  /// The condition is unknown; the state is held.
  public internal(set) var isHeld = false
  /// `when` is false or the schedule not in force.
  public internal(set) var isSuppressed = false

  public init(isActive: Bool = false) {
    state = isActive ? .active : .normal
  }

  public var isActive: Bool {
    switch state {
    case .active, .returning: true
    case .normal, .pending: false
    }
  }

  /// When the delay that runs is over if nothing else arrives; nil when none runs.
  func deadline(_ rule: AlarmRule) -> MonotonicTime? {
    guard !isHeld else { return nil }
    switch state {
    case .pending(let since): return since + rule.onDelay
    case .returning(let since): return since + rule.offDelay
    case .normal, .active: return nil
    }
  }

  mutating func step(_ truth: Truth, _ rule: AlarmRule, now: MonotonicTime) -> Change? {
    guard truth != .unknown else {
      isHeld = true
      return nil
    }
    if isHeld {
      isHeld = false
      // What happened during the gap is unknown, so the delay starts again.
      switch state {
      case .pending: state = .pending(since: now)
      case .returning: state = .returning(since: now)
      case .normal, .active: break
      }
    }
    switch (state, truth) {
    case (.normal, .yes): state = .pending(since: now)
    case (.pending, .no): state = .normal
    case (.active, .no): state = .returning(since: now)
    case (.returning, .yes): state = .active
    default: break
    }
    return expire(rule, now: now)
  }

  /// Raises or clears the alarm when its delay is over.
  mutating func expire(_ rule: AlarmRule, now: MonotonicTime) -> Change? {
    guard let deadline = deadline(rule), deadline <= now else { return nil }
    if case .pending = state {
      state = .active
      return .raised
    }
    state = .normal
    return .cleared
  }

  /// The rule does not apply now: the alarm is not raised, and ends if it was active.
  mutating func suppress() -> Change? {
    isHeld = false
    let wasActive = isActive
    state = .normal
    return wasActive ? .cleared : nil
  }
}
