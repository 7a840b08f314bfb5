import TagWindows
import Telemetry
import Testing

@Suite("Rates of change")
struct RateOfChangeTests {
  private static func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test("The rate is the change over the period, and unknown until that has passed")
  func table() {
    var rate = RateOfChange(period: .seconds(10))
    for second in 0..<10 { #expect(rate.take(Double(second), time: Self.time(Double(second))) == nil) }
    #expect(rate.take(10, time: Self.time(10)) == 1)
    #expect(rate.take(31, time: Self.time(11)) == 3)
    #expect(rate.take(.nan, time: Self.time(12)) == nil && rate.take(5, time: Self.time(9)) == nil)
    // 9 s later the newest point that is old enough is that of 10 s.
    #expect(rate.take(0, time: Self.time(20)) == -1)
    // A gap of more than two periods.
    #expect(rate.take(0, time: Self.time(45)) == nil)
    #expect(rate.take(5, time: Self.time(55)) == 0.5)
    rate.reset()
    #expect(rate.take(5, time: Self.time(56)) == nil)
  }

  @Test(
    "It agrees with all points kept, and stays the same when saved at every sample",
    arguments: Array(1...40) as [UInt64])
  func reference(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let period = Duration.milliseconds(Int64.random(in: 100...60_000, using: &random))
    let length = period.wholeNanoseconds
    let longest = length / Int64.random(in: 1...50, using: &random)
    var rate = RateOfChange(period: period)
    var restored = rate
    var kept: [(time: Int64, value: Double)] = []
    var now: Int64 = 7_000_000_000
    var known = 0
    for _ in 0..<400 {
      now += Int64.random(in: 0...longest, using: &random)
      if Int.random(in: 0..<100, using: &random) == 0 { now += 3 * length }
      let value = Double(Int.random(in: -500...500, using: &random)) / 8
      // The newest point that is a period old, of points at least a sixteenth of it apart.
      let past = kept.last { now - $0.time >= length }
      let isNear = past.map { now - $0.time <= 2 * length } ?? false
      let expected = isNear ? past.map { (value - $0.value) / (Double(now - $0.time) / 1e9) } : nil
      if kept.isEmpty || now - (kept.last?.time ?? 0) >= (length + 15) / 16 { kept.append((now, value)) }
      let time = MonotonicTime(nanoseconds: now)
      let results = [rate.take(value, time: time), restored.take(value, time: time)]
      if results != [expected, expected] { Issue.record("seed \(seed): \(results), expected \(expected as Any)") }
      // Another boot: other numbers of the clock, the same ages.
      restored = try RateOfChange(period: period, restoring: restored.saved(at: time), at: time)
      known += expected == nil ? 0 : 1
    }
    #expect(known > 20)
  }

  @Test("Damaged state and that of another period are refused")
  func damage() throws {
    var rate = RateOfChange(period: .seconds(10))
    for second in 0..<30 { _ = rate.take(1, time: Self.time(Double(second))) }
    let bytes = rate.saved(at: Self.time(30))
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 4
      #expect(throws: WindowStateError.self) {
        try RateOfChange(period: .seconds(10), restoring: damaged, at: Self.time(0))
      }
    }
    #expect(throws: WindowStateError.otherSpecification) {
      try RateOfChange(period: .seconds(11), restoring: bytes, at: Self.time(0))
    }
    var other = try RateOfChange(period: .seconds(10), restoring: bytes, at: Self.time(1))
    #expect(other.take(2, time: Self.time(1)) == 0.1)
  }
}
