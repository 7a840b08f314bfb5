import AlarmStates
import FieldgateTestKit
import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

/// Keeps the state as a file would.
private final class StateInMemory: StateMemory {
  var bytes: [UInt8]?

  func load() throws(StateMemoryFailure) -> [UInt8]? { bytes }
  func save(_ state: SavedState) -> Bool {
    bytes = state.encoded()
    return true
  }
  func finish(_ state: SavedState) throws(StateMemoryFailure) { bytes = state.encoded() }
}

@Suite("An engine with rules")
struct RulesEngineTests {
  private static func yaml(_ rules: String) -> String {
    """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices:
      - name: boiler
        bus: plc
        unit: 1
        every: 1s
        tags: [{ name: temp, holding: 0 }, { name: pump, coil: 0, writable: true }]
    rules:
    \(rules)
    """
  }

  private static func readings(_ temp: Int64?, pump: Bool = true) -> [Reading] {
    [temp.map { Reading(.integer($0)) } ?? .bad(.timeout), Reading(.boolean(pump))]
  }

  @Test("Actions publish, write and leave notes, each with its record")
  func actions() throws {
    let bench = try EngineBench(
      Self.yaml(
        """
          - name: hot
            tag: boiler/temp
            above: 85
            actions:
              - publish: { topic: plant/horn, payload: "{name} {value}", retain: true }
              - write: { tag: boiler/pump, value: false, only-if: { tag: boiler/pump, equals: true } }
              - { on: cleared, note: "back at {value}" }
        """))
    bench.connect()
    bench.scan(0, Self.readings(90))
    bench.wait(.seconds(1))
    #expect(bench.broker.text("plant/horn") == "hot 90")
    // There is no bus to take the write, which is said in the record like every end of a write.
    #expect(bench.engine.outboxState.samples(.alarms) == 3, "raised, written, and noted at the alarm")
    let sentence = "boiler/pump: the write is refused: too many commands wait for this bus; send them more slowly"
    #expect(bench.broker.text("fieldgate/g/alarms/hot")?.contains("\"comment\":\"\(sentence)\"") ?? false)
    bench.scan(0, Self.readings(20))
    bench.wait(.seconds(1))
    #expect(bench.engine.outboxState.samples(.alarms) == 5, "returned and noted")
    bench.scan(0, Self.readings(90, pump: false))
    bench.wait(.seconds(1))
    #expect(bench.engine.outboxState.samples(.alarms) == 7, "raised, and why nothing is written")
  }

  @Test("A device is watched closely while an alarm's cause holds, over acknowledgement, restart and reload")
  func closeWatch() throws {
    let bus = WatchedBus()
    let rules = Self.yaml(
      """
        - { name: warm, tag: boiler/temp, above: 60, actions: [ { scan: { device: boiler, every: 500ms } } ] }
        - { name: hot, tag: boiler/temp, above: 85, actions: [ { scan: { device: boiler, every: 200ms } } ] }
      """)
    let bench = try EngineBench(rules, buses: [bus])
    bench.scan(0, Self.readings(70))
    #expect(bus.watches == [0: .milliseconds(500)])
    bench.scan(0, Self.readings(90))
    #expect(bus.watches == [0: .milliseconds(200)], "the shortest counts")
    bench.engine.take(.request(client: 1, Array(#"{"request":"acknowledge","alarm":"hot","who":"ann"}"#.utf8)))
    bench.engine.turn()
    #expect(bus.watches == [0: .milliseconds(200)] && bus.orders == 2, "nothing is ordered twice")
    let next = try bench.restarted()
    next.wait(.seconds(1))
    #expect(bus.watches == [0: .milliseconds(200)] && bus.orders == 3, "a new process has new threads")
    next.scan(0, Self.readings(70))
    #expect(bus.watches == [0: .milliseconds(500)])
    try next.reload(Self.yaml("  - { name: hot, tag: boiler/temp, above: 85 }"))
    #expect(bus.watches == [:], "the action is gone")
    try next.reload(rules)
    next.scan(0, Self.readings(20))
    #expect(bus.watches == [:])
  }

  @Test("The configuration says what a flood is, also in a reload")
  func alarmSettings() throws {
    let rules = """
        - { name: warm, tag: boiler/temp, above: 60 }
        - { name: hot, tag: boiler/temp, above: 85 }
      """
    let few = "\nalarms: { flood: { count: 2, within: 10s } }"
    let bench = try EngineBench(Self.yaml(rules))
    bench.scan(0, Self.readings(90))
    #expect(bench.engine.activeAlarms == ["warm", "hot"])
    bench.scan(0, Self.readings(20))
    bench.wait(.seconds(60))
    try bench.reload(Self.yaml(rules) + few)
    bench.scan(0, Self.readings(90))
    #expect(bench.engine.activeAlarms == ["warm", "hot", "boiler.alarm_flood"])
  }

  @Test("What rules know outlives a restart and a reload")
  func state() throws {
    let memory = StateInMemory()
    let directory = try TemporaryDirectory("engine")
    let rules = Self.yaml("  - { name: stuck, tag: boiler/temp, flat-line: {} }")
    do {
      let first = try EngineBench(rules, state: memory, directory: directory)
      for _ in 0..<20 {
        first.scan(0, Self.readings(7))
        first.wait(.seconds(1))
      }
      first.reload(rulesOnly: rules)
      first.engine.finish()
    }
    let second = try EngineBench(rules, state: memory, directory: directory)
    for _ in 0..<10 { second.scan(0, Self.readings(7)) }
    #expect(second.engine.activeAlarms.isEmpty)
    second.scan(0, Self.readings(7))
    #expect(second.engine.activeAlarms == ["stuck"], "20 and 11 readings are more than 30")
  }

  @Test("Who calls an anomaly normal acknowledges it")
  func normal() throws {
    let bench = try EngineBench(
      Self.yaml("  - { name: odd, tag: boiler/temp, anomaly: { learn: 0s, clear-after: 1d } }"))
    func sample(_ value: Int64) {
      bench.scan(0, Self.readings(value))
      bench.wait(.seconds(300))
    }
    for index in 0..<120 { sample(50 + Int64(index * 7 % 10)) }
    sample(95)
    #expect(bench.engine.alarmPicture["odd"]?.isUnacknowledged == true)
    sample(54)
    #expect(bench.engine.activeAlarms == ["odd"], "it lasts a day unless somebody says otherwise")
    bench.engine.take(.request(client: 1, Array(#"{"request":"normal","alarm":"odd","by":"anna"}"#.utf8)))
    bench.engine.turn()
    #expect(bench.engine.alarmPicture["odd"]?.isUnacknowledged == false)
    #expect(bench.engine.alarmPicture["odd"]?.acknowledgement?.who.hasPrefix("anna") == true)
  }

  @Test("A tag that gives nothing is noticed without a scan")
  func stale() throws {
    let bench = try EngineBench(Self.yaml("  - { name: quiet, tag: boiler/temp, stale: 1min }"))
    bench.scan(0, Self.readings(7))
    bench.wait(.seconds(59))
    #expect(bench.engine.activeAlarms.isEmpty)
    bench.wait(.seconds(2))
    #expect(bench.engine.activeAlarms == ["quiet"])
    bench.scan(0, Self.readings(8))
    #expect(bench.engine.activeAlarms.isEmpty)
  }
}

extension EngineBench {
  fileprivate func reload(rulesOnly yaml: String) {
    do { try reload(yaml) } catch { Issue.record("\(error)") }
  }
}
