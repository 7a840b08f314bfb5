public import Telemetry

/// Judges every reading against the rules of its tag and tells what changed (`docs/rules.md`).
///
/// Pure and bounded: its state is a few words a condition. The caller supplies both clocks: the monotonic one drives
/// delays, the wall clock only stamps events.
public struct RuleEngine: Sendable {
  /// In the order of the configuration.
  public let rules: [AlarmRule]
  var monitors: [RuleMonitor]
  let program: RuleProgram
  var slots: [Slot]
  var leaves: [Leaf]
  var rates: [RateOfChange]
  var flatLines: [FlatLine]
  var anomalies: [AnomalyWatch]
  /// Rules that do something, by the name of their alarm.
  let withActions: [String: Int]
  /// Rules with an action that changes a scan interval.
  let withScans: [Int]
  /// When actions last wrote, by rule and by the place of the action.
  var lastWrites: [Int: [Int: MonotonicTime]] = [:]
  /// Nothing is due before it; it may be too early, never too late.
  var soonest = MonotonicTime.never

  /// - Parameters:
  ///   - activeAlarms: names of the alarms that were active when the state was last saved.
  ///   - start: now; a tag that never gives a value is as old as this.
  public init(rules: [AlarmRule], activeAlarms: Set<String> = [], start: MonotonicTime = .zero) {
    self.rules = rules
    monitors = rules.map { RuleMonitor(isActive: activeAlarms.contains($0.name)) }
    program = RuleProgram(rules, start: start)
    var withActions: [String: Int] = [:]
    for (index, rule) in rules.enumerated() where !rule.actions.isEmpty { withActions[rule.name] = index }
    self.withActions = withActions
    withScans = rules.indices.filter { index in
      rules[index].actions.contains { if case .scan = $0.kind { true } else { false } }
    }
    slots = program.slots
    leaves = program.leaves
    rates = program.rates
    flatLines = program.flatLines
    anomalies = program.anomalies
    for index in rules.indices where monitors[index].isActive { latch(index) }
    findSoonest()
  }

  /// Inside the hysteresis an alarm that was active stays so.
  mutating func latch(_ rule: Int) {
    for leaf in program.places[rule].leaves { leaves[leaf].isLatched = true }
  }

  public var activeAlarms: Set<String> {
    var names: Set<String> = []
    for index in rules.indices where monitors[index].isActive { names.insert(rules[index].name) }
    return names
  }

  /// When the next delay runs out, or a tag becomes stale; nil when nothing waits. It may be too early, never too late.
  public var deadline: MonotonicTime? { soonest == .never ? nil : soonest }

  /// Takes a scan with the definitions of its device's tags.
  ///
  /// - Parameter minuteOfWeek: in the gateway's time zone, 0 is Monday at midnight; nil while the clock is not known.
  public mutating func step(
    scan: DeviceScan, tags: [TagDefinition], now: MonotonicTime, minuteOfWeek: Int? = nil
  ) -> [AlarmEvent] {
    guard let touched = program.devices[scan.device] else { return [] }
    for slot in touched.slots { take(scan.readings[slots[slot].tag.tag], slot, tags, now) }
    let hour = minuteOfWeek.map { $0 % 1_440 / 60 }
    for leaf in touched.leaves { judge(leaf, scan, now: now, hourOfDay: hour) }
    var events: [AlarmEvent] = []
    for rule in touched.rules { step(rule, now: now, time: scan.time, minuteOfWeek: minuteOfWeek, &events) }
    return events
  }

  /// Does what is due without another scan.
  public mutating func expire(now: MonotonicTime, time: Timestamp, minuteOfWeek: Int? = nil) -> [AlarmEvent] {
    guard soonest <= now else { return [] }
    var events: [AlarmEvent] = []
    for rule in program.timed {
      for leaf in program.places[rule].leaves {
        if case .stale(let age) = leaves[leaf].kind { judgeAge(leaf, age, now: now) }
      }
      step(rule, now: now, time: time, minuteOfWeek: minuteOfWeek, &events)
    }
    for rule in rules.indices {
      if let change = monitors[rule].expire(rules[rule], now: now) {
        events.append(event(rule, transition(change), time: time))
      }
    }
    findSoonest()
    return events
  }

  // MARK: Readings

  private mutating func take(_ reading: Reading, _ slot: Int, _ tags: [TagDefinition], _ now: MonotonicTime) {
    guard reading.quality.level != .absent else { return }
    // What grew old says nothing about now.
    guard reading.quality.reason != .stale, let value = reading.engineeringValue(tags[slots[slot].tag.tag]),
      value.isFinite
    else {
      slots[slot].hasValue = false
      slots[slot].isGood = false
      return
    }
    slots[slot].value = value
    slots[slot].bits = reading.bits
    slots[slot].hasValue = true
    slots[slot].isGood = reading.quality.level == .good
    slots[slot].lastValue = now
    slots[slot].wasSeen = true
  }

  private mutating func judge(_ leaf: Int, _ scan: DeviceScan, now: MonotonicTime, hourOfDay: Int?) {
    let slot = slots[leaves[leaf].slot]
    switch leaves[leaf].kind {
    case .stale(let age): return judgeAge(leaf, age, now: now)
    case .deviation: break
    // A sample counts once, also when the scan says nothing of the tag.
    default: if scan.readings[slot.tag.tag].quality.level == .absent { return }
    }
    guard slot.hasValue, slots[leaves[leaf].other].hasValue else {
      leaves[leaf].truth = .unknown
      switch leaves[leaf].kind {
      case .rate(let history, _, _): rates[history].forget()
      case .flatLine(let run): flatLines[run].end()
      case .anomaly(let watch): anomalies[watch].isNews = false
      default: break
      }
      return
    }
    let value = slot.value
    switch leaves[leaf].kind {
    case .compare(let side, let limit, let hysteresis):
      leaves[leaf].latch(
        side.isBeyond(value, limit), unless: side.isBack(value, limit, hysteresis: hysteresis))
    case .outside(let range, let hysteresis):
      leaves[leaf].latch(
        !range.contains(value),
        unless: value >= range.lowerBound + hysteresis && value <= range.upperBound - hysteresis)
    case .isOneOf(let values): leaves[leaf].truth = Truth(values.contains(value))
    case .rate(let history, let side, let limit):
      guard let rate = rates[history].take(value, at: now) else { return leaves[leaf].truth = .unknown }
      leaves[leaf].number = rate
      leaves[leaf].truth = Truth(side.isBeyond(rate, limit))
    case .deviation(let limit, let hysteresis):
      let distance = (value - slots[leaves[leaf].other].value).magnitude
      leaves[leaf].number = distance
      leaves[leaf].latch(distance > limit, unless: distance <= limit - hysteresis)
    case .flatLine(let run):
      let stands = flatLines[run].take(slot.bits, at: now)
      leaves[leaf].number = Double(flatLines[run].run)
      leaves[leaf].truth = Truth(stands)
    case .anomaly(let watch):
      // What is only uncertain is not learned.
      anomalies[watch].isNews = false
      guard slot.isGood,
        let isUnusual = anomalies[watch].take(value, isActive: leaves[leaf].isLatched, now: now, hourOfDay: hourOfDay)
      else { return leaves[leaf].truth = .unknown }
      leaves[leaf].isLatched = isUnusual
      leaves[leaf].truth = Truth(isUnusual)
    case .stale: break
    }
  }

  private mutating func judgeAge(_ leaf: Int, _ age: Duration, now: MonotonicTime) {
    let due = slots[leaves[leaf].slot].lastValue + age
    leaves[leaf].truth = Truth(due <= now)
    if due > now { soonest = min(soonest, due) }
  }

  // MARK: Rules

  private mutating func step(
    _ rule: Int, now: MonotonicTime, time: Timestamp, minuteOfWeek: Int?, _ events: inout [AlarmEvent]
  ) {
    let place = program.places[rule]
    var gate = Truth(rules[rule].schedule?.isInForce(at: minuteOfWeek) ?? true)
    if let precondition = place.precondition { gate = gate.and(truth(precondition)) }
    if gate == .no {
      let isNew = !monitors[rule].isSuppressed
      monitors[rule].isSuppressed = true
      if let change = monitors[rule].suppress() { events.append(event(rule, transition(change), time: time)) }
      if isNew { events.append(event(rule, .suppressed, time: time)) }
      return
    }
    if gate == .yes, monitors[rule].isSuppressed {
      monitors[rule].isSuppressed = false
      events.append(event(rule, .unsuppressed, time: time))
    }
    let holds = gate == .unknown ? .unknown : truth(place.condition)
    let wasActive = monitors[rule].isActive
    if let change = monitors[rule].step(holds, rules[rule], now: now) {
      events.append(event(rule, transition(change), time: time))
    } else if wasActive, hasNews(place.leaves) {
      events.append(event(rule, .raisedAgain, time: time))
    }
    if let deadline = monitors[rule].deadline(rules[rule]) { soonest = min(soonest, deadline) }
  }

  private func transition(_ change: RuleMonitor.Change) -> AlarmEvent.Transition {
    change == .raised ? .raised : .cleared
  }

  /// The cause of an active alarm came again.
  private func hasNews(_ range: Range<Int>) -> Bool {
    for leaf in range { if case .anomaly(let watch) = leaves[leaf].kind, anomalies[watch].isNews { return true } }
    return false
  }

  func truth(_ node: Int) -> Truth {
    if case .leaf(let leaf) = program.nodes[node] { return leaves[leaf].truth }
    var next = node
    return group(&next)
  }

  /// Walks over all of a group, so that `next` ends behind it.
  private func group(_ next: inout Int) -> Truth {
    let node = program.nodes[next]
    next += 1
    switch node {
    case .leaf(let leaf): return leaves[leaf].truth
    case .not: return group(&next).negated
    case .all(let count):
      var truth = Truth.yes
      for _ in 0..<count { truth = truth.and(group(&next)) }
      return truth
    case .any(let count):
      var truth = Truth.no
      for _ in 0..<count { truth = truth.or(group(&next)) }
      return truth
    }
  }

  mutating func findSoonest() {
    soonest = .never
    for rule in rules.indices {
      if let deadline = monitors[rule].deadline(rules[rule]) { soonest = min(soonest, deadline) }
    }
    for rule in program.timed {
      for leaf in program.places[rule].leaves where leaves[leaf].truth != .yes {
        if case .stale(let age) = leaves[leaf].kind { soonest = min(soonest, slots[leaves[leaf].slot].lastValue + age) }
      }
    }
  }
}
