import AnomalyDetection
import Telemetry

/// What events say.
extension RuleEngine {
  func event(_ rule: Int, _ change: AlarmEvent.Transition, time: Timestamp) -> AlarmEvent {
    let value = slots[leaves[program.places[rule].leaves.lowerBound].slot].lastKnown
    return AlarmEvent(
      time: time, alarm: rules[rule].name, tag: rules[rule].tagName, transition: change,
      severity: rules[rule].severity, value: value, message: message(rule, change))
  }

  private func message(_ rule: Int, _ change: AlarmEvent.Transition) -> String {
    var sentence: String
    if change == .suppressed || change == .unsuppressed {
      sentence = change == .suppressed ? suppressed(rule) : "in force again"
    } else if let template = rules[rule].message {
      sentence = template.filled { place(rule, $0) }
      if change == .cleared { sentence = "over: \(sentence)" }
    } else {
      let delay = change == .raised ? rules[rule].onDelay : .zero
      sentence =
        change == .cleared ? cleared(rule) : raised(rule) + (delay > .zero ? " for \(RuleText.duration(delay))" : "")
    }
    while sentence.utf8.count > RuleText.maximumBytes { sentence.removeLast() }
    return sentence
  }

  func place(_ rule: Int, _ place: MessageTemplate.Place) -> String {
    let first = program.places[rule].leaves.lowerBound
    let tag = rules[rule].tag
    switch place {
    case .value: return slots[leaves[first].slot].lastKnown.map { RuleText.number($0, tag) } ?? "unknown"
    case .limit: return RuleText.limit(rules[rule].condition)
    case .tag: return tag.name
    case .name: return rules[rule].name
    case .unit: return tag.unit
    case .severity: return rules[rule].severity.name
    }
  }

  /// Why: each condition that holds, in words.
  private func raised(_ rule: Int) -> String {
    var leaf = program.places[rule].leaves.lowerBound
    return reason(rules[rule].condition, &leaf, isWanted: true).joined(separator: " and ")
  }

  /// - Parameter leaf: of the condition's first leaf; moved behind its last one.
  private func reason(_ condition: Condition, _ leaf: inout Int, isWanted: Bool) -> [String] {
    switch condition {
    case .all(let parts), .any(let parts): return parts.flatMap { reason($0, &leaf, isWanted: isWanted) }
    case .not(let part): return reason(part, &leaf, isWanted: !isWanted)
    default:
      defer { leaf += 1 }
      guard leaves[leaf].truth == Truth(isWanted) else { return [] }
      return [isWanted ? holds(condition, leaves[leaf]) : isNow(condition, leaves[leaf])]
    }
  }

  private func holds(_ condition: Condition, _ leaf: Leaf) -> String {
    switch condition {
    case .compare(let tag, let side, let limit, let hysteresis):
      let text = "\(isNow(condition, leaf)), \(side.rawValue) "
      if let value = slots[leaf.slot].lastKnown, !side.isBeyond(value, limit) {
        // It went back while the on-delay ran, but not by the hysteresis.
        let border = side == .above ? limit - hysteresis : limit + hysteresis
        return text + RuleText.quantity(border, tag) + behind(RuleText.quantity(limit, tag), hysteresis, tag)
      }
      return text + RuleText.quantity(limit, tag)
    case .outside(let tag, let range, let hysteresis):
      let text = "\(isNow(condition, leaf)), outside "
      let bounds = "\(RuleText.number(range.lowerBound, tag)) to \(RuleText.quantity(range.upperBound, tag))"
      if let value = slots[leaf.slot].lastKnown, range.contains(value) {
        return text + "\(RuleText.number(range.lowerBound + hysteresis, tag)) to "
          + RuleText.quantity(range.upperBound - hysteresis, tag) + behind(bounds, hysteresis, tag)
      }
      return text + bounds
    case .rate(let tag, let side, let limit, let per, _):
      let seconds = Double(per.wholeNanoseconds) / 1e9
      return "\(tag.name) \(leaf.number < 0 ? "falls" : "rises") by "
        + "\(RuleText.quantity((leaf.number * seconds).magnitude, tag)) in \(RuleText.duration(per)), "
        + "more than \(RuleText.quantity(side == .below ? -limit : limit, tag))"
    case .deviation(let tag, let other, let limit, let hysteresis):
      let base = slots[leaf.other].lastKnown.map { RuleText.quantity($0, other) } ?? "unknown"
      let text =
        "\(isNow(condition, leaf)), \(RuleText.quantity(leaf.number, tag)) from \(other.name) (\(base)), more than "
      guard leaf.number <= limit else { return text + RuleText.quantity(limit, tag) }
      return text + RuleText.quantity(limit - hysteresis, tag) + behind(RuleText.quantity(limit, tag), hysteresis, tag)
    case .stale(let tag, let age): return "\(tag.name) has had no value for \(RuleText.duration(age))"
    case .flatLine(let tag, _):
      return "\(tag.name) stands still at \(value(leaf, tag)) since \(Int(leaf.number)) readings"
    case .anomaly(let tag, _):
      guard case .anomaly(let watch) = leaf.kind, let explanation = anomalies[watch].explanation else {
        return isNow(condition, leaf)
      }
      return explanation.sentence(tag: tag.name, unit: tag.unit, decimals: tag.decimals)
    case .isOneOf, .all, .any, .not: return isNow(condition, leaf)
    }
  }

  private func behind(_ limit: String, _ hysteresis: Double, _ tag: RuleTag) -> String {
    " (limit \(limit), hysteresis \(RuleText.quantity(hysteresis, tag)))"
  }

  private func isNow(_ condition: Condition, _ leaf: Leaf) -> String {
    guard let tag = condition.tags.first else { return "" }
    return "\(tag.name) is \(value(leaf, tag))"
  }

  private func value(_ leaf: Leaf, _ tag: RuleTag) -> String {
    guard let value = slots[leaf.slot].lastKnown else { return "unknown" }
    return RuleText.quantity(value, tag, name: tag.names.first { $0.value == slots[leaf.slot].bits }?.name)
  }

  private func cleared(_ rule: Int) -> String {
    let leaf = leaves[program.places[rule].leaves.lowerBound]
    let tag = rules[rule].tag
    if monitors[rule].isSuppressed { return suppressed(rule) }
    switch rules[rule].condition {
    case .compare(_, _, let limit, let hysteresis):
      return "\(tag.name) is back at \(value(leaf, tag)) (limit \(RuleText.quantity(limit, tag)), "
        + "hysteresis \(RuleText.quantity(hysteresis, tag)))"
    case .stale: return "\(tag.name) has values again: \(value(leaf, tag))"
    case .flatLine: return "\(tag.name) changes again: \(value(leaf, tag))"
    case .rate(_, _, let limit, let per, _):
      return "\(tag.name) changes no longer by more than \(RuleText.quantity(limit.magnitude, tag)) in "
        + "\(RuleText.duration(per)); it is \(value(leaf, tag))"
    case .deviation(_, let other, let limit, _):
      return "\(tag.name) is \(value(leaf, tag)), \(RuleText.quantity(leaf.number, tag)) from \(other.name) "
        + "(limit \(RuleText.quantity(limit, tag)))"
    case .outside(_, let range, _):
      return "\(tag.name) is back at \(value(leaf, tag)), within \(RuleText.number(range.lowerBound, tag)) to "
        + RuleText.quantity(range.upperBound, tag)
    case .isOneOf: return isNow(rules[rule].condition, leaf)
    case .anomaly: return "\(tag.name) is no longer unusual: \(value(leaf, tag))"
    case .all, .any, .not: return "no longer so; \(isNow(rules[rule].condition, leaf))"
    }
  }

  /// Why the rule does not apply: its `when`, else its schedule.
  private func suppressed(_ rule: Int) -> String {
    let place = program.places[rule]
    guard let node = place.precondition, truth(node) == .no, let tag = rules[rule].precondition?.tags.first,
      let leaf = place.leaves.dropFirst(rules[rule].condition.leafCount).first
    else { return "suppressed by design: outside its schedule" }
    return "suppressed by design: \(tag.name) is \(value(leaves[leaf], tag))"
  }
}

/// Values in sentences.
enum RuleText {
  /// Of a message in the alarms lane (`docs/formats/batch.md`).
  static let maximumBytes = 512

  /// `71.3 °C`, or `fault (3)` where the value has a name.
  static func quantity(_ value: Double, _ tag: RuleTag, name: String? = nil) -> String {
    if let name { return "\(name) (\(number(value, tag)))" }
    return tag.unit.isEmpty ? number(value, tag) : "\(number(value, tag)) \(tag.unit)"
  }

  /// Whole numbers without a point, others with as many digits as the tag has, or as six significant ones need.
  static func number(_ value: Double, _ tag: RuleTag) -> String {
    guard value.magnitude < 1e15, value.isFinite else { return value.description }
    if value == value.rounded() { return String(Int64(value)) }
    var decimals = tag.decimals ?? 0
    if tag.decimals == nil || (value * power(decimals)).rounded() / power(decimals) != value {
      var magnitude = value.magnitude
      var digits = 6
      while magnitude >= 1, digits > 0 { (magnitude, digits) = (magnitude / 10, digits - 1) }
      decimals = max(decimals, tag.decimals == nil ? digits : min(digits, decimals + 1))
    }
    let rounded = (value * power(decimals)).rounded() / power(decimals)
    return rounded == rounded.rounded() ? String(Int64(rounded)) : rounded.description
  }

  private static func power(_ decimals: Int) -> Double {
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    return power
  }

  static func duration(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    for (name, factor) in [("d", Int64(86_400_000)), ("h", 3_600_000), ("min", 60_000)]
    where milliseconds >= factor && milliseconds % factor == 0 {
      return "\(milliseconds / factor) \(name)"
    }
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(Double(milliseconds) / 1_000) s"
  }

  static func limit(_ condition: Condition) -> String {
    switch condition {
    case .compare(let tag, _, let limit, _), .deviation(let tag, _, let limit, _), .rate(let tag, _, let limit, _, _):
      number(limit, tag)
    case .outside(let tag, let range, _): "\(number(range.lowerBound, tag)) to \(number(range.upperBound, tag))"
    case .isOneOf(let tag, let values): values.map { number($0, tag) }.joined(separator: ", ")
    case .stale(_, let age): duration(age)
    case .flatLine, .anomaly, .all, .any, .not: ""
    }
  }
}
