import Telemetry

/// How fast a value changes over a period: the difference to the value of about a period ago. Bounded: it keeps at most 19 points, at
/// least a sixteenth of the period apart, so the base may lie up to that much further back than asked, which the
/// quotient takes into account.
struct RateOfChange: Hashable, Sendable {
  static let steps = 16

  struct Point: Hashable, Sendable {
    var time: MonotonicTime
    var value: Double
  }

  let period: Duration
  /// The oldest first.
  var points: [Point] = []

  init(period: Duration) {
    self.period = period
    points.reserveCapacity(Self.steps + 3)
  }

  /// - Returns: the change in units a second; nil until values cover the period.
  mutating func take(_ value: Double, at now: MonotonicTime) -> Double? {
    // Of the points that are old enough only the newest is of use.
    let old = points.lastIndex { now - $0.time >= period }
    if let old, old > 0 { points.removeFirst(old) }
    if let last = points.last, now - last.time < period / Self.steps {
      // Too near to be kept.
    } else {
      points.append(Point(time: now, value: value))
    }
    guard let base = points.first, now - base.time >= period else { return nil }
    let seconds = Double((now - base.time).wholeNanoseconds) / 1e9
    return (value - base.value) / seconds
  }

  /// What was before a gap says nothing of now.
  mutating func forget() { points.removeAll(keepingCapacity: true) }
}
