import FieldgateTestKit
import Foundation
import GatewayConfiguration
import GatewayCore
import RuleEngine
import Telemetry
import Testing
import YAMLParser

/// A detector needs hours before it says anything (docs/anomalies.md), so the daemon takes up the state of one that has
/// watched for days, as it does after a restart; the rest of the way is real.
@Suite("Anomalies, end to end", .inASiteSlot)
struct AnomalyTests {
  private static let rule = "  - { name: odd, tag: press/temp, anomaly: { learn: 0s, hold-off: 0s, clear-after: 1h } }"

  /// Three days with a value each five minutes: 20.0 to 22.0 °C.
  private func learn(_ site: Site) throws {
    let text = try site.temporary.read("gateway.yaml")
    let settings = try #require(GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8))).settings)
    var rules = RuleEngine(rules: settings.rules)
    let tags = settings.catalogue.devices[0].tags
    let start = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000) - 3 * 86_400_000)
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    let samples = 3 * 288
    for index in 0..<samples {
      let passed = Duration.seconds(300 * index)
      now = MonotonicTime(nanoseconds: 1_000_000_000) + passed
      let readings = [Reading(.integer(200 + Int64(index * 8 % 21)))]
      _ = rules.step(scan: DeviceScan(device: 0, time: start + passed, readings: readings), tags: tags, now: now)
    }
    #expect(rules.learning(0)?.phase == "settling" && rules.activeAlarms.isEmpty)
    let state = SavedState(
      wall: start + .seconds(300 * samples), monotonic: now, boot: "another", sections: ["rules": rules.saved(now: now)]
    )
    try Data(state.encoded()).write(to: URL(fileURLWithPath: site.path("outbox/state")))
  }

  private func raisings(_ site: Site) throws -> Int {
    try site.fieldgate("alarms", "history").text.split(separator: "\n").count { $0.contains("odd  raised") }
  }

  private func scans(_ site: Site, _ count: Int) async throws {
    let before = try #require(site.status()).counters.scans
    _ = try await eventually("\(count) scans") { (site.status()?.counters.scans ?? 0) >= before + count ? true : nil }
  }

  @Test(
    "What was never seen raises the alarm with its words; called normal, it raises none again, but something else does")
  func normal() async throws {
    let simulation = try Simulation(tcp: [
      (
        "plc",
        [
          SimulatedDevice(
            name: "press", unit: 1, tags: [SimulatedTag("temp", .holdingRegister, 0, .int16, .constant(210))])
        ]
      )
    ])
    defer { simulation.stop() }
    let site = try Site()
    site.ownSections =
      Site.sections(
        Site.tcp(simulation), device: "press", every: "50ms",
        ["name: temp, holding: 0, type: int16, scale: 0.1, unit: °C"]) + "\nrules:\n" + Self.rule
    try site.startBroker()
    try site.writeConfiguration(hasCentral: false)
    try learn(site)
    try site.startGateway()
    try await site.isGood("press")
    // Values as they were for days, now many a second.
    try await scans(site, 40)
    #expect(try raisings(site) == 0)

    try simulation.force("press", "temp", to: 300)
    let shown = try await eventually("the alarm") {
      let text = try site.fieldgate("alarms", mustSucceed: false).text
      return text.contains("ACTIVE  odd") ? text : nil
    }
    #expect(
      shown.contains("press/temp 30 °C; not seen before, nearest known 22 °C, usual range 20 to 22 °C"), "\(shown)")
    try simulation.force("press", "temp", to: 210)
    let normal = try site.fieldgate("alarms", "normal", "odd", "--comment", "a test run")
    #expect(normal.text.contains("odd"))
    _ = try await eventually("no alarm") {
      try site.fieldgate("alarms", mustSucceed: false).text.contains("no alarms; all 1 are normal") ? true : nil
    }
    #expect(try site.fieldgate("alarms", "history").text.contains("this is normal: a test run"))

    let before = try raisings(site)
    try simulation.force("press", "temp", to: 300)
    try await scans(site, 40)
    #expect(try raisings(site) == before, "30 °C is normal now")
    // Also after a restart.
    #expect(try site.stopGateway() == .code(0))
    try site.startGateway()
    try await site.isGood("press")
    try await scans(site, 40)
    #expect(try raisings(site) == 0)
    try simulation.force("press", "temp", to: 900)
    _ = try await eventually("another alarm") {
      try site.fieldgate("alarms", mustSucceed: false).text.contains("press/temp 90 °C; not seen before") ? true : nil
    }
  }
}
