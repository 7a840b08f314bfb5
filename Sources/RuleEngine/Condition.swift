public import Telemetry

/// Which side of a limit is meant.
public enum Comparison: String, Hashable, Sendable, CaseIterable {
  case above
  case below

  func isBeyond(_ value: Double, _ limit: Double) -> Bool {
    switch self {
    case .above: value > limit
    case .below: value < limit
    }
  }

  /// At or inside the limit moved by the hysteresis.
  func isBack(_ value: Double, _ limit: Double, hysteresis: Double) -> Bool {
    switch self {
    case .above: value <= limit - hysteresis
    case .below: value >= limit + hysteresis
    }
  }
}

/// What a rule waits for (`docs/rules.md`). Limits and values are in the tag's unit and finite.
public indirect enum Condition: Hashable, Sendable {
  case compare(RuleTag, Comparison, limit: Double, hysteresis: Double)
  /// Below the lower or above the upper bound.
  case outside(RuleTag, ClosedRange<Double>, hysteresis: Double)
  /// The raw value of a bool or integer, or the value of any other tag, is one of these.
  case isOneOf(RuleTag, [Double])
  /// Faster than `limit` in `per` (`.below`: falling faster than a negative limit), measured over `over`.
  case rate(RuleTag, Comparison, limit: Double, per: Duration, over: Duration)
  /// Further from the other tag than `limit`, on either side.
  case deviation(RuleTag, from: RuleTag, limit: Double, hysteresis: Double)
  /// No value for this long.
  case stale(RuleTag, Duration)
  /// Identical readings for longer than max(30 samples, 3 times the longest run so far) and at least this long.
  case flatLine(RuleTag, atLeast: Duration)
  /// Nothing like it was seen before (`docs/anomalies.md`).
  case anomaly(RuleTag, AnomalyCondition)
  case all([Condition])
  case any([Condition])
  case not(Condition)

  /// All tags it looks at, in the order of the text, some perhaps twice.
  public var tags: [RuleTag] {
    switch self {
    case .compare(let tag, _, _, _), .outside(let tag, _, _), .isOneOf(let tag, _), .rate(let tag, _, _, _, _),
      .stale(let tag, _), .flatLine(let tag, _), .anomaly(let tag, _):
      [tag]
    case .deviation(let tag, let other, _, _): [tag, other]
    case .all(let parts), .any(let parts): parts.flatMap(\.tags)
    case .not(let part): part.tags
    }
  }

  /// A detector is among its parts.
  public var hasAnomaly: Bool {
    switch self {
    case .anomaly: true
    case .all(let parts), .any(let parts): parts.contains(where: \.hasAnomaly)
    case .not(let part): part.hasAnomaly
    case .compare, .outside, .isOneOf, .rate, .deviation, .stale, .flatLine: false
    }
  }

  /// Conditions in it that look at tags themselves.
  public var leafCount: Int {
    switch self {
    case .all(let parts), .any(let parts): parts.reduce(0) { $0 + $1.leafCount }
    case .not(let part): part.leafCount
    default: 1
    }
  }

  /// The same with each tag moved; nil when one of them is gone.
  public func moved(_ place: (TagIndex) -> TagIndex?) -> Condition? {
    func moved(_ tag: RuleTag) -> RuleTag? {
      guard let index = place(tag.index) else { return nil }
      var tag = tag
      tag.index = index
      return tag
    }
    func parts(_ old: [Condition]) -> [Condition]? {
      let new = old.compactMap { $0.moved(place) }
      return new.count == old.count ? new : nil
    }
    switch self {
    case .compare(let tag, let side, let limit, let hysteresis):
      return moved(tag).map { .compare($0, side, limit: limit, hysteresis: hysteresis) }
    case .outside(let tag, let range, let hysteresis):
      return moved(tag).map { .outside($0, range, hysteresis: hysteresis) }
    case .isOneOf(let tag, let values): return moved(tag).map { .isOneOf($0, values) }
    case .rate(let tag, let side, let limit, let per, let over):
      return moved(tag).map { .rate($0, side, limit: limit, per: per, over: over) }
    case .deviation(let tag, let other, let limit, let hysteresis):
      guard let tag = moved(tag), let other = moved(other) else { return nil }
      return .deviation(tag, from: other, limit: limit, hysteresis: hysteresis)
    case .stale(let tag, let age): return moved(tag).map { .stale($0, age) }
    case .flatLine(let tag, let age): return moved(tag).map { .flatLine($0, atLeast: age) }
    case .anomaly(let tag, let settings): return moved(tag).map { .anomaly($0, settings) }
    case .all(let old): return parts(old).map { .all($0) }
    case .any(let old): return parts(old).map { .any($0) }
    case .not(let old): return old.moved(place).map { .not($0) }
    }
  }
}
