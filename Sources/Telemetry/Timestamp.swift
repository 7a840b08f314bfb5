/// A wall-clock time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time).
///
/// Negative before 1970. The vocabulary holds no clock: whoever needs "now" is handed one.
public struct Timestamp: Hashable, Comparable, Sendable {
  public var milliseconds: Int64

  public init(milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

  public static func + (left: Self, right: Duration) -> Self {
    let (sum, overflow) = left.milliseconds.addingReportingOverflow(right.wholeMilliseconds)
    // A time that a disk made another may be anything.
    return Self(milliseconds: overflow ? (right < .zero ? .min : .max) : sum)
  }

  public static func - (left: Self, right: Self) -> Duration {
    let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
    return .milliseconds(overflow ? (right.milliseconds > 0 ? .min : .max) : difference)
  }
}

/// A time of the monotonic clock that also counts while the machine sleeps (CLOCK_BOOTTIME): nanoseconds since boot.
///
/// Delays, time-outs and schedules use this one, so that a step of the wall clock moves none of them.
public struct MonotonicTime: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  public static let zero = Self(nanoseconds: 0)
  /// Later than every time a clock can show: "never".
  public static let never = Self(nanoseconds: .max)

  public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

  /// Saturates at ``never``.
  public static func + (left: Self, right: Duration) -> Self {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
    return Self(nanoseconds: overflow ? .max : sum)
  }

  public static func - (left: Self, right: Self) -> Duration { .nanoseconds(left.nanoseconds - right.nanoseconds) }
}

extension Duration {
  /// Whole milliseconds, rounded towards zero.
  public var wholeMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }

  /// Whole nanoseconds, rounded towards zero; saturates at ±292 years.
  public var wholeNanoseconds: Int64 {
    let (product, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return components.seconds < 0 ? .min : .max }
    return product + components.attoseconds / 1_000_000_000
  }
}
