import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

/// Keeps the state as a file would.
private final class KeptState: StateMemory {
  var bytes: [UInt8]?

  func load() throws(StateMemoryFailure) -> [UInt8]? { bytes }
  func save(_ state: SavedState) -> Bool {
    bytes = state.encoded()
    return true
  }
  func finish(_ state: SavedState) throws(StateMemoryFailure) { bytes = state.encoded() }
}

@Suite("An engine with computed tags")
struct ComputedEngineTests {
  private static func yaml(_ expression: String, before: String = "", discovery: Bool = false) -> String {
    """
    gateway: g
    broker: { host: 127.0.0.1, home-assistant: \(discovery) }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices:
    \(before)
      - name: boiler
        bus: plc
        unit: 1
        every: 1s
        stale-after: 10s
        tags: [{ name: supply, holding: 0, unit: "°C" }, { name: return, holding: 1, unit: "°C" }]
    computed:
      - name: calc
        tags: [{ name: delta, expression: "\(expression)" }, { name: kept, expression: last_good(boiler/supply) }]
    rules: [{ name: far, tag: calc/delta, above: 25 }]
    """
  }

  private static let difference = "boiler/supply - boiler/return"
  private static let topic = "fieldgate/g/calc"

  private static func boiler(_ supply: Int64, _ back: Int64) -> [Reading] {
    [Reading(.integer(supply)), Reading(.integer(back))]
  }

  @Test("Their scans are published, kept for central and judged by rules like all others")
  func way() throws {
    let bench = try EngineBench(Self.yaml(Self.difference))
    bench.connect()
    let before = bench.engine.samplesTaken
    bench.scan(0, Self.boiler(70, 50))
    #expect(bench.engine.samplesTaken == before + 4, "two of the boiler, two of the computed device")
    let text = try #require(bench.broker.text(Self.topic))
    #expect(text.contains(#""quality":"good","values":{"delta":20,"kept":70}"#), "\(text)")
    #expect(bench.engine.activeAlarms.isEmpty)
    bench.wait(.seconds(1))
    bench.scan(0, Self.boiler(80, 50))
    #expect(bench.engine.activeAlarms == ["far"])
    bench.wait(.seconds(2))
    #expect(bench.engine.samplesWaiting == 0)
    #expect(bench.engine.outboxState.activeAlarms == ["far"])
  }

  @Test("A silent device makes them bad for its reason, and one that grows old stale")
  func quality() throws {
    let bench = try EngineBench(Self.yaml(Self.difference))
    bench.connect()
    bench.scan(0, Self.boiler(70, 50))
    bench.wait(.seconds(12))
    let stale = try #require(bench.broker.text(Self.topic))
    #expect(stale.contains(#""reasons":{"delta":"stale","kept":"stale"}"#), "\(stale)")
    bench.scan(0, [.bad(.timeout), .bad(.timeout)], fault: "no reply")
    bench.wait(.seconds(1))
    let bad = try #require(bench.broker.text(Self.topic))
    #expect(bad.contains(#""values":{"delta":null,"kept":70}"#), "\(bad)")
    #expect(bad.contains(#""reasons":{"delta":"time-out","kept":"time-out"}"#), "\(bad)")
  }

  @Test("A reload computes a changed expression at once, from what is known, and keeps what did not change")
  func reload() throws {
    let bench = try EngineBench(Self.yaml(Self.difference))
    bench.connect()
    bench.scan(0, Self.boiler(70, 50))
    bench.wait(.seconds(1))
    bench.scan(0, [.bad(.timeout), Reading(.integer(40))])
    bench.wait(.seconds(1))
    bench.broker.forget()
    let more = "  - { name: first, bus: plc, unit: 2, every: 1s, tags: [{ name: x, holding: 0 }] }"
    try bench.reload(Self.yaml("boiler/return * 2", before: more))
    bench.wait(.seconds(1))
    let text = try #require(bench.broker.text(Self.topic))
    #expect(text.contains(#""values":{"delta":80,"kept":70}"#), "\(text)")
    #expect(text.contains(#""reasons":{"kept":"time-out"}"#), "the good value from before the reload is known: \(text)")
    #expect(bench.engine.activeAlarms == ["far"])
  }

  @Test("Home Assistant is told of them like of others")
  func discovery() throws {
    let bench = try EngineBench(Self.yaml(Self.difference, discovery: true))
    bench.connect()
    bench.wait(.seconds(2))
    let text = try #require(bench.broker.text("homeassistant/sensor/fieldgate-g/calc-2fdelta/config"))
    #expect(
      text.contains(#""unit_of_measurement":"K""#) && text.contains(#""state_topic":"fieldgate/g/calc""#), "\(text)")
  }

  private static let windows = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: boiler, bus: plc, unit: 1, every: 1s, tags: [{ name: supply, holding: 0 }] }]
    computed:
      - name: calc
        tags:
          - { name: three, window: { of: boiler/supply, type: count, count: 3, function: sum } }
          - { name: mean, window: { of: boiler/supply, type: tumbling, length: 10s, function: mean, minimum-coverage: 0 } }
    """

  @Test("A window ends by itself, and its tag is published")
  func window() throws {
    let bench = try EngineBench(Self.windows)
    bench.connect()
    bench.scan(0, [Reading(.integer(3))])
    bench.wait(.seconds(1))
    bench.scan(0, [Reading(.integer(4))])
    bench.wait(.seconds(10))
    #expect(bench.broker.text(Self.topic)?.contains(#""values":{"mean":3.5}"#) == true)
  }

  @Test("Windows go on over a restart, from the state that was saved at the end")
  func restart() throws {
    let memory = KeptState()
    let first = try EngineBench(Self.windows, state: memory)
    first.scan(0, [Reading(.integer(1))])
    first.wait(.seconds(1))
    first.scan(0, [Reading(.integer(2))])
    first.engine.finish()
    let second = try EngineBench(Self.windows, state: memory)
    second.connect()
    second.scan(0, [Reading(.integer(3))])
    second.wait(.seconds(1))
    #expect(second.broker.text(Self.topic)?.contains(#""three":6"#) == true)
    memory.bytes?[20] ^= 1
    let third = try EngineBench(Self.windows, state: memory)
    third.connect()
    third.scan(0, [Reading(.integer(3))])
    third.wait(.seconds(1))
    #expect(third.broker.text(Self.topic)?.contains(#""three":6"#) != true, "a damaged state is not used")
  }

  @Test("The state is saved every quarter of an hour")
  func saving() throws {
    let memory = KeptState()
    let bench = try EngineBench(Self.windows, state: memory)
    bench.scan(0, [Reading(.integer(1))])
    bench.wait(.seconds(890))
    #expect(memory.bytes == nil)
    bench.wait(.seconds(20))
    #expect(memory.bytes != nil)
  }
}
