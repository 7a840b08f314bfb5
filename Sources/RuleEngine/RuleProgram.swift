import Telemetry

/// Rules laid out flat, so that a scan touches only what looks at its device.
struct RuleProgram: Sendable {
  /// What one scan of a device touches.
  struct Device: Sendable {
    var slots: [Int] = []
    var leaves: [Int] = []
    var rules: [Int] = []
  }

  /// Where a rule's conditions stand among the nodes and leaves.
  struct Place: Sendable {
    var condition = 0
    var precondition: Int?
    /// By the place of the action.
    var interlocks: [Int: Int] = [:]
    var leaves: Range<Int> = 0..<0
  }

  var nodes: [Node] = []
  var places: [Place] = []
  var devices: [Int: Device] = [:]
  /// Rules that time alone changes: with a condition that waits for values that do not come.
  var timed: [Int] = []

  // What the engine takes over as its state.
  var slots: [Slot] = []
  var leaves: [Leaf] = []
  var rates: [RateOfChange] = []
  var flatLines: [FlatLine] = []
  var anomalies: [AnomalyWatch] = []

  private var slotOf: [TagIndex: Int] = [:]

  init(_ rules: [AlarmRule], start: MonotonicTime) {
    places.reserveCapacity(rules.count)
    for (number, rule) in rules.enumerated() {
      var place = Place()
      let first = leaves.count
      place.condition = nodes.count
      add(rule.condition, start: start)
      if let precondition = rule.precondition {
        place.precondition = nodes.count
        add(precondition, start: start)
      }
      for (index, action) in rule.actions.enumerated() {
        guard case .write(let write) = action.kind, let interlock = write.interlock else { continue }
        place.interlocks[index] = nodes.count
        add(interlock, start: start)
      }
      place.leaves = first..<leaves.count
      places.append(place)
      enter(number, place)
    }
  }

  /// Files a rule under each device it looks at.
  private mutating func enter(_ rule: Int, _ place: Place) {
    var isTimed = false
    for index in place.leaves {
      let leaf = leaves[index]
      if case .stale = leaf.kind { isTimed = true }
      for slot in leaf.slot == leaf.other ? [leaf.slot] : [leaf.slot, leaf.other] {
        let device = slots[slot].tag.device
        if devices[device]?.leaves.last != index { devices[device, default: Device()].leaves.append(index) }
        if devices[device]?.rules.last != rule { devices[device, default: Device()].rules.append(rule) }
      }
    }
    if isTimed { timed.append(rule) }
  }

  private mutating func slot(_ tag: RuleTag, start: MonotonicTime) -> Int {
    if let known = slotOf[tag.index] { return known }
    let new = slots.count
    slots.append(Slot(tag: tag.index, lastValue: start))
    slotOf[tag.index] = new
    devices[tag.index.device, default: Device()].slots.append(new)
    return new
  }

  private mutating func add(_ condition: Condition, start: MonotonicTime) {
    switch condition {
    case .all(let parts):
      nodes.append(.all(parts.count))
      for part in parts { add(part, start: start) }
    case .any(let parts):
      nodes.append(.any(parts.count))
      for part in parts { add(part, start: start) }
    case .not(let part):
      nodes.append(.not)
      add(part, start: start)
    default:
      nodes.append(.leaf(leaves.count))
      leaves.append(leaf(condition, start: start))
    }
  }

  private mutating func leaf(_ condition: Condition, start: MonotonicTime) -> Leaf {
    switch condition {
    case .compare(let tag, let side, let limit, let hysteresis):
      return Leaf(.compare(side, limit: limit, hysteresis: hysteresis), slot: slot(tag, start: start))
    case .outside(let tag, let range, let hysteresis):
      return Leaf(.outside(range, hysteresis: hysteresis), slot: slot(tag, start: start))
    case .isOneOf(let tag, let values): return Leaf(.isOneOf(values), slot: slot(tag, start: start))
    case .rate(let tag, let side, let limit, let per, let over):
      rates.append(RateOfChange(period: over))
      let aSecond = limit / (Double(per.wholeNanoseconds) / 1e9)
      return Leaf(.rate(history: rates.count - 1, side, limit: aSecond), slot: slot(tag, start: start))
    case .deviation(let tag, let other, let limit, let hysteresis):
      return Leaf(
        .deviation(limit: limit, hysteresis: hysteresis), slot: slot(tag, start: start),
        other: slot(other, start: start))
    case .stale(let tag, let age): return Leaf(.stale(age), slot: slot(tag, start: start))
    case .flatLine(let tag, let atLeast):
      flatLines.append(FlatLine(atLeast: atLeast))
      return Leaf(.flatLine(run: flatLines.count - 1), slot: slot(tag, start: start))
    case .anomaly(let tag, let condition):
      var watch = AnomalyWatch(condition)
      watch.lastUnusual = start
      anomalies.append(watch)
      return Leaf(.anomaly(watch: anomalies.count - 1), slot: slot(tag, start: start))
    case .all, .any, .not: preconditionFailure("groups are nodes, not leaves")
    }
  }
}
