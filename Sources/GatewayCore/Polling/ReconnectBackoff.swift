public import Telemetry

/// When to try again to open a bus: 1 s after the first failure, doubling to 30 s, each shortened by up to half at random
/// so that many buses behind one switch do not all call at the same moment.
public struct ReconnectBackoff: Sendable {
  public static let firstDelay = Duration.seconds(1)
  public static let longestDelay = Duration.seconds(30)

  private var delay = Self.firstDelay
  private var generator: PollingGenerator

  public init(seed: UInt64) {
    generator = PollingGenerator(seed: seed)
  }

  /// The time of the next attempt.
  public mutating func failed(now: MonotonicTime) -> MonotonicTime {
    let full = delay.wholeNanoseconds
    delay = min(delay * 2, Self.longestDelay)
    return now + .nanoseconds(Int64.random(in: full / 2...full, using: &generator))
  }

  /// The next failure counts as the first again.
  public mutating func succeeded() {
    delay = Self.firstDelay
  }
}
