import Telemetry

/// How one rule stands now, for people.
public struct RuleStatus: Hashable, Sendable {
  /// The delay that runs.
  public enum Delay: String, Hashable, Sendable {
    /// The condition holds, and the alarm is raised when it goes on so.
    case on
    /// The condition is gone, and the alarm clears when it stays away.
    case off
  }

  /// Why nothing is known of a condition, so that the state is held.
  public enum Hold: Hashable, Sendable {
    case noValue(tag: String)
    /// Values do not cover the period of a rate yet.
    case shortOfTime(tag: String, Duration)
    /// The reading is uncertain, or outside of what a detector takes.
    case notJudged(tag: String)

    public var sentence: String {
      switch self {
      case .noValue(let tag): "no value of \(tag)"
      case .shortOfTime(let tag, let period): "the values of \(tag) do not cover \(RuleText.duration(period)) yet"
      case .notJudged(let tag): "the reading of \(tag) is none that a detector can judge"
      }
    }
  }

  public var rule: AlarmRule
  public var monitor: RuleMonitor
  /// The last value of the rule's tag, in its unit; nil before the first one.
  public var lastValue: Double?
  /// Empty unless the state is held. Conditions of `when` are among them, those of interlocks are not.
  public var holds: [Hold]

  /// Nil also while the state is held: then no delay runs.
  public var delay: Delay? {
    guard !monitor.isHeld else { return nil }
    return switch monitor.state {
    case .pending: .on
    case .returning: .off
    case .normal, .active: nil
    }
  }

  /// Names of the tags without a value because of which the state is held.
  public var missing: [String] { holds.compactMap { if case .noValue(let tag) = $0 { tag } else { nil } } }
}

extension RuleEngine {
  /// One entry a rule, in the order of the configuration.
  public var statuses: [RuleStatus] { rules.indices.map { status($0) } }

  private func status(_ rule: Int) -> RuleStatus {
    let places = program.places[rule].leaves
    var holds: [RuleStatus.Hold] = []
    if monitors[rule].isHeld {
      let judged = rules[rule].condition.leafCount + (rules[rule].precondition?.leafCount ?? 0)
      let names = Dictionary(rules[rule].tags.map { ($0.index, $0.name) }) { first, _ in first }
      for leaf in places.prefix(judged).map({ leaves[$0] }) where leaf.truth == .unknown {
        for hold in self.holds(leaf, names) where !holds.contains(hold) { holds.append(hold) }
      }
    }
    return RuleStatus(
      rule: rules[rule], monitor: monitors[rule], lastValue: slots[leaves[places.lowerBound].slot].lastKnown,
      holds: holds)
  }

  private func holds(_ leaf: Leaf, _ names: [TagIndex: String]) -> [RuleStatus.Hold] {
    let empty = (leaf.slot == leaf.other ? [leaf.slot] : [leaf.slot, leaf.other]).filter { !slots[$0].hasValue }
    let missing = empty.compactMap { names[slots[$0].tag] }.map { RuleStatus.Hold.noValue(tag: $0) }
    guard missing.isEmpty, let name = names[slots[leaf.slot].tag] else { return missing }
    switch leaf.kind {
    case .rate(let history, _, _): return [.shortOfTime(tag: name, rates[history].period)]
    case .anomaly: return [.notJudged(tag: name)]
    case .compare, .outside, .isOneOf, .deviation, .stale, .flatLine: return []
    }
  }
}
