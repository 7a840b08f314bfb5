import GatewayCore
import Telemetry
import Threads

/// The allowance that all transfers of a connection share; belongs to its thread.
final class SendLimit {
  private var allowance: SendAllowance

  init(bytesPerSecond: Int) {
    allowance = SendAllowance(perSecond: bytesPerSecond, now: SystemClock.monotonic())
  }

  func take(_ wanted: Int) -> Int { allowance.take(wanted, now: SystemClock.monotonic()) }

  func charge(_ bytes: Int) { allowance.charge(bytes, now: SystemClock.monotonic()) }

  /// Until the next piece may go, in milliseconds, rounded up.
  var waitMilliseconds: Int {
    let now = SystemClock.monotonic()
    return max(0, Int((allowance.readyTime(now) - now).wholeMilliseconds) + 1)
  }

  var isReady: Bool {
    let now = SystemClock.monotonic()
    return allowance.readyTime(now) <= now
  }
}
