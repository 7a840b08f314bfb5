import TagWindows
import Telemetry
import Testing

@Suite("Window time")
struct WindowClockTests {
  private func boot(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }
  private func wall(_ seconds: Double) -> Timestamp { Timestamp(milliseconds: Int64(seconds * 1_000)) }

  @Test("A step of the wall clock is told, and time goes on from there")
  func step() {
    var clock = WindowClock(wall: wall(100), now: boot(5))
    #expect(clock.time(at: boot(6.5)) == wall(101.5) && clock.time(at: boot(4)) == wall(99))
    #expect(clock.look(wall: wall(105), now: boot(10)) == nil)
    #expect(clock.look(wall: wall(1_000_000), now: boot(20)) == .milliseconds(999_885_000))
    #expect(clock.time(at: boot(21)) == wall(1_000_001))
    #expect(clock.look(wall: wall(999_000), now: boot(22)) == .milliseconds(-1_002_000))
    #expect(clock.look(wall: wall(999_001), now: boot(23)) == nil)
  }

  @Test("Small differences are made up for slowly; window time never goes back")
  func slow() {
    for ahead in [1.5, -1.5] {
      var clock = WindowClock(wall: wall(1_000), now: boot(0))
      var before = clock.time(at: boot(0))
      for index in 1...20_000 {
        let now = boot(Double(index) * 0.3)
        let step = clock.look(wall: wall(1_000 + Double(index) * 0.3 + ahead), now: now)
        let time = clock.time(at: now)
        let passed = time.milliseconds - before.milliseconds
        if step != nil || !(298...302).contains(passed) { Issue.record("\(ahead) s, look \(index): \(passed) ms") }
        before = time
      }
      #expect((before.milliseconds - Int64((1_000 + 6_000 + ahead) * 1_000)).magnitude <= 1, "it has caught up")
    }
  }

  /// Runs a stream in which the wall clock is set in the middle, and one in which it is not.
  private func results(_ specification: WindowSpecification, step: Int64) throws -> (
    plain: [WindowResult], set: [WindowResult]
  ) {
    var plain = TagWindow(specification)
    var set = TagWindow(specification)
    var results: (plain: [WindowResult], set: [WindowResult]) = ([], [])
    var random = RandomStream(seed: 9)
    for second in Int64(0)..<120 {
      let value = Double(Int.random(in: 0...100, using: &random))
      let shift = second < 60 ? 0 : step
      if second == 60 { set.shift(by: .milliseconds(step)) }
      if second % 5 != 0 {
        plain.take(value, quality: .good, time: Timestamp(milliseconds: second * 1_000))
        set.take(value, quality: .good, time: Timestamp(milliseconds: second * 1_000 + shift))
      }
      plain.advance(to: Timestamp(milliseconds: second * 1_000))
      set.advance(to: Timestamp(milliseconds: second * 1_000 + shift))
      results.plain += WindowAgreementTests.drain(&plain)
      results.set += WindowAgreementTests.drain(&set)
    }
    return results
  }

  @Test(
    "Setting the clock, forward by years or back, changes no value of windows without a grid",
    arguments: [1_700_000_000_000, -50_000, 3_000] as [Int64], WindowAgreementTests.functions)
  func shifted(step: Int64, function: WindowFunction) throws {
    let shapes: [WindowShape] = [
      .sliding(length: .seconds(15)), .session(timeout: .milliseconds(1_500), longest: .seconds(50)),
      .count(samples: 10, every: 3),
    ]
    for shape in shapes {
      let specification = try WindowSpecification(shape, function, lateness: .seconds(2))
      let (plain, set) = try results(specification, step: step)
      #expect(plain.map(\.value) == set.map(\.value) && plain.map(\.quality) == set.map(\.quality), "\(shape)")
      #expect(plain.count > 10, "\(shape)")
    }
  }

  @Test("A window on a grid goes on to the next end of the right grid, with all its samples, and says that it is odd")
  func grid() throws {
    var window = TagWindow(try WindowSpecification(.tumbling(length: .seconds(60)), .count))
    func feed(_ range: Range<Int64>) -> [WindowResult] {
      var results: [WindowResult] = []
      for second in range {
        window.take(1, quality: .good, time: Timestamp(milliseconds: second * 1_000))
        results += WindowAgreementTests.drain(&window)
      }
      return results
    }
    #expect(feed(0..<90).map(\.count) == [60])
    // 30 s of a window are gathered when the clock is set to 10 s before a full minute.
    window.shift(by: .seconds(1_000_000 * 60 + 50 - 90))
    let next = feed(60_000_050..<60_000_180)
    #expect(next.map(\.count) == [40, 60])
    #expect(next.map(\.quality) == [.uncertain(.clock), .good])
    #expect(next.map(\.time.milliseconds) == [60_000_060_000, 60_000_120_000])
    // Back by 90 s: the window that runs has its samples still, and ends on the grid.
    window.shift(by: .seconds(-90))
    let back = feed(60_000_090..<60_000_121)
    #expect(back.map(\.count) == [90] && back.map(\.quality) == [.uncertain(.clock)])
    #expect(back.map(\.time.milliseconds) == [60_000_120_000])
  }

  @Test("A window that was saved under a later clock goes on as if no time had passed")
  func resumed() throws {
    let specification = try WindowSpecification(.sliding(length: .seconds(10)), .sum)
    var window = TagWindow(specification)
    for second in Int64(1_000)..<1_010 {
      window.take(1, quality: .good, time: Timestamp(milliseconds: second * 1_000))
      while window.next() != nil {}
    }
    var restored = try TagWindow(specification, restoring: window.saved())
    restored.resume(at: Timestamp(milliseconds: 5_000))
    restored.take(1, quality: .good, time: Timestamp(milliseconds: 6_000))
    #expect(restored.next()?.value == 10 && restored.lateSamples == 0)
    // With a clock that went on, the outage is a gap.
    restored = try TagWindow(specification, restoring: window.saved())
    restored.resume(at: Timestamp(milliseconds: 1_015_000))
    restored.take(1, quality: .good, time: Timestamp(milliseconds: 1_015_000))
    #expect(restored.next()?.value == 5)
  }

  @Test("A clock that shows nonsense begins the window anew")
  func nonsense() throws {
    var window = TagWindow(try WindowSpecification(.sliding(length: .seconds(10)), .sum))
    window.take(1, quality: .good, time: Timestamp(milliseconds: 0))
    window.shift(by: .milliseconds(1 << 60))
    #expect(window.next() == nil && window.deadline == nil)
  }
}
