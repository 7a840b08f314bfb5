import Telemetry

/// How long a device takes to answer: a histogram of fixed size, so that it costs a few hundred bytes and no allocation
/// for an answer.
///
/// Bounds grow by a quarter of each doubling from 100 µs, so a percentile is at most a quarter too high. When
/// ``agingCount`` answers are in, all counts are halved: newer answers weigh more.
public struct ResponseTimes: Hashable, Sendable {
  /// Twenty doublings: up to 104 s, beyond every time-out.
  static let bucketCount = 80
  public static let agingCount: UInt32 = 10_000

  private var counts = [UInt32](repeating: 0, count: Self.bucketCount)
  /// Answers in the histogram; those that have been aged away are not counted.
  public private(set) var count: UInt32 = 0

  public init() {}

  public mutating func add(_ time: Duration) {
    counts[Self.bucket(of: time)] += 1
    count += 1
    guard count >= Self.agingCount else { return }
    for index in counts.indices { counts[index] /= 2 }
    count = counts.reduce(0, +)
  }

  /// The time within which so many percent of the answers came, rounded up to the bound of its bucket; nil without any.
  ///
  /// - Parameter percent: 1 to 100.
  public func percentile(_ percent: Int) -> Duration? {
    guard count > 0 else { return nil }
    let wanted = max(1, (UInt64(count) * UInt64(percent) + 99) / 100)
    var seen: UInt64 = 0
    for (index, number) in counts.enumerated() {
      seen += UInt64(number)
      if seen >= wanted { return Self.upperBound(ofBucket: index) }
    }
    return Self.upperBound(ofBucket: Self.bucketCount - 1)
  }

  private static func bucket(of time: Duration) -> Int {
    let units = Double(time.wholeNanoseconds) / 100_000
    guard units > 1 else { return 0 }
    return min(bucketCount - 1, Int(units.exponent) * 4 + Int((units.significand - 1) * 4))
  }

  private static func upperBound(ofBucket index: Int) -> Duration {
    .nanoseconds((Int64(1) << (index / 4)) * Int64(5 + index % 4) * 25_000)
  }
}
