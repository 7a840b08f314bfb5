import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

@Suite("An engine whose outbox takes long to be opened")
struct OpeningEngineTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }]
    rules: [{ name: hot, tag: press/value, above: 3 }]
    """

  private func scan(_ values: Range<Int64>, _ bench: EngineBench) {
    for value in values {
      bench.scan(0, [Reading(.integer(value))])
      bench.wait(.seconds(1))
    }
  }

  @Test("Meanwhile values are published and judged, and wait; then all of them are committed, in their order")
  func opening() throws {
    let bench = try EngineBench(Self.yaml, isOpening: true)
    bench.connect()
    scan(1..<6, bench)
    #expect(!bench.engine.isOutboxOpen && bench.engine.samplesWaiting == 5 && bench.engine.samplesDropped == 0)
    #expect(bench.broker.text("fieldgate/g/press")?.contains("\"value\":5") == true)
    #expect(bench.broker.text("fieldgate/g/alarms/hot")?.contains("\"active\":true") == true)
    bench.readFaults.isOpening = false
    // Not at the next attempt, which may be ten seconds away.
    bench.engine.take(.storeReady)
    #expect(bench.engine.isOutboxOpen)
    bench.wait(.seconds(1))
    #expect(bench.engine.samplesWaiting == 0 && bench.engine.outboxState.samples(.telemetry) == 5)
    #expect(bench.engine.outboxState.samples(.alarms) == 1)
    scan(6..<8, bench)
    #expect(bench.engine.outboxState.samples(.telemetry) == 7)
  }

  @Test("What waits is committed when the daemon ends just as the opening does")
  func ending() throws {
    let bench = try EngineBench(Self.yaml, isOpening: true)
    scan(1..<3, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.stop)
    bench.engine.finish()
    #expect(bench.engine.outboxState.samples(.telemetry) == 2 && bench.engine.samplesWaiting == 0)
  }

  @Test("An alarm that was active before the start stays so, and is not raised a second time")
  func knownAlarm() throws {
    let first = try EngineBench(Self.yaml)
    scan(5..<6, first)
    #expect(first.engine.outboxState.samples(.alarms) == 1)
    let bench = try first.restarted(isOpening: true)
    scan(5..<8, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.storeReady)
    bench.wait(.seconds(1))
    #expect(bench.engine.outboxState.samples(.alarms) == 1 && bench.engine.outboxState.samples(.telemetry) == 4)
  }
}
