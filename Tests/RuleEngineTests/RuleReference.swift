import RuleEngine
import Telemetry

/// The rules once more, slow and obvious: everything that ever came is kept, and each condition is worked out from the
/// beginning whenever it is asked. Time goes in half seconds.
struct RuleReference {
  /// What one scan said of one tag; nil: no value.
  struct Seen {
    var second: Double
    var value: Double?
    var bits: Int64
  }

  let rules: [AlarmRule]
  private var history: [TagIndex: [Seen]] = [:]
  private var states: [State]
  private(set) var log: [String] = []

  private struct State {
    var isActive = false
    var isSuppressed = false
    /// Since when the condition speaks against the state; nil: it does not, or nobody knows.
    var since: Double?
    var wasUnknown = false
  }

  init(_ rules: [AlarmRule]) {
    self.rules = rules
    states = rules.map { _ in State() }
  }

  mutating func run(_ steps: [RuleBench.Step], until end: Double) {
    var rest = steps[...]
    for tick in 0...Int(end * 2) {
      let second = Double(tick) / 2
      for rule in rules.indices where isTimed(rules[rule].condition) { look(rule, second) }
      for rule in rules.indices { wait(rule, second) }
      while let step = rest.first, step.second == second {
        rest.removeFirst()
        take(step)
      }
    }
  }

  private func isTimed(_ condition: Condition) -> Bool {
    if case .stale = condition { return true }
    return false
  }

  private mutating func take(_ step: RuleBench.Step) {
    let scan = step.scan
    for (tag, reading) in scan.readings.enumerated() where reading.quality.level != .absent {
      let seen = Seen(second: step.second, value: reading.engineeringValue(RuleBench.tags[tag]), bits: reading.bits)
      history[TagIndex(device: step.device, tag: tag), default: []].append(seen)
    }
    for (index, rule) in rules.enumerated() {
      let tags = rule.condition.tags + (rule.precondition?.tags ?? [])
      if tags.contains(where: { $0.index.device == step.device }) { look(index, step.second) }
    }
  }

  /// The condition is looked at.
  private mutating func look(_ rule: Int, _ second: Double) {
    let gate = rules[rule].precondition.map { truth($0, second) } ?? .yes
    if gate == .no {
      if states[rule].isActive { say(rule, "cleared", second) }
      if !states[rule].isSuppressed { say(rule, "suppressed", second) }
      states[rule] = State(isSuppressed: true)
      return
    }
    if gate == .yes, states[rule].isSuppressed {
      states[rule].isSuppressed = false
      say(rule, "unsuppressed", second)
    }
    let holds = gate == .unknown ? .unknown : truth(rules[rule].condition, second)
    if holds == .unknown {
      states[rule].wasUnknown = true
      return
    }
    let isAgainst = (holds == .yes) != states[rule].isActive
    if !isAgainst { states[rule].since = nil }
    if isAgainst, states[rule].since == nil || states[rule].wasUnknown { states[rule].since = second }
    states[rule].wasUnknown = false
    wait(rule, second)
  }

  private mutating func wait(_ rule: Int, _ second: Double) {
    guard let since = states[rule].since, !states[rule].wasUnknown else { return }
    let delay = states[rule].isActive ? rules[rule].offDelay : rules[rule].onDelay
    guard second - since >= Double(delay.wholeMilliseconds) / 1_000 else { return }
    say(rule, states[rule].isActive ? "cleared" : "raised", second)
    states[rule].isActive.toggle()
    states[rule].since = nil
  }

  private mutating func say(_ rule: Int, _ change: String, _ second: Double) {
    let shown = second == second.rounded() ? "\(Int(second))" : "\(second)"
    log.append("\(shown) \(change) \(rules[rule].name)")
  }

  // MARK: Conditions

  private func truth(_ condition: Condition, _ now: Double) -> Truth {
    switch condition {
    case .all(let parts): return parts.reduce(.yes) { $0.and(truth($1, now)) }
    case .any(let parts): return parts.reduce(.no) { $0.or(truth($1, now)) }
    case .not(let part): return truth(part, now).negated
    case .stale(let tag, let age):
      let last = history[tag.index, default: []].last { $0.value != nil }?.second ?? 0
      return Truth(now - last >= Double(age.wholeMilliseconds) / 1_000)
    case .compare(let tag, let side, let limit, let hysteresis):
      return latched(tag) {
        side == .above ? $0 > limit : $0 < limit
      } unless: {
        side == .above ? $0 <= limit - hysteresis : $0 >= limit + hysteresis
      }
    case .outside(let tag, let range, let hysteresis):
      return latched(tag) {
        !range.contains($0)
      } unless: {
        $0 >= range.lowerBound + hysteresis && $0 <= range.upperBound - hysteresis
      }
    case .isOneOf(let tag, let values):
      return latched(tag) {
        values.contains($0)
      } unless: {
        !values.contains($0)
      }
    case .rate(let tag, let side, let limit, let per, let over):
      return rate(tag, over).map { rate in
        let perSecond = limit / Double(per.wholeMilliseconds) * 1_000
        return Truth(side == .above ? rate > perSecond : rate < perSecond)
      } ?? .unknown
    case .deviation(let tag, let other, let limit, let hysteresis):
      return deviation(tag.index, other.index, limit, hysteresis)
    case .anomaly: preconditionFailure("the detector has a reference of its own")
    case .flatLine(let tag, let atLeast): return flatLine(tag, Double(atLeast.wholeMilliseconds) / 1_000)
    }
  }

  private func latched(
    _ tag: RuleTag, _ isBeyond: (Double) -> Bool, unless isBack: (Double) -> Bool
  ) -> Truth {
    let seen = history[tag.index, default: []]
    guard let last = seen.last, last.value != nil else { return .unknown }
    var holds = false
    for value in seen.compactMap(\.value) { holds = holds ? !isBack(value) : isBeyond(value) }
    return Truth(holds)
  }

  /// The distance counts whenever either tag speaks.
  private func deviation(_ tag: TagIndex, _ other: TagIndex, _ limit: Double, _ hysteresis: Double) -> Truth {
    let times = Set((history[tag, default: []] + history[other, default: []]).map(\.second)).sorted()
    var holds = false
    var truth = Truth.unknown
    for time in times {
      guard let value = history[tag, default: []].last(where: { $0.second <= time })?.value,
        let base = history[other, default: []].last(where: { $0.second <= time })?.value
      else {
        truth = .unknown
        continue
      }
      let distance = (value - base).magnitude
      holds = holds ? !(distance <= limit - hysteresis) : distance > limit
      truth = Truth(holds)
    }
    return truth
  }

  private func flatLine(_ tag: RuleTag, _ atLeast: Double) -> Truth {
    var runs: [[Seen]] = []
    for seen in history[tag.index, default: []] {
      if seen.value == nil {
        runs.append([])
      } else if let last = runs.last?.last, last.bits == seen.bits {
        runs[runs.count - 1].append(seen)
      } else {
        runs.append([seen])
      }
    }
    guard let run = runs.last, let first = run.first, let last = run.last else { return .unknown }
    let longest = runs.dropLast().map(\.count).max() ?? 0
    return Truth(run.count > max(30, 3 * longest) && last.second - first.second >= atLeast)
  }

  /// The newest kept point that is old enough; points are kept a sixteenth of the period apart.
  private func rate(_ tag: RuleTag, _ over: Duration) -> Double? {
    let period = Double(over.wholeMilliseconds) / 1_000
    var kept: [(second: Double, value: Double)] = []
    var rate: Double?
    for seen in history[tag.index, default: []] {
      rate = nil
      guard let value = seen.value else {
        kept = []
        continue
      }
      if kept.last.map({ seen.second - $0.second >= period / 16 }) ?? true { kept.append((seen.second, value)) }
      if let base = kept.last(where: { seen.second - $0.second >= period }) {
        rate = (value - base.value) / (seen.second - base.second)
      }
    }
    return rate
  }
}
