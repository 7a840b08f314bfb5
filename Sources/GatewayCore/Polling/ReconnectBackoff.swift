public import Telemetry

/// When to try again to open a bus: 1 s after the first failure, doubling to 30 s, each shortened by up to half at random
/// so that many buses behind one switch do not all call at the same moment. A serial port that is not there is looked for
/// every second: that costs nothing, and an adapter that is plugged in again is found at once.
public struct ReconnectBackoff: Sendable {
  public static let firstDelay = Duration.seconds(1)
  public static let longestDelay = Duration.seconds(30)

  private var delay = Self.firstDelay
  private var generator: PollingGenerator

  public init(seed: UInt64) {
    generator = PollingGenerator(seed: seed)
  }

  /// The time of the next attempt.
  ///
  /// - Parameter mayReturnSoon: as ``FieldBusError/mayReturnSoon``.
  public mutating func failed(now: MonotonicTime, mayReturnSoon: Bool = false) -> MonotonicTime {
    if mayReturnSoon { delay = Self.firstDelay }
    let full = delay.wholeNanoseconds
    delay = min(delay * 2, Self.longestDelay)
    return now + .nanoseconds(Int64.random(in: full / 2...full, using: &generator))
  }

  /// The next failure counts as the first again.
  public mutating func succeeded() {
    delay = Self.firstDelay
  }
}
