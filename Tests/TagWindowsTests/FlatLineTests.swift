import TagWindows
import Telemetry
import Testing

@Suite("Flat lines")
struct FlatLineTests {
  private static func time(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

  /// The reading at which a run of `length` becomes flat, counted from 1; nil when it never does.
  private static func run(_ watch: inout FlatLine, _ bits: Int64, _ length: Int, from second: inout Int64) -> Int? {
    var first: Int?
    for index in 1...length {
      if watch.take(bits: bits, time: time(second)), first == nil { first = index }
      second += 1
    }
    return first
  }

  @Test("A run is flat with more than 30 readings and three times as many as the longest before")
  func table() {
    var watch = FlatLine()
    var second: Int64 = 0
    #expect(Self.run(&watch, 1, 30, from: &second) == nil)
    #expect(Self.run(&watch, 2, 5, from: &second) == nil && watch.longest == 30 && watch.limit == 90)
    #expect(Self.run(&watch, 3, 90, from: &second) == nil)
    #expect(Self.run(&watch, 4, 400, from: &second) == 271, "the 90 are the longest run now")
    #expect(watch.isFlat && watch.run == 400)
    #expect(watch.take(bits: 5, time: Self.time(second)) == false && watch.longest == 400)
    watch.forget()
    #expect(watch.take(bits: 5, time: Self.time(second)) == false && watch.run == 1 && watch.longest == 400)
  }

  @Test("A run that is forgotten does not count")
  func forgotten() {
    var watch = FlatLine()
    var second: Int64 = 0
    #expect(Self.run(&watch, 1, 50, from: &second) == 31)
    watch.forget()
    #expect(!watch.isFlat && watch.longest == 0)
    #expect(Self.run(&watch, 1, 50, from: &second) == 31)
  }

  @Test("With a least duration fast readings take longer")
  func duration() {
    var watch = FlatLine(leastDuration: .seconds(60))
    var second: Int64 = 0
    #expect(Self.run(&watch, 1, 100, from: &second) == 61)
  }

  @Test(
    "It agrees with all runs kept, and stays the same when saved at every reading", arguments: Array(1...30) as [UInt64]
  )
  func reference(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let least = Duration.seconds(seed % 3 == 0 ? 40 : 0)
    var watch = FlatLine(leastDuration: least)
    var readings: [Int64] = []
    var starts: [Int64] = []
    var flat = 0
    var bits: Int64 = 0
    for second in Int64(0)..<2_000 {
      if Int.random(in: 0..<(second % 500 < 350 ? 4 : 200), using: &random) == 0 {
        bits = Int64.random(in: 0...3, using: &random)
      }
      if readings.last != bits { starts.append(second) }
      readings.append(bits)
      let lengths = zip(starts, starts.dropFirst()).map { $1 - $0 }
      let run = second - starts[starts.count - 1] + 1
      let expected =
        run > max(30, 3 * (lengths.max() ?? 0)) && second - starts[starts.count - 1] >= least.components.seconds
      if watch.take(bits: bits, time: Self.time(second)) != expected {
        Issue.record("seed \(seed), second \(second), expected \(expected)")
      }
      watch = try FlatLine(
        leastDuration: least, restoring: watch.saved(at: Self.time(second)), at: Self.time(second))
      flat += expected ? 1 : 0
    }
    #expect(flat > 0, "seed \(seed)")
  }

  @Test("Damaged state is refused")
  func damage() {
    var watch = FlatLine()
    for second in Int64(0)..<40 { _ = watch.take(bits: 7, time: Self.time(second)) }
    let bytes = watch.saved(at: Self.time(40))
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1
      #expect(throws: WindowStateError.self) { try FlatLine(restoring: damaged, at: Self.time(0)) }
    }
    #expect(throws: WindowStateError.otherSpecification) {
      try FlatLine(leastDuration: .seconds(1), restoring: bytes, at: Self.time(0))
    }
  }
}
