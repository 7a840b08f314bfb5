import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

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
}
