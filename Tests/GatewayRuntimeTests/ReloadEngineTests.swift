import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

@Suite("An engine that takes another configuration")
struct ReloadEngineTests {
  private static func yaml(_ devices: String..., rules: String = "[]") -> String {
    let all = devices.map { "  - { name: \($0), bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }" }
    return """
      gateway: g
      broker: { host: 127.0.0.1 }
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
      devices:
      \(all.joined(separator: "\n"))
      rules: \(rules)
      """
  }

  @Test("Scans under way are filed by their handle: at the device's new place, or nowhere when it is gone")
  func handles() throws {
    let bench = try EngineBench(Self.yaml("first", "second"))
    bench.connect()
    bench.scan(0, [Reading(.integer(1))])
    try bench.reload(Self.yaml("third", "second"))
    let waiting = bench.engine.samplesTaken
    // Handles: first 0, second 1, third 2.
    bench.scan(0, [Reading(.integer(10))])
    #expect(bench.engine.samplesTaken == waiting, "a scan of a device that is gone is not taken")
    bench.scan(1, [Reading(.integer(20))])
    bench.scan(2, [Reading(.integer(30))])
    bench.wait(.seconds(2))
    #expect(bench.broker.text("fieldgate/g/second")?.contains("\"value\":20") == true)
    #expect(bench.broker.text("fieldgate/g/third")?.contains("\"value\":30") == true)
    #expect(bench.broker.text("fieldgate/g/first")?.contains("\"value\":10") != true)
    #expect(bench.engine.samplesWaiting == 0, "frames of both catalogues are committed")
  }

  @Test("An alarm whose rule is removed ends with an event; an unchanged one stays active")
  func rules() throws {
    let two = "[{ name: high, tag: first/value, above: 5 }, { name: gone, tag: first/value, above: 6 }]"
    let bench = try EngineBench(Self.yaml("first", rules: two))
    bench.scan(0, [Reading(.integer(9))])
    #expect(bench.engine.activeAlarms == ["high", "gone"])
    try bench.reload(Self.yaml("before", "first", rules: "[{ name: high, tag: first/value, above: 5 }]"))
    #expect(bench.engine.activeAlarms == ["high"])
    bench.wait(.seconds(2))
    #expect(bench.engine.outboxState.activeAlarms == ["high"])
    bench.scan(0, [Reading(.integer(1))])
    #expect(bench.engine.activeAlarms.isEmpty)
  }
}
