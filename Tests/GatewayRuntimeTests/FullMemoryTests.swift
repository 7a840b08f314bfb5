import AlarmStates
import BatchCodec
import FieldgateTestKit
import GatewayCore
import GatewayRuntime
import SQLiteOutbox
import Telemetry
import Testing

@Suite("An engine whose outbox takes nothing for so long that memory is full")
struct FullMemoryTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }]
    rules:
      - { name: hot, tag: press/value, above: 3 }
      # Once it is raised it stays.
      - { name: stuck, tag: press/value, above: 8, hysteresis: 20 }
    """

  /// Raises and ends the alarm so often that `count` events follow, and two a flap.
  private func flap(_ bench: EngineBench, until count: Int) {
    for _ in 0..<(count / 2) {
      for value: Int64 in [5, 1] {
        bench.scan(0, [Reading(.integer(value))])
        bench.wait(.milliseconds(100))
      }
    }
  }

  /// What batches of the alarms lane hold, as they were cut.
  private func alarms(_ bench: EngineBench) throws -> [(events: [AlarmEvent], losses: [LossNotice])] {
    let state = bench.engine.outboxState
    let store = SQLiteOutbox(.machine(directory: bench.temporary.path, boot: "boot"))
    bench.stop()
    _ = try store.open()
    defer { store.close() }
    var found: [([AlarmEvent], [LossNotice])] = []
    var next: UInt64 = 1
    while next <= state[.alarms].cutThrough {
      let part = try store.batches(
        EpochLane(state.epoch, .alarms), from: next, through: state[.alarms].cutThrough, maximumBytes: 1 << 20)
      var rest = part.bytes[...]
      while !rest.isEmpty {
        let length = try BatchCodec.readHeader(rest).length
        if case .alarms(let events, let losses) = try BatchCodec.decode(rest.prefix(length)).content {
          found.append((events, losses))
        }
        rest = rest.dropFirst(length)
      }
      next = try #require(part.through) + 1
    }
    return found
  }

  /// What central makes of it: it forgets with each notice.
  private func picture(_ batches: [(events: [AlarmEvent], losses: [LossNotice])]) -> [String: AlarmStanding] {
    var standings: [String: AlarmStanding] = [:]
    for (index, batch) in batches.enumerated() {
      if index == 0 || !batch.losses.isEmpty { standings = [:] }
      for event in batch.events { standings[event.alarm, default: AlarmStanding()].apply(event) }
    }
    return standings
  }

  enum Trouble: CaseIterable {
    case commitsFail, neverOpen
  }

  @Test(
    "Alarm events have a limit; past it they are counted, named in a notice, and the states are told again",
    arguments: Trouble.allCases)
  func alarmsLimit(_ trouble: Trouble) throws {
    let bench = try EngineBench(Self.yaml, isOpening: trouble == .neverOpen)
    bench.readFaults.commits = trouble == .commitsFail
    flap(bench, until: EngineMemory().alarmEvents + 200)
    #expect(bench.engine.alarmsWaiting == EngineMemory().alarmEvents)
    // Central must learn of this one, though its event has no room.
    bench.scan(0, [Reading(.integer(9))])
    #expect(bench.engine.activeAlarms == ["hot", "stuck"] && bench.engine.alarmsWaiting == EngineMemory().alarmEvents)
    bench.readFaults.commits = false
    bench.readFaults.isOpening = false
    bench.wait(.seconds(20))
    #expect(bench.engine.alarmsWaiting == 0 && bench.engine.activeAlarms == ["hot", "stuck"])
    #expect(bench.engine.outboxState.lost[.memoryFull] ?? 0 > 200)
    let lost = bench.engine.outboxState.lost[.memoryFull]
    bench.scan(0, [Reading(.integer(1))])
    bench.wait(.seconds(2))
    bench.scan(0, [Reading(.integer(8))])
    bench.wait(.seconds(2))
    let expected = bench.engine.alarmPicture
    let batches = try alarms(bench)
    let notices = batches.flatMap(\.losses)
    // The first goes with the first attempt after memory was full.
    #expect(notices.count <= 2 && notices.allSatisfy { $0.lane == .alarms })
    #expect(notices.reduce(0) { $0 + ($1.samples ?? 0) } == lost)
    let first = try #require(notices.first?.firstTime)
    let last = try #require(notices.last?.lastTime)
    #expect(first <= last && batches[0].events[0].time < first)
    let events = batches.flatMap(\.events)
    #expect(events.prefix(EngineMemory().alarmEvents).allSatisfy { $0.time <= first })
    #expect(zip(events, events.dropFirst()).allSatisfy { $0.time <= $1.time })
    let told = picture(batches)
    for name in ["hot", "stuck"] {
      #expect(told[name]?.isActive == true && told[name]?.state == expected[name]?.state, "\(name)")
    }
  }

  @Test("What memory had no room for before the clock was set is named with its times once it is")
  func beforeTheClock() throws {
    let clock = ManualClock()
    clock.isSynchronized = false
    let set = clock.wallBegan
    clock.wallBegan = Timestamp(milliseconds: 0)
    let bench = try EngineBench(Self.yaml, clock: clock)
    bench.readFaults.commits = true
    flap(bench, until: EngineMemory().alarmEvents + 10)
    clock.wallBegan = set
    clock.isSynchronized = true
    bench.readFaults.commits = false
    bench.wait(.seconds(60))
    let now = clock.wall()
    let notices = try alarms(bench).flatMap(\.losses)
    #expect(!notices.isEmpty)
    let first = try #require(notices.first?.firstTime)
    let last = try #require(notices.last?.lastTime)
    #expect(now.milliseconds - 120_000 < first.milliseconds && first <= last && last <= now)
  }

  @Test("A store that answers has no limit but what happens in one turn: nothing is dropped for it")
  func healthyStore() throws {
    let tags = (0..<9).map { "{ name: t\($0), holding: \($0) }" }.joined(separator: ", ")
    let rules = (0..<9).map { "{ name: a\($0), tag: press/t\($0), above: 3 }" }.joined(separator: ", ")
    var memory = EngineMemory()
    memory.alarmEvents = 2
    let bench = try EngineBench(
      """
      gateway: g
      broker: { host: 127.0.0.1 }
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
      devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [\(tags)] }]
      rules: [\(rules)]
      """, memory: memory)
    bench.scan(0, (0..<9).map { _ in Reading(.integer(5)) })
    bench.engine.take(.request(client: 1, Array(#"{"request":"acknowledge","all":true,"comment":"seen"}"#.utf8)))
    bench.wait(.seconds(2))
    #expect(bench.engine.activeAlarms.count >= 9 && bench.engine.alarmsWaiting == 0)
    #expect(bench.engine.alarmEventsDropped == 0 && bench.engine.outboxState.lost.isEmpty)
    // Once it does not, the next events do.
    bench.readFaults.commits = true
    for value: Int64 in [1, 5, 1, 5] {
      bench.scan(0, (0..<9).map { _ in Reading(.integer(value)) })
      bench.wait(.seconds(1))
    }
    #expect(bench.engine.alarmEventsDropped > 0)
    #expect(bench.engine.alarmsWaiting <= memory.alarmEvents + 9 * 2, "one turn's worth beyond the limit at most")
  }

  @Test(
    "Samples that memory had no room for before the clock was set are named with their times, and status can be asked",
    arguments: Trouble.allCases)
  func samplesBeforeTheClock(_ trouble: Trouble) throws {
    let clock = ManualClock()
    clock.isSynchronized = false
    let set = clock.wallBegan
    clock.wallBegan = Timestamp(milliseconds: 0)
    var memory = EngineMemory()
    memory.samples = 10
    let bench = try EngineBench(Self.yaml, isOpening: trouble == .neverOpen, clock: clock, memory: memory)
    bench.readFaults.commits = trouble == .commitsFail
    func ask() {
      for question in ["status", "outbox"] {
        bench.engine.take(.request(client: 1, Array("{\"request\":\"\(question)\"}".utf8)))
      }
    }
    for value: Int64 in 0..<30 {
      bench.scan(0, [Reading(.integer(value % 3))])
      bench.wait(.seconds(1))
    }
    ask()
    #expect(bench.engine.samplesWaiting == 10 && bench.engine.samplesDropped == 20)
    bench.readFaults.isOpening = false
    bench.readFaults.commits = false
    bench.wait(.seconds(20))
    ask()
    #expect(bench.engine.samplesWaiting == 0)
    clock.wallBegan = set
    clock.isSynchronized = true
    bench.wait(.seconds(3 * 3_700))
    ask()
    #expect(bench.engine.outboxState.lost == [.memoryFull: 20])
    let now = clock.wall()
    let state = bench.engine.outboxState
    let store = SQLiteOutbox(.machine(directory: bench.temporary.path, boot: "boot"))
    bench.stop()
    _ = try store.open()
    defer { store.close() }
    let row = EpochLane(state.epoch, .telemetry)
    var rest = try store.batches(row, from: 1, through: state[.telemetry].cutThrough, maximumBytes: 1 << 20).bytes[...]
    var notices: [LossNotice] = []
    while !rest.isEmpty {
      let length = try BatchCodec.readHeader(rest).length
      if case .telemetry(_, _, _, let losses) = try BatchCodec.decode(rest.prefix(length)).content { notices += losses }
      rest = rest.dropFirst(length)
    }
    #expect(notices.count == 1 && notices[0].samples == 20)
    let first = try #require(notices.first?.firstTime)
    let last = try #require(notices.first?.lastTime)
    // Thirty seconds at the beginning, of the time since.
    #expect(first < last && now - last > .seconds(3 * 3_700) && now - first < .seconds(3 * 3_700 + 60))
  }
}
