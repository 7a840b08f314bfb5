public import Telemetry

/// When each device of a bus is due: on a grid of its interval that never drifts.
///
/// A scan that starts late does not move the ones after it. Grid points that passed while the bus was busy with others are
/// skipped and counted, never made up for: a burst of old polls would only make the next ones late too.
public struct PollSchedule: Sendable {
  private struct Entry: Sendable {
    var interval: Duration
    var due: MonotonicTime
  }

  private var entries: [Entry]

  /// - Parameters:
  ///   - intervals: one a device, each above zero.
  ///   - fractions: one a device, 0 up to but not including 1: the part of the interval before the first scan, so that
  ///     devices of one interval are spread over it instead of all being due at once.
  public init(intervals: [Duration], fractions: [Double], now: MonotonicTime) {
    precondition(intervals.count == fractions.count && intervals.allSatisfy { $0 > .zero }, "one fraction an interval")
    entries = zip(intervals, fractions).map { Entry(interval: $0, due: now + $0 * min(max($1, 0), 1)) }
  }

  /// The device that is due first, and when; the one with the lower index where times are equal.
  public var earliest: (device: Int, due: MonotonicTime)? {
    guard let index = entries.indices.min(by: { entries[$0].due < entries[$1].due }) else { return nil }
    return (index, entries[index].due)
  }

  /// A scan of the device begins now: moves its due time to the next grid point after now.
  ///
  /// - Returns: how late the scan is, and how many grid points are left out.
  public mutating func begin(_ device: Int, now: MonotonicTime) -> (lateness: Duration, skipped: Int) {
    let interval = entries[device].interval.wholeNanoseconds
    let lateness = max(.zero, now - entries[device].due)
    let skipped = lateness.wholeNanoseconds / interval
    entries[device].due = entries[device].due + .nanoseconds(interval * (skipped + 1))
    return (lateness, Int(skipped))
  }
}
