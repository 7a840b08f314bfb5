import Foundation
import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

@Suite("An engine whose device falls silent")
struct StaleEngineTests {
  @Test("After stale-after one scan says uncertain (stale), with the old value; on return it is good again")
  func silence() throws {
    let bench = try EngineBench(
      """
      gateway: site
      broker: { host: 127.0.0.1, retain: true }
      buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.1 }]
      devices: [{ name: a, bus: plc, unit: 1, every: 1s, stale-after: 10s, tags: [{ name: t, input: 0 }] }]
      """)
    let topic = "fieldgate/site/a"
    bench.connect()
    bench.scan(0, [Reading(.integer(7))])
    bench.broker.forget()
    bench.wait(.milliseconds(9_900))
    #expect(!bench.broker.published.contains { $0.topic == topic })
    #expect(bench.engine.samplesWaiting == 0)
    bench.wait(.milliseconds(200))
    #expect(bench.engine.samplesWaiting == 1, "the stale scan is kept for central as well")
    bench.wait(.seconds(60))
    let told = bench.broker.published.filter { $0.topic == topic }.map { String(decoding: $0.payload, as: UTF8.self) }
    #expect(told.count == 1)
    #expect(told.first?.contains(#""quality":"uncertain""#) == true, "\(told)")
    #expect(told.first?.contains(#""values":{"t":7}"#) == true && told.first?.contains(#"{"t":"stale"}"#) == true)
    bench.scan(0, [Reading(.integer(8))])
    let back = bench.broker.text(topic)
    #expect(back?.contains(#""quality":"good""#) == true && back?.contains(#""values":{"t":8}"#) == true)
    bench.broker.forget()
    bench.wait(.seconds(11))
    #expect(bench.broker.published.count { $0.topic == topic } == 1, "the next silence is told again")
  }
}
