import GatewayCore
import Telemetry
import Testing

@Suite("Scheduling scans")
struct PollingScheduleTests {
  let origin = MonotonicTime(nanoseconds: 5_000_000_000)

  @Test("a device that starts late stays on its grid")
  func noDrift() {
    var schedule = PollSchedule(intervals: [.seconds(1)], seed: 1, now: origin)
    let first = schedule.nextDue
    for round in 0..<100 {
      let due = first + .seconds(round)
      #expect(schedule.nextDue == due)
      let start = schedule.start(now: due + .milliseconds(round * 9))
      #expect(start?.due == due && start?.skipped == 0)
    }
  }

  @Test(
    "missed scans are counted, and the next one is due on the grid",
    arguments: [(999, 0), (1_000, 1), (1_999, 1), (2_000, 2), (86_400_000, 86_400)])
  func skips(delay: Int, skipped: Int) {
    var schedule = PollSchedule(intervals: [.seconds(1)], seed: 2, now: origin)
    let first = schedule.nextDue
    let start = schedule.start(now: first + .milliseconds(delay))
    #expect(start?.due == first + .seconds(skipped))
    #expect(start?.skipped == skipped)
    #expect(schedule.nextDue == first + .seconds(skipped + 1))
  }

  @Test("nothing starts before it is due")
  func notEarly() {
    var schedule = PollSchedule(intervals: [.seconds(1), .seconds(3)], seed: 3, now: origin)
    #expect(schedule.start(now: schedule.nextDue + .nanoseconds(-1)) == nil)
    #expect(schedule.start(now: schedule.nextDue) != nil)
  }

  @Test("the device with the earliest deadline starts first")
  func earliestFirst() {
    let intervals = (1...50).map { Duration.seconds($0) }
    var schedule = PollSchedule(intervals: intervals, seed: 4, now: origin)
    let late = origin + .milliseconds(900)
    var last = MonotonicTime.zero
    var started: Set<Int> = []
    while let start = schedule.start(now: late) {
      #expect(start.due + intervals[start.index] >= last)
      last = start.due + intervals[start.index]
      #expect(started.insert(start.index).inserted)
    }
    #expect(!started.isEmpty)
    #expect(schedule.nextDue > late)
  }

  @Test("a device that is watched closely is due at once and then more often, and ends on its own grid")
  func closeWatch() {
    var schedule = PollSchedule(intervals: [.seconds(10), .seconds(10)], seed: 6, now: origin)
    var own: [Int: MonotonicTime] = [:]
    while own.count < 2 {
      let now = schedule.nextDue
      if let start = schedule.start(now: now) { own[start.index] = start.due }
    }
    let begin = origin + .milliseconds(12_345)
    schedule.watchClosely(0, every: .milliseconds(500), now: begin)
    var now = begin
    for round in 0..<20 {
      let start = schedule.start(now: now)
      #expect(start?.index == 0 && start?.due == begin + .milliseconds(500 * round), "round \(round): \(start as Any)")
      now = begin + .milliseconds(500 * (round + 1))
      if own[1]! + .seconds(10) <= now { break }
    }
    schedule.watchClosely(0, every: .milliseconds(100), now: now)
    schedule.watchClosely(0, every: nil, now: now)
    var seen: [MonotonicTime] = []
    while seen.count < 3 {
      if let start = schedule.start(now: schedule.nextDue), start.index == 0 { seen.append(start.due) }
    }
    for due in seen {
      #expect((due - own[0]!).wholeNanoseconds % 10_000_000_000 == 0 && due >= now, "not on its grid")
    }
    #expect(seen[0] - now < .seconds(10))
  }

  @Test("on a bus that is too slow for all, every device gets its turn")
  func overload() {
    var schedule = PollSchedule(intervals: [.milliseconds(10), .milliseconds(10), .seconds(1)], seed: 5, now: origin)
    var counts = [0, 0, 0]
    var now = origin + .milliseconds(20)
    for _ in 0..<1_000 {
      if let start = schedule.start(now: now) { counts[start.index] += 1 }
      now = now + .milliseconds(20)
    }
    #expect(counts[2] >= 9 && counts[0] >= 450 && counts[1] >= 450, "\(counts)")
  }

  @Test("a continuous device takes the time that others leave, and is never late")
  func continuous() {
    let paces = [PollPace(interval: .milliseconds(100)), PollPace(interval: .milliseconds(10), isContinuous: true)]
    var schedule = PollSchedule(paces: paces, seed: 6, now: origin)
    var counts = [0, 0]
    var now = origin
    let end = origin + .seconds(10)
    while now < end {
      guard let start = schedule.start(now: now) else {
        now = schedule.nextDue
        continue
      }
      counts[start.index] += 1
      if start.index == 0 { #expect(start.skipped == 0 && now - start.due <= .milliseconds(20)) }
      if start.index == 1 { #expect(start.skipped == 0 && start.due == now) }
      now = now + .milliseconds(20)
    }
    #expect((99...100).contains(counts[0]))
    #expect(counts[1] > 380, "\(counts)")
  }

  @Test("first scans are spread over the interval, but within ten seconds")
  func spread() {
    for (interval, longest) in [(1, 1), (10, 10), (86_400, 10)] {
      var schedule = PollSchedule(intervals: Array(repeating: .seconds(interval), count: 400), seed: 5, now: origin)
      var quarters = [0, 0, 0, 0]
      let end = origin + .seconds(longest)
      for _ in 0..<400 {
        guard schedule.nextDue < end, let start = schedule.start(now: schedule.nextDue) else { break }
        quarters[Int((start.due - origin) / .seconds(longest) * 4)] += 1
      }
      #expect(quarters.reduce(0, +) == 400)
      #expect(quarters.allSatisfy { $0 > 50 }, "\(quarters)")
    }
  }

  @Test("the same seed gives the same schedule, another seed another")
  func seeded() {
    let one = PollSchedule(intervals: [.seconds(1)], seed: 6, now: origin)
    #expect(one.nextDue == PollSchedule(intervals: [.seconds(1)], seed: 6, now: origin).nextDue)
    #expect(one.nextDue != PollSchedule(intervals: [.seconds(1)], seed: 7, now: origin).nextDue)
  }

  @Test("without devices nothing is ever due")
  func empty() {
    var schedule = PollSchedule(intervals: [], seed: 8, now: origin)
    #expect(schedule.nextDue == .never)
    #expect(schedule.start(now: .never) == nil)
  }

  @Test("the back-off doubles from 1 s to 30 s, loses at most half to chance, and starts anew after a success")
  func backoff() {
    var backoff = ReconnectBackoff(seed: 9)
    for _ in 0..<2 {
      for full in [1, 2, 4, 8, 16, 30, 30, 30] {
        let delay = backoff.failed(now: origin) - origin
        #expect(delay >= .seconds(full) / 2 && delay <= .seconds(full))
      }
      backoff.succeeded()
    }
  }
}
