public import Telemetry

/// Which device is due when. Every device stays on its own grid (first due time + n × interval) for ever: a late scan
/// never shifts the following ones, and a missed one is counted, not made up for.
public struct PollSchedule: Sendable {
  /// A scan that starts now.
  public struct Start: Hashable, Sendable {
    /// Position in the list of intervals.
    public var index: Int
    /// The newest point of the device's grid that is not in the future.
    public var due: MonotonicTime
    /// Earlier points of the grid that were missed since the last start.
    public var skipped: Int
  }

  private struct Entry: Sendable {
    var due: MonotonicTime
    let interval: Int64
  }

  /// First scans are spread over one interval, but nobody waits longer than this for the first value of a slow device.
  public static let longestSpread = Duration.seconds(10)

  private var entries: [Entry]

  /// - Parameters:
  ///   - intervals: more than zero each.
  ///   - seed: of the initial due times.
  public init(intervals: [Duration], seed: UInt64, now: MonotonicTime) {
    var generator = PollingGenerator(seed: seed)
    entries = intervals.map { interval in
      precondition(interval > .zero, "a scan interval must be more than zero")
      let spread = min(interval, Self.longestSpread).wholeNanoseconds
      let delay = Int64.random(in: 0..<max(1, spread), using: &generator)
      return Entry(due: now + .nanoseconds(delay), interval: max(1, interval.wholeNanoseconds))
    }
  }

  /// The schedule of another list of devices: those that stay keep their grid.
  ///
  /// - Parameter kept: for each of the new intervals the place that it had here; nil when its grid begins anew.
  func rearranged(intervals: [Duration], kept: [Int?], seed: UInt64, now: MonotonicTime) -> Self {
    var schedule = Self(intervals: intervals, seed: seed, now: now)
    for (index, old) in kept.enumerated() { if let old { schedule.entries[index] = entries[old] } }
    return schedule
  }

  /// The earliest due time of all; ``MonotonicTime/never`` without devices.
  public var nextDue: MonotonicTime {
    entries.reduce(MonotonicTime.never) { min($0, $1.due) }
  }

  /// The device that has been due longest, if any is due; its next due time moves on along its grid.
  public mutating func start(now: MonotonicTime) -> Start? {
    // A bus has at most a few hundred devices, so a search in order costs less than keeping a heap.
    guard let index = entries.indices.min(by: { entries[$0].due < entries[$1].due }), entries[index].due <= now else {
      return nil
    }
    let entry = entries[index]
    let skipped = (now - entry.due).wholeNanoseconds / entry.interval
    let due = entry.due + .nanoseconds(skipped * entry.interval)
    entries[index].due = due + .nanoseconds(entry.interval)
    return Start(index: index, due: due, skipped: Int(skipped))
  }
}
