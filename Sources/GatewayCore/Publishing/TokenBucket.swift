public import Telemetry

/// Lets through at most `rate` things a second on average and `burst` at once.
public struct TokenBucket: Sendable {
  private let rate: Double
  private let burst: Double
  private var tokens: Double
  private var last: MonotonicTime?

  public init(perSecond rate: Int, burst: Int) {
    self.rate = Double(rate)
    self.burst = Double(max(1, burst))
    tokens = self.burst
  }

  public mutating func take(now: MonotonicTime) -> Bool {
    if let last, now > last {
      tokens = min(burst, tokens + Double((now - last).wholeNanoseconds) / 1e9 * rate)
    }
    last = max(last ?? now, now)
    guard tokens >= 1 else { return false }
    tokens -= 1
    return true
  }

  /// When the next thing is let through at the earliest; `now` when one would be at once.
  public func nextTake(now: MonotonicTime) -> MonotonicTime {
    guard let last, tokens < 1 else { return now }
    return max(now, last + .nanoseconds(Int64(((1 - tokens) / rate * 1e9).rounded(.up))))
  }
}
