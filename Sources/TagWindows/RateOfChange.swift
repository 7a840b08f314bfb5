public import Telemetry

/// How fast a value changes over a period, in units per second.
///
/// Keeps at most ``maximumPoints`` points of the past, which are at least a sixteenth of the period apart, so its state
/// has a bound however often samples come. A rate is the change since the newest kept point that is at least a period
/// old, by the time since then. It is nil until the past covers the period, and when that point is older than two
/// periods, because of a gap: a change over a longer time says little about the rate now.
///
/// Time is the monotonic clock (the samples' own when history is replayed). Samples without a value are not given to
/// it.
public struct RateOfChange: Hashable, Sendable {
  public static let maximumPoints = 32
  public static let stateVersion: UInt8 = 1
  private static let magic: StaticString = "FGRC"

  public let period: Duration

  private struct Point: Hashable, Sendable {
    var nanoseconds: Int64
    var value: Double
  }

  /// Oldest first.
  private var points: ContiguousArray<Point> = []

  /// - Parameter period: 1 ms to 31 days.
  public init(period: Duration) {
    precondition(period >= .milliseconds(1) && period <= WindowSpecification.maximumLength, "1 ms to 31 days")
    self.period = period
    points.reserveCapacity(Self.maximumPoints)
  }

  /// Takes a sample. One without a finite value, or before the newest, is passed over and gives nil.
  ///
  /// - Returns: units per second; nil while it cannot be known.
  public mutating func take(_ value: Double, time: MonotonicTime) -> Double? {
    let now = time.nanoseconds
    guard value.isFinite, now >= points.last?.nanoseconds ?? .min else { return nil }
    let length = period.wholeNanoseconds
    // All but the newest of those that are a period old have served.
    var served = 0
    while served + 1 < points.count, now - points[served + 1].nanoseconds >= length { served += 1 }
    if served > 0 { points.removeFirst(served) }
    var rate: Double?
    if let past = points.first {
      let age = now - past.nanoseconds
      if age >= length, age <= 2 * length { rate = (value - past.value) / (Double(age) / 1e9) }
    }
    if let last = points.last, now - last.nanoseconds < (length + 15) / 16 { return rate }
    // A period of points a sixteenth apart are 17, and one is older.
    precondition(points.count < Self.maximumPoints, "more points than the period has room for")
    points.append(Point(nanoseconds: now, value: value))
    return rate
  }

  /// Begins anew.
  public mutating func reset() { points.removeAll(keepingCapacity: true) }

  /// Its state, with the ages of its points at that time.
  public func saved(at now: MonotonicTime) -> [UInt8] {
    var writer = StateWriter(magic: Self.magic, version: Self.stateVersion)
    writer.put(period.wholeNanoseconds)
    writer.put(UInt64(points.count))
    for point in points {
      writer.put(now.nanoseconds - point.nanoseconds)
      writer.put(point.value)
    }
    return writer.sealed()
  }

  /// - Parameter now: the time at which the ages hold: after a restart the present one less the time it took, if known.
  public init(period: Duration, restoring bytes: [UInt8], at now: MonotonicTime) throws(WindowStateError) {
    self.init(period: period)
    var reader = try StateReader(bytes, magic: Self.magic, version: Self.stateVersion)
    guard try reader.int64() == period.wholeNanoseconds else { throw .otherSpecification }
    var before = Int64.max
    for _ in 0..<(try reader.count(most: Self.maximumPoints)) {
      let age = try reader.int64()
      let value = try reader.finite()
      guard age >= 0, age < before, age < 1 << 60, now.nanoseconds > -(1 << 60) else { throw .damaged }
      // Points nearer than their least distance cannot be; so many of them would have no room.
      guard before == .max || before - age >= (period.wholeNanoseconds + 15) / 16 else { throw .damaged }
      before = age
      points.append(Point(nanoseconds: now.nanoseconds - age, value: value))
    }
    guard reader.isAtEnd else { throw .damaged }
    if points.count == Self.maximumPoints { throw .damaged }
  }
}
