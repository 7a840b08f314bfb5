public import Telemetry

/// Going on with other rules.
extension RuleEngine {
  /// Goes on with other rules: one that is the same as before, on tags that are the same, keeps all of its state. One that
  /// only has a name in common with an earlier one keeps whether its alarm is active, as over a restart.
  ///
  /// - Parameter place: where a tag of before stands in the new catalogue; nil when it is gone or means something else.
  public func continued(
    with rules: [AlarmRule], now: MonotonicTime, place: (TagIndex) -> TagIndex?
  ) -> RuleEngine {
    var next = RuleEngine(rules: rules, activeAlarms: activeAlarms, start: now)
    let before = Dictionary(self.rules.indices.map { (self.rules[$0].name, $0) }) { first, _ in first }
    var slotOf: [TagIndex: Int] = [:]
    for (index, slot) in slots.enumerated() { if let moved = place(slot.tag) { slotOf[moved] = index } }
    for index in next.slots.indices {
      guard let old = slotOf[next.slots[index].tag] else { continue }
      let tag = next.slots[index].tag
      next.slots[index] = slots[old]
      next.slots[index].tag = tag
    }
    for index in rules.indices {
      guard let old = before[rules[index].name], self.rules[old].moved(place) == rules[index] else { continue }
      next.take(index, from: self, old)
    }
    next.findSoonest()
    return next
  }

  /// The state of the same rule in another engine.
  private mutating func take(_ rule: Int, from old: RuleEngine, _ oldRule: Int) {
    monitors[rule] = old.monitors[oldRule]
    lastWrites[rule] = old.lastWrites[oldRule]
    for (leaf, oldLeaf) in zip(program.places[rule].leaves, old.program.places[oldRule].leaves) {
      let known = old.leaves[oldLeaf]
      leaves[leaf].truth = known.truth
      leaves[leaf].isLatched = known.isLatched
      leaves[leaf].number = known.number
      switch (leaves[leaf].kind, known.kind) {
      case (.rate(let new, _, _), .rate(let before, _, _)): rates[new] = old.rates[before]
      case (.flatLine(let new), .flatLine(let before)): flatLines[new] = old.flatLines[before]
      case (.anomaly(let new), .anomaly(let before)): anomalies[new] = old.anomalies[before]
      default: break
      }
    }
  }
}
