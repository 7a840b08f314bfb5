import GatewayCore
import Telemetry
import Testing

@Suite("What keeps log and broker from being flooded")
struct PublishingTests {
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test("The bucket lets a burst through, then its rate, and never saves up more than the burst")
  func bucket() {
    var bucket = TokenBucket(perSecond: 10, burst: 3)
    func take(_ seconds: Double...) -> [Bool] { seconds.map { bucket.take(now: at($0)) } }
    #expect(take(1, 1, 1, 1, 1) == [true, true, true, false, false])
    #expect(take(1.05, 1.1) == [false, true])
    #expect(take(1_000, 1_000, 1_000, 1_000) == [true, true, true, false])
    // A clock that is asked out of order gives nothing extra.
    #expect(take(2) == [false])
  }

  @Test("Over an hour the bucket lets through its rate and not more, whatever the pattern of calls")
  func rate() {
    var bucket = TokenBucket(perSecond: 50, burst: 50)
    var taken = 0
    for step in 0..<360_000 where bucket.take(now: at(Double(step) / 100 + (step % 3 == 0 ? 0.004 : 0))) { taken += 1 }
    #expect(taken <= 3_600 * 50 + 50 && taken > 3_590 * 50)
  }

  @Test("A text that repeats is printed once an interval, with the number held back")
  func repeating() {
    var limiter = LogLimiter(interval: .seconds(600))
    var printed: [String] = []
    for second in stride(from: 0.0, to: 1_300, by: 1) {
      if let line = limiter.admit("no answer", subject: "boiler", now: at(second)) { printed.append(line) }
    }
    #expect(printed == ["no answer", "no answer (599 similar not shown)", "no answer (599 similar not shown)"])
    #expect(limiter.clear(subject: "boiler") && !limiter.clear(subject: "boiler"))
    #expect(limiter.admit("no answer", subject: "boiler", now: at(1_301)) == "no answer")
  }

  @Test(
    "A new text is printed at once, texts that alternate once in ten seconds, and subjects do not disturb each other")
  func alternating() {
    var limiter = LogLimiter(interval: .seconds(600))
    #expect(limiter.admit("a", subject: "one", now: at(0)) != nil)
    #expect(limiter.admit("a", subject: "two", now: at(0)) != nil)
    #expect(limiter.admit("b", subject: "one", now: at(20)) == "b")
    var lines = 0
    for step in 0..<1_000
    where limiter.admit(step % 2 == 0 ? "a" : "b", subject: "one", now: at(20 + Double(step) / 10)) != nil {
      lines += 1
    }
    #expect((1...11).contains(lines))
  }

  @Test("It remembers a bounded number of subjects and forgets the one heard of longest ago")
  func subjects() {
    var limiter = LogLimiter(interval: .seconds(600))
    for index in 0...LogLimiter.maximumSubjects {
      #expect(limiter.admit("x", subject: "s\(index)", now: at(Double(index))) != nil)
    }
    #expect(limiter.admit("x", subject: "s1", now: at(600)) == nil)
    #expect(limiter.admit("x", subject: "s0", now: at(600)) == "x")
  }
}
