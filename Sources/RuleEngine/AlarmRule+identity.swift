import Telemetry

/// What a saved state belongs to: it is taken up only by a rule that means exactly the same.
extension AlarmRule {
  /// FNV-1a of all that changes what the state means. Severity, message and group do not.
  var identity: UInt64 {
    var text = "\(onDelay.wholeNanoseconds) \(offDelay.wholeNanoseconds) \(condition.identity)"
    if let precondition { text += " when \(precondition.identity)" }
    for action in actions {
      text += " then \(action.trigger.rawValue)"
      guard case .write(let write) = action.kind else { continue }
      text += " \(write.device)/\(write.tag) \(write.value) if \(write.interlock?.identity ?? "")"
    }
    return FNV1a.hash(text.utf8)
  }
}

extension Condition {
  fileprivate var identity: String {
    switch self {
    case .compare(let tag, let side, let limit, let hysteresis):
      return "\(side.rawValue) \(tag.name) \(limit) \(hysteresis)"
    case .outside(let tag, let range, let hysteresis):
      return "outside \(tag.name) \(range.lowerBound) \(range.upperBound) \(hysteresis)"
    case .isOneOf(let tag, let values): return "in \(tag.name) \(values)"
    case .rate(let tag, let side, let limit, let per, let over):
      return "rate \(side.rawValue) \(tag.name) \(limit) \(per.wholeNanoseconds) \(over.wholeNanoseconds)"
    case .deviation(let tag, let other, let limit, let hysteresis):
      return "deviation \(tag.name) \(other.name) \(limit) \(hysteresis)"
    case .stale(let tag, let age): return "stale \(tag.name) \(age.wholeNanoseconds)"
    case .flatLine(let tag, let atLeast): return "flat \(tag.name) \(atLeast.wholeNanoseconds)"
    case .anomaly(let tag, let condition):
      // Its times are applied to what was learned, whatever they were before.
      return "anomaly \(tag.name) \(condition.clearAfter.wholeNanoseconds)"
    case .all(let parts): return "all(\(parts.map(\.identity).joined(separator: ",")))"
    case .any(let parts): return "any(\(parts.map(\.identity).joined(separator: ",")))"
    case .not(let part): return "not(\(part.identity))"
    }
  }
}
