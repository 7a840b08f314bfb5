public import Telemetry

/// Window time: the wall clock as the monotonic clock carries it on.
///
/// Delays and lengths must not change when somebody sets the wall clock, and windows should end on the hours of the
/// wall clock. So window time is anchored at the wall clock and counts with the monotonic one. When both differ by more
/// than ``tolerance``, the clock was set: the anchor moves, and ``look`` says by how much, so that every window is
/// shifted along (``TagWindow/shift(by:)``) and the ages of its samples stay as they are. Smaller differences are made
/// up for by at most a thousandth of the time that passes, so that window time never stands still or goes back.
public struct WindowClock: Hashable, Sendable {
  public static let tolerance = Duration.seconds(2)

  private var wall: Timestamp
  private var at: MonotonicTime
  /// Parts of a millisecond that were not made up for yet, in nanoseconds.
  private var leftover: Int64 = 0

  /// - Parameters: the wall clock, and the monotonic clock at the same moment.
  public init(wall: Timestamp, now: MonotonicTime) {
    self.wall = wall
    at = now
  }

  /// Window time at a moment of the monotonic clock, also before the newest look.
  public func time(at moment: MonotonicTime) -> Timestamp {
    Timestamp(milliseconds: wall.milliseconds + Self.floorMilliseconds(moment.nanoseconds - at.nanoseconds))
  }

  private static func floorMilliseconds(_ nanoseconds: Int64) -> Int64 {
    let (quotient, remainder) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return remainder < 0 ? quotient - 1 : quotient
  }

  /// Compares with the wall clock; to be called once in seconds, and before samples are taken when the clock was set.
  ///
  /// - Returns: how far windows are to be shifted, positive when the clock was set forward; nil when it was not set.
  public mutating func look(wall seen: Timestamp, now: MonotonicTime) -> Duration? {
    let difference = seen.milliseconds - time(at: now).milliseconds
    if difference.magnitude > UInt64(Self.tolerance.wholeMilliseconds) {
      wall.milliseconds += difference
      leftover = 0
      return .milliseconds(difference)
    }
    leftover += max(0, now.nanoseconds - at.nanoseconds) / 1_000
    // The anchor moves along by whole milliseconds, so that no part of one is lost.
    let passed = max(0, now.nanoseconds - at.nanoseconds) / 1_000_000
    wall.milliseconds += passed
    at.nanoseconds += passed * 1_000_000
    let room = leftover / 1_000_000
    let step = max(-room, min(room, difference))
    wall.milliseconds += step
    leftover = difference == 0 ? 0 : leftover - step.magnitudeInNanoseconds
    return nil
  }
}

extension Int64 {
  fileprivate var magnitudeInNanoseconds: Int64 { Swift.abs(self) * 1_000_000 }
}
