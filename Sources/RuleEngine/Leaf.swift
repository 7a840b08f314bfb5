import Telemetry

/// One condition that looks at tags itself, with what it remembers.
struct Leaf: Sendable {
  enum Kind: Sendable {
    case compare(Comparison, limit: Double, hysteresis: Double)
    case outside(ClosedRange<Double>, hysteresis: Double)
    case isOneOf([Double])
    /// `limit` in units a second; `history` among the engine's rates.
    case rate(history: Int, Comparison, limit: Double)
    case deviation(limit: Double, hysteresis: Double)
    case stale(Duration)
    /// `run` among the engine's flat lines.
    case flatLine(run: Int)
    /// `watch` among the engine's anomaly watches.
    case anomaly(watch: Int)
  }

  var kind: Kind
  /// Among the engine's slots.
  var slot: Int
  /// The other tag of a deviation; otherwise the same as `slot`.
  var other: Int
  var truth = Truth.unknown
  /// What the hysteresis remembers while the truth is unknown.
  var isLatched = false
  /// What was compared last where it is not the tag's value: the rate a second, the distance, the length of the run.
  var number = 0.0

  init(_ kind: Kind, slot: Int, other: Int? = nil) {
    self.kind = kind
    self.slot = slot
    self.other = other ?? slot
  }

  mutating func latch(_ isBeyond: Bool, unless isBack: Bool) {
    isLatched = isLatched ? !isBack : isBeyond
    truth = Truth(isLatched)
  }
}

/// The newest reading of one tag that rules look at.
struct Slot: Sendable {
  var tag: TagIndex
  var value = 0.0
  var bits: Int64 = 0
  var hasValue = false
  /// Good, not only with a value.
  var isGood = false
  /// When it last had a value; before the first one, when the engine began.
  var lastValue: MonotonicTime
  /// It has had a value since the engine began.
  var wasSeen = false

  var known: Double? { hasValue ? value : nil }
  /// The last value, however old.
  var lastKnown: Double? { wasSeen ? value : nil }
}

/// A step of a condition, in prefix order: the parts of a group follow it.
enum Node: Sendable {
  case leaf(Int)
  case all(Int)
  case any(Int)
  case not
}
