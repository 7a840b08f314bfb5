public import Telemetry

/// The state machine of one threshold rule: normal, pending (the on-delay runs), active.
///
/// Pure: time comes with each call. A reading without a value holds the state as it is, and the on-delay does not run
/// out on the strength of values that nobody saw.
public struct ThresholdMonitor: Sendable {
  public enum State: Hashable, Sendable {
    case normal
    /// The condition has held since then.
    case pending(since: MonotonicTime)
    case active
  }

  public enum Change: Hashable, Sendable {
    case raised
    case cleared
  }

  public let rule: ThresholdRule
  public private(set) var state: State
  /// The newest reading had no value; the state is held.
  public private(set) var isHeld = false
  /// The newest value seen, in the tag's unit.
  public private(set) var lastValue: Double?

  public init(rule: ThresholdRule, isActive: Bool = false) {
    self.rule = rule
    state = isActive ? .active : .normal
  }

  /// The same rule, whose tag may stand elsewhere in the catalogue now.
  init(rule: ThresholdRule, continuing old: Self) {
    self.rule = rule
    state = old.state
    isHeld = old.isHeld
    lastValue = old.lastValue
  }

  /// When the on-delay runs out if nothing else arrives; nil when none runs.
  public var deadline: MonotonicTime? {
    guard case .pending(let since) = state, !isHeld else { return nil }
    return since + rule.onDelay
  }

  /// Takes a reading; `value` is nil when its quality is bad or absent.
  public mutating func step(value: Double?, now: MonotonicTime) -> Change? {
    guard let value, value.isFinite else {
      isHeld = true
      return nil
    }
    if isHeld, case .pending = state {
      // What happened during the gap is unknown, so the delay starts again.
      state = .pending(since: now)
    }
    isHeld = false
    lastValue = value
    switch state {
    case .active:
      guard isBackToNormal(value) else { return nil }
      state = .normal
      return .cleared
    case .normal:
      guard isBeyond(value) else { return nil }
      state = .pending(since: now)
      return expire(now: now)
    case .pending:
      guard isBeyond(value) else {
        state = .normal
        return nil
      }
      return expire(now: now)
    }
  }

  /// Raises the alarm when the on-delay has run out.
  public mutating func expire(now: MonotonicTime) -> Change? {
    guard let deadline, deadline <= now else { return nil }
    state = .active
    return .raised
  }

  private func isBeyond(_ value: Double) -> Bool {
    switch rule.comparison {
    case .above: value > rule.limit
    case .below: value < rule.limit
    }
  }

  private func isBackToNormal(_ value: Double) -> Bool {
    switch rule.comparison {
    case .above: rule.hysteresis > 0 ? value <= rule.limit - rule.hysteresis : value <= rule.limit
    case .below: rule.hysteresis > 0 ? value >= rule.limit + rule.hysteresis : value >= rule.limit
    }
  }
}
