import Telemetry

/// How one rule stands now, for people.
public struct RuleStatus: Hashable, Sendable {
  public var rule: AlarmRule
  public var monitor: RuleMonitor
  /// The last value of the rule's tag, in its unit; nil before the first one.
  public var lastValue: Double?
  /// Names of the tags without a value because of which the state is held.
  public var missing: [String]

  /// A delay runs.
  public var isPending: Bool {
    switch monitor.state {
    case .pending, .returning: !monitor.isHeld
    case .normal, .active: false
    }
  }
}

extension RuleEngine {
  /// One entry a rule, in the order of the configuration.
  public var statuses: [RuleStatus] { rules.indices.map { status($0) } }

  private func status(_ rule: Int) -> RuleStatus {
    let places = program.places[rule].leaves
    var missing: [String] = []
    if monitors[rule].isHeld {
      let tags = rules[rule].tags
      for tag in tags where !missing.contains(tag.name) {
        let slot = places.lazy.flatMap { [leaves[$0].slot, leaves[$0].other] }.first { slots[$0].tag == tag.index }
        if let slot, !slots[slot].hasValue { missing.append(tag.name) }
      }
    }
    return RuleStatus(
      rule: rules[rule], monitor: monitors[rule], lastValue: slots[leaves[places.lowerBound].slot].lastKnown,
      missing: missing)
  }
}
