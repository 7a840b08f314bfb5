public import Telemetry

/// When a bus that is down is opened again: after 1 s, then twice as long each time up to 30 s, each wait shortened by up to
/// half at random, so that many gateways do not knock on one converter at the same moment.
public struct ReconnectBackoff: Sendable {
  static let first = Duration.seconds(1)
  static let longest = Duration.seconds(30)

  private var delay = Self.first
  /// Nil: at once.
  public private(set) var retryAt: MonotonicTime?

  public init() {}

  /// - Parameter jitter: a random number from 0 to 1.
  public mutating func failed(now: MonotonicTime, jitter: Double) {
    retryAt = now + delay * (0.5 + min(max(jitter, 0), 1) / 2)
    delay = min(delay * 2, Self.longest)
  }

  public mutating func succeeded() {
    delay = Self.first
    retryAt = nil
  }
}
