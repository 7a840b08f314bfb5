import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// What rules do besides raising alarms, with a real broker, a real Modbus device and central.
@Suite("Rules, end to end", .inASiteSlot)
struct RuleActionsTests {
  private static let rules = """
    rules:
      - name: hot
        tag: press/temp
        above: 80
        severity: high
        group: press
        actions:
          - publish: { topic: plant/horn, payload: "{name} {value}", retain: true }
          - write: { tag: press/valve, value: 1, only-if: { tag: press/ready, equals: true } }
          - scan: { device: press, every: 50ms }
          - { on: cleared, note: "back at {value}" }
      - { name: loud, tag: press/noise, above: 50, group: press, for: 300ms }
    alarms: { chatter: { count: 4, within: 1h } }

    """

  private struct Status: Decodable {
    struct Bus: Decodable {
      struct Device: Decodable {
        var watched: Int?
        enum CodingKeys: String, CodingKey { case watched = "watched_every_ms" }
      }
      var devices: [Device]
    }
    struct Body: Decodable { var buses: [Bus] }
    var status: Body
  }

  private func watched(_ site: Site) throws -> Int? {
    let text = try site.fieldgate("status", "--json", mustSucceed: false).text
    return try JSONDecoder().decode(Status.self, from: Data(text.utf8)).status.buses.first?.devices.first?.watched
  }

  private func history(_ site: Site) throws -> String { try site.fieldgate("alarms", "history").text }

  @Test("A rule publishes, writes with its interlock, has its device scanned closely, and leaves a note")
  func actions() async throws {
    let simulation = try Simulation(tcp: [
      (
        "plc",
        [
          SimulatedDevice(
            name: "press", unit: 1,
            tags: [
              SimulatedTag("temp", .holdingRegister, 0, .int16, .constant(20)),
              SimulatedTag("noise", .holdingRegister, 1, .int16, .constant(10)),
              SimulatedTag("valve", .holdingRegister, 2, .int16, .constant(0)),
              SimulatedTag("ready", .coil, 0, .constant(0)),
            ])
        ]
      )
    ])
    defer { simulation.stop() }
    let site = try Site()
    let sections = Site.sections(
      Site.tcp(simulation), device: "press", every: "500ms",
      [
        "name: temp, holding: 0, type: int16", "name: noise, holding: 1, type: int16",
        "name: valve, holding: 2, type: int16, writable: true", "name: ready, coil: 0",
      ])
    try await site.startWithoutCentral(sections + "\n" + Self.rules, device: "press")

    // The interlock does not hold: nothing is written, and a note says why.
    try simulation.force("press", "temp", to: 90)
    _ = try await eventually("the message on the broker") {
      try site.retained("plant/horn")["plant/horn"] == "hot 90" ? true : nil
    }
    _ = try await eventually("the close watch") { try watched(site) == 50 ? true : nil }
    #expect(try simulation.values("press")["valve"] == 0)
    #expect(try history(site).contains("press/valve is not written: its 'only-if' does not hold"))
    let before = try #require(site.status()).counters.scans
    _ = try await eventually("forty scans") { (site.status()?.counters.scans ?? 0) >= before + 40 ? true : nil }

    // A second of the group comes later: the first stays marked.
    try simulation.force("press", "noise", to: 60)
    _ = try await eventually("both alarms, the first marked") {
      let text = try site.fieldgate("alarms", mustSucceed: false).text
      let lines = text.split(separator: "\n")
      let isMarked = { (name: String) in lines.contains { $0.contains(name) && $0.contains("FIRST") } }
      return isMarked("hot") && text.contains("loud") && !isMarked("loud") ? true : nil
    }

    // Back to normal: the note, and the usual pace. Then the interlock holds.
    try simulation.force("press", "temp", to: 20)
    _ = try await eventually("the usual pace") { try watched(site) == nil ? true : nil }
    _ = try await eventually("the note") { try history(site).contains("back at 20") ? true : nil }
    try simulation.force("press", "ready", to: 1)
    let now = try #require(site.status()).counters.scans
    _ = try await eventually("two scans") { (site.status()?.counters.scans ?? 0) >= now + 2 ? true : nil }
    try simulation.force("press", "temp", to: 95)
    _ = try await eventually("the write") { try simulation.values("press")["valve"] == 1 ? true : nil }

    // The third and fourth time.
    for _ in 0..<2 {
      try simulation.force("press", "temp", to: 20)
      _ = try await eventually("an end") { try watched(site) == nil ? true : nil }
      try simulation.force("press", "temp", to: 95)
      _ = try await eventually("another beginning") { try watched(site) == 50 ? true : nil }
    }
    #expect(try site.fieldgate("alarms", mustSucceed: false).text.contains("CHATTERING: 4 times"))
  }
}
