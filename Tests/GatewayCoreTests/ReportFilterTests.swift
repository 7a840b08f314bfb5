import Foundation
import GatewayCore
import Telemetry
import Testing

@Suite("Report by exception")
struct ReportFilterTests {
  private let tags = [TagDefinition(name: "t", type: .float64)]
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }
  private func reading(_ value: Double, _ quality: Quality = .good) -> Reading {
    Reading(.float64(value), quality: quality)
  }

  /// Feeds readings a second apart; the times (in seconds) at which one was reported.
  private func reported(_ rule: ReportFilter.Rule, _ readings: [Reading]) -> [Int] {
    var filter = ReportFilter(rules: [rule])
    return readings.indices.filter { second in
      guard filter.hasDue([readings[second]], tags: tags, now: at(Double(second))) else { return false }
      filter.reported(0, readings[second], now: at(Double(second)))
      return true
    }
  }

  @Test(
    "Which scans are reported",
    arguments: [
      // Without a deadband every one.
      (nil, [5, 5, 5], [0, 1, 2]),
      // Any change.
      (.anyChange, [5, 5, 6, 6, 5], [0, 2, 4]),
      // Exactly the deadband is within it; the distance is from the value reported last, so creeping is noticed.
      (.absolute(2), [10, 12, 12.5, 11, 10.6, 10.4], [0, 2, 5]),
      (.absolute(2), [-1, 1, 1.1], [0, 2]),
      // Of the value reported last: 2 % of 100, then of 103.
      (.percent(2), [100, 102, 103, 105, 105.1], [0, 2, 4]),
      // 2 % of nothing is nothing: every change.
      (.percent(2), [0, 0, 0.001], [0, 2]),
      (.absolute(2), [.infinity, .infinity, -.infinity], [0, 2]),
    ] as [(Deadband?, [Double], [Int])])
  func table(_ deadband: Deadband?, _ values: [Double], _ expected: [Int]) {
    #expect(reported(.init(deadband: deadband), values.map { reading($0) }) == expected)
  }

  @Test("A change of quality is reported, and so is a change of its reason; an absent reading never")
  func quality() {
    let readings = [
      reading(1), .bad(.timeout), .bad(.timeout), .bad(.busDown), reading(1), reading(1, .uncertain(.outOfRange)),
      .absent, reading(1, .uncertain(.outOfRange)),
    ]
    #expect(reported(.init(deadband: .absolute(100)), readings) == [0, 1, 3, 4, 5])
  }

  @Test("The heartbeat counts from the last report, whatever caused it")
  func heartbeat() {
    let values: [Double] = [1, 1, 1, 1, 9, 9, 9, 9, 9]
    #expect(
      reported(.init(deadband: .absolute(2), heartbeat: .seconds(3)), values.map { reading($0) }) == [0, 3, 4, 7])
  }

  @Test("What could not be told stays due, and after a reset everything is")
  func untold() {
    var filter = ReportFilter(rules: [.init(deadband: .absolute(1)), .init()])
    let two = tags + tags
    #expect(filter.due([reading(1), reading(1)], tags: two, now: at(0)) == [0, 1])
    #expect(filter.due([reading(1), reading(1)], tags: two, now: at(1)) == [0, 1])
    for tag in 0...1 { filter.reported(tag, reading(1), now: at(1)) }
    #expect(filter.due([reading(1), reading(1)], tags: two, now: at(2)) == [1])
    filter.reset()
    #expect(filter.due([reading(1), reading(1)], tags: two, now: at(3)) == [0, 1])
  }

  @Test(
    "At every scan a subscriber's value is within the deadband, of the same quality, and no older than the heartbeat")
  func property() {
    let seed = ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? 20_261_125
    print("seed \(seed); replay: FIELDGATE_SEED=\(seed) swift test --filter ReportFilterTests")
    var random = PollingTestGenerator(seed: seed)
    for _ in 0..<200 {
      let limit = Double.random(in: 0...5, using: &random)
      let deadband: Deadband = Bool.random(using: &random) ? .absolute(limit) : .percent(limit)
      let heartbeat = Double.random(in: 1...60, using: &random)
      var filter = ReportFilter(rules: [.init(deadband: deadband, heartbeat: .milliseconds(Int(heartbeat * 1_000)))])
      var seen: (reading: Reading, time: Double)?
      var value = Double.random(in: -100...100, using: &random)
      var time = 0.0
      for _ in 0..<300 {
        time += Double.random(in: 0.1...3, using: &random)
        value += Double.random(in: -3...3, using: &random)
        let now = Int.random(in: 0..<8, using: &random) == 0 ? Reading.bad(.timeout) : reading(value)
        if filter.hasDue([now], tags: tags, now: at(time)) {
          filter.reported(0, now, now: at(time))
          seen = (now, time)
        }
        guard let seen else { return #expect(Bool(false), "the first reading was not reported") }
        #expect(seen.reading.quality == now.quality)
        #expect(time - seen.time < heartbeat + 0.001)
        if let old = seen.reading.engineeringValue(tags[0]), let new = now.engineeringValue(tags[0]) {
          let allowed = if case .percent = deadband { old.magnitude * limit / 100 } else { limit }
          #expect((old - new).magnitude <= allowed)
        }
      }
    }
  }
}

@Suite("Topics that wait")
struct WaitingTopicsTests {
  @Test("Each waits once, in order, whatever is added and taken in between")
  func order() {
    var random = PollingTestGenerator(seed: 7)
    var waiting = WaitingTopics<Int>()
    var model: [Int] = []
    for _ in 0..<20_000 {
      if Int.random(in: 0..<5, using: &random) < 3 {
        let topic = Int.random(in: 0..<50, using: &random)
        let isNew = !model.contains(topic)
        if isNew { model.append(topic) }
        let wasAdded = waiting.append(topic)
        #expect(wasAdded == isNew)
      } else {
        let taken = waiting.removeFirst()
        #expect(taken == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(waiting.count == model.count && waiting.first == model.first && waiting.isEmpty == model.isEmpty)
    }
  }

  @Test("The bucket says when it lets the next thing through")
  func bucket() {
    var bucket = TokenBucket(perSecond: 4, burst: 1)
    let start = MonotonicTime(nanoseconds: 1_000_000_000)
    #expect(bucket.nextTake(now: start) == start)
    let first = bucket.take(now: start)
    let next = bucket.nextTake(now: start)
    #expect(first && next == MonotonicTime(nanoseconds: 1_250_000_000))
    let early = MonotonicTime(nanoseconds: 1_249_000_000)
    let takes = [early, bucket.nextTake(now: early)].map { bucket.take(now: $0) }
    #expect(takes == [false, true])
  }
}
