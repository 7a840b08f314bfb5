import Telemetry
import Testing

@testable import GatewayCore

@Suite struct SendAllowanceTests {
  @Test(
    "Whatever is asked for, no second sees more than its bytes",
    arguments: [1_000, 20_000, 1_000_000] as [Int], [1, 700, 16_384, 1 << 20] as [Int])
  func neverMore(perSecond: Int, wanted: Int) {
    var now = MonotonicTime.zero
    var allowance = SendAllowance(perSecond: perSecond, now: now)
    var sent = 0
    for _ in 0..<100_000 where now.nanoseconds < 60_000_000_000 {
      let piece = allowance.take(wanted, now: now)
      #expect(piece <= wanted)
      if piece > 0 {
        sent += SendAllowance.cost(piece)
      } else {
        now = max(now + .milliseconds(1), allowance.readyTime(now))
      }
    }
    let seconds = Double(now.nanoseconds) / 1e9
    #expect(Double(sent) <= Double(perSecond) * (seconds * 0.9 + 0.1) + 400)
    // Nor is much given away.
    #expect(Double(sent) >= Double(perSecond) * seconds * 0.8 - 400)
  }

  @Test("What went out without asking is made good before the next piece")
  func debt() {
    var allowance = SendAllowance(perSecond: 1_000, now: .zero)
    allowance.charge(5_000, now: .zero)
    #expect(allowance.take(100, now: .zero + .seconds(4)) == 0)
    #expect(allowance.readyTime(.zero) > .zero + .seconds(4))
    #expect(allowance.take(100, now: allowance.readyTime(.zero)) == 100)
  }

  @Test("A clock that stands still or goes back gives nothing")
  func standingClock() {
    let now = MonotonicTime(nanoseconds: 5_000_000_000)
    var allowance = SendAllowance(perSecond: 1_000, now: now)
    while allowance.take(256, now: now) > 0 {}
    #expect(allowance.take(256, now: .zero) == 0)
  }

  @Test("Requests are cut so that each takes half a minute at most")
  func requestSize() {
    #expect(SendAllowance.requestBytes(perSecond: nil, most: 1 << 20) == 1 << 20)
    #expect(SendAllowance.requestBytes(perSecond: 1_000, most: 1 << 20) == 30_000)
    #expect(SendAllowance.requestBytes(perSecond: 10_000_000, most: 1 << 20) == 1 << 20)
  }
}
