import FieldgateTestKit
import Foundation
import GatewayCore
import Telemetry
import Testing

private let buses = "buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.1 }]"

private func reading(_ value: Int64) -> Reading { Reading(.integer(value)) }

@Suite("What a subscriber sees of an engine")
struct PublishingEngineTests {
  @Test("One message a scan, one a tag, or both, under the configured prefix and with the configured flags")
  func topics() throws {
    let bench = try EngineBench(
      """
      gateway: site
      broker: { topic-prefix: plant/north, retain: true, qos: 1 }
      \(buses)
      devices:
        - { name: a, bus: plc, unit: 1, every: 1s, tags: [{ name: t, input: 0, unit: "°C", scale: 0.1 }] }
        - { name: b, bus: plc, unit: 2, every: 1s, publish: per-tag, tags: [{ name: t, input: 0 }, { name: u, coil: 1 }] }
        - name: c
          bus: plc
          unit: 3
          every: 1s
          publish: both
          payload: plain
          retain: false
          qos: 0
          tags: [{ name: t, input: 0 }]
      """)
    bench.connect()
    for device in 0...2 { bench.scan(device, [reading(215), reading(1)].dropLast(device == 1 ? 0 : 1)) }
    #expect(bench.broker.text("plant/north/site/a")?.contains(#""values":{"t":21.5}"#) == true)
    #expect(
      bench.broker.text("plant/north/site/b/t")
        == #"{"value":215,"quality":"good","time":"\#(bench.clock.wall().iso8601)"}"#)
    #expect(bench.broker.text("plant/north/site/b/u")?.hasPrefix(#"{"value":true,"#) == true)
    #expect(bench.broker.text("plant/north/site/c/t") == "215")
    #expect(bench.broker.text("plant/north/site/status/c") == "online")
    let topics = Set(bench.broker.newest.keys)
    #expect(!topics.contains("plant/north/site/b") && topics.contains("plant/north/site/c"))
    let flags = ["a", "b/t", "c", "c/t"].map { name in
      bench.broker.newest["plant/north/site/\(name)"].map { "\($0.isRetained) \($0.qualityOfService.rawValue)" }
    }
    #expect(flags == ["true 1", "true 1", "false 0", "false 0"])
    #expect(bench.broker.filters.contains("plant/north/site/+/set"))
    bench.scan(2, [.bad(.timeout)], fault: "no answer")
    #expect(bench.broker.text("plant/north/site/c/t") == "null")
    #expect(bench.broker.text("plant/north/site/status/c") == "offline")
  }

  @Test("After a connection everything is told again, though nothing changed")
  func reconnect() throws {
    let bench = try EngineBench(
      """
      gateway: site
      broker: { publish: per-tag, deadband: 5 }
      \(buses)
      devices: [{ name: a, bus: plc, unit: 1, every: 1s, tags: [{ name: t, input: 0 }] }]
      """)
    bench.connect()
    bench.scan(0, [reading(100)])
    bench.broker.forget()
    bench.scan(0, [reading(104)])
    #expect(bench.broker.published.isEmpty)
    bench.disconnect()
    bench.connect()
    #expect(bench.broker.published.contains { $0.topic == "fieldgate/site/a/t" })
    #expect(bench.broker.text("fieldgate/site/a/t")?.hasPrefix(#"{"value":104,"#) == true)
  }

  @Test("What the limit holds back comes later, the newest value of each topic, in turn")
  func limit() throws {
    let tags = (0..<20).map { "{ name: t\($0), input: \($0) }" }.joined(separator: ", ")
    let bench = try EngineBench(
      """
      gateway: site
      broker: { publish: per-tag, messages-per-second: 5 }
      \(buses)
      devices: [{ name: a, bus: plc, unit: 1, every: 1s, tags: [\(tags)] }]
      """)
    bench.connect()
    bench.wait(.seconds(2))
    for round in 0..<3 { bench.scan(0, (0..<20).map { reading(Int64($0 * 10 + round)) }) }
    #expect(bench.broker.newest.count < 10)
    bench.wait(.seconds(10))
    for tag in 0..<20 {
      #expect(bench.broker.text("fieldgate/site/a/t\(tag)")?.hasPrefix("{\"value\":\(tag * 10 + 2),") == true)
    }
  }

  @Test(
    "Whatever connection and limit do, what a subscriber sees comes within the deadband of the truth", arguments: 0..<20
  )
  func converges(_ round: Int) throws {
    let seed = ProcessInfo.processInfo.environment["FIELDGATE_SEED"].flatMap { UInt64($0) } ?? UInt64(round)
    var random = SplitMix64(seed: seed)
    let bench = try EngineBench(
      """
      gateway: site
      broker: { publish: per-tag, messages-per-second: \(Int.random(in: 3...40, using: &random)), payload: plain }
      \(buses)
      devices:
        - { name: a, bus: plc, unit: 1, every: 1s, deadband: 5, tags: [{ name: t0, input: 0 }, { name: t1, input: 1 }] }
        - { name: b, bus: plc, unit: 2, every: 1s, deadband: 10%, tags: [{ name: t0, input: 0 }, { name: t1, input: 1 }] }
      """)
    var values: [[Int64]] = [[100, 200], [1_000, 50]]
    var bad = [false, false]
    var isConnected = false
    bench.broker.outcome = { Int.random(in: 0..<4, using: &random) == 0 ? .queueFull : .accepted }
    for _ in 0..<200 {
      if Int.random(in: 0..<12, using: &random) == 0 {
        isConnected.toggle()
        isConnected ? bench.connect() : bench.disconnect()
      }
      let device = Int.random(in: 0...1, using: &random)
      if Int.random(in: 0..<10, using: &random) == 0 { bad[device].toggle() }
      for tag in 0...1 { values[device][tag] += Int64.random(in: -4...4, using: &random) }
      bench.scan(device, values[device].map { bad[device] ? .bad(.timeout) : reading($0) })
      bench.wait(.milliseconds(Int.random(in: 0...400, using: &random)))
    }
    bench.broker.outcome = { .accepted }
    if !isConnected { bench.connect() }
    for device in 0...1 { bench.scan(device, values[device].map { bad[device] ? .bad(.timeout) : reading($0) }) }
    bench.wait(.seconds(5))
    for (device, name) in ["a", "b"].enumerated() {
      for tag in 0...1 {
        let seen = bench.broker.text("fieldgate/site/\(name)/t\(tag)")
        let truth = Double(values[device][tag])
        if bad[device] {
          #expect(seen == "null", "seed \(seed)")
        } else {
          let value = try #require(seen.flatMap(Double.init), "seed \(seed): \(seen ?? "nothing")")
          let allowed = device == 0 ? 5 : value.magnitude / 10
          #expect((value - truth).magnitude <= allowed, "seed \(seed)")
        }
      }
    }
  }

  @Test("After a reload with another prefix the new broker is asked for the new topics, and gets everything under them")
  func reloadedPrefix() throws {
    func yaml(_ prefix: String) -> String {
      """
      gateway: site
      broker: { topic-prefix: \(prefix), home-assistant: { prefix: \(prefix)-ha } }
      \(buses)
      devices: [{ name: a, bus: plc, unit: 1, every: 1s, tags: [{ name: t, input: 0 }] }]
      """
    }
    let bench = try EngineBench(yaml("old"))
    bench.connect()
    bench.scan(0, [reading(5)])
    #expect(bench.broker.filters == ["old/site/+/set", "old/site/alarms/+/set", "old-ha/status"])
    let next = RecordingBroker()
    try bench.reload(yaml("new"), broker: next)
    #expect(next.filters == ["new/site/+/set", "new/site/alarms/+/set", "new-ha/status"])
    #expect(next.published.isEmpty)
    bench.connect()
    bench.wait(.seconds(1))
    #expect(next.text("new/site/a")?.contains(#""t":5"#) == true)
    #expect(next.newest.keys.allSatisfy { $0.hasPrefix("new") || next.newest[$0]?.payload.isEmpty == true })
  }
}
