import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// The same values from the outbox, from central and from a table must be judged the same.
@Suite("Replays of stored values, end to end", .inASiteSlot)
struct ReplayStoredTests {
  private static let rules = """
    rules:
      - { name: hot, tag: press/temp, above: 80, hysteresis: 5 }
      - { name: odd, tag: press/temp, anomaly: {} }

    """

  private func replay(_ site: Site, _ arguments: [String]) throws -> Site.Output {
    try site.run(
      Executable.built("fieldgate"),
      ["rules", "replay", site.path("gateway.yaml"), "--tag", "press/temp", "--explain"] + arguments,
      mustSucceed: false)
  }

  private func central(_ site: Site, certificate name: String = "operator") -> [String] {
    ["--from-central", "--certificate", site.path("tls/\(name).pem"), "--key", site.path("tls/\(name).key")]
  }

  private func rows(_ output: Site.Output) -> [Substring] {
    output.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  @Test("Values of the outbox, the same at central, and the same in a table raise the same alarm at the same row")
  func wholeWay() async throws {
    let simulation = try Simulation(tcp: [
      (
        "plc",
        [
          SimulatedDevice(
            name: "press", unit: 1,
            tags: [
              SimulatedTag("temp", .holdingRegister, 0, .int16, .constant(205)),
              SimulatedTag("noise", .holdingRegister, 1, .int16, .constant(10)),
            ])
        ]
      )
    ])
    defer { simulation.stop() }
    let site = try Site()
    site.ownSections =
      Site.sections(
        Site.tcp(simulation), device: "press", every: "50ms",
        ["name: temp, holding: 0, type: int16, scale: 0.1", "name: noise, holding: 1, type: int16"])
      + "\n" + Self.rules
    // For its port only.
    try await site.startCentral()
    site.stopCentral()
    try site.startBroker()
    try site.writeConfiguration()
    var text = try String(contentsOfFile: site.path("gateway.yaml"), encoding: .utf8)
    text = text.replacingOccurrences(of: "batch-interval: 1s", with: "batch-interval: 1s\n  offline-batch-interval: 1s")
    try text.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    try site.startGateway()
    try await site.isGood("press")
    _ = try await eventually("two batches") {
      (site.status()?.outbox.lanes["telemetry"]?.batches ?? 0) >= 2 ? true : nil
    }

    try simulation.force("press", "temp", to: 900)
    _ = try await eventually("the alarm") {
      try site.fieldgate("alarms", mustSucceed: false).text.contains("hot") ? true : nil
    }
    simulation.stop()
    _ = try await eventually("bad values, and what is not cut") {
      let isBad = try replay(site, ["--from-outbox"]).text.split(separator: "\n").suffix(3).allSatisfy {
        $0.contains(",,0,")
      }
      return isBad && (site.status()?.outbox.lanes["telemetry"]?.frames ?? 0) > 0 ? true : nil
    }

    // All of it, cut and not cut yet; it grows at its end only.
    let all = try replay(site, ["--from-outbox"])
    #expect(all.status == 0 && all.errors.contains("hot: raised once"), "\(all.errors)")
    let last = try #require(rows(all).last?.split(separator: ",").first)
    let outbox = try replay(site, ["--from-outbox", "--to", String(last)])
    #expect(Array(rows(all).dropLast()) == rows(outbox))
    let raised = rows(outbox).filter { $0.contains("raised hot") }
    #expect(raised.count == 1 && raised.first?.contains(",90,0,") == true, "\(raised)")
    #expect(rows(outbox).filter { $0.contains(",20.5,0,") }.count > 10)

    // A table of the same values.
    let table = site.path("values.csv")
    try outbox.text.write(toFile: table, atomically: true, encoding: .utf8)
    let command =
      try "\(Executable.built("fieldgate")) rules replay \(site.path("gateway.yaml")) --tag press/temp --explain"
    let fromTable = try site.run("/bin/sh", ["-c", "\(command) < \(table)"])
    #expect(fromTable.text == outbox.text)

    // Central, once it has them.
    let away = try replay(site, central(site))
    #expect(away.status == 1 && away.errors.contains("is refused: check that central runs there"), "\(away.errors)")
    try await site.startCentral()
    try await site.drained()
    let fromCentral = try replay(site, central(site) + ["--to", String(last)])
    #expect(fromCentral.text == outbox.text, "\(fromCentral.errors)")
    #expect(fromCentral.errors.contains("hot: raised once"))
    let json = try replay(site, central(site) + ["--json", "--from", String(last)])
    #expect(json.errors.contains(#""bad_rows":"#) && json.text.hasPrefix(#"{"timestamp":"\#(last)","value":null"#))

    // Who may not, and what is not there.
    let forbidden = try replay(site, central(site, certificate: "site"))
    #expect(forbidden.status == 1 && forbidden.errors.contains("(403)"), "\(forbidden.errors)")
    let nothing = try replay(site, central(site) + ["--to", "2020-01-01T00:00:00Z"])
    #expect(nothing.status == 1 && nothing.errors.contains("there is no value of press/temp in this time"))
    _ = try site.stopGateway()
    let silent = try replay(site, ["--from-outbox"])
    #expect(silent.status == 1 && silent.errors.contains("fieldgated does not answer"), "\(silent.errors)")
  }

  @Test("An operator's token opens a central that has accounts; another does not")
  func token() async throws {
    let site = try Site()
    try site.startBroker()
    try await site.startOwnCentral()
    try site.writeConfiguration(hasCentral: false)
    try site.enroll(try site.ticket())
    try site.startGateway()
    try await site.everyDeviceAtCentral()
    func replay(token: String) throws -> Site.Output {
      _ = try site.temporary.write("token", token + "\n")
      return try site.run(
        Executable.built("fieldgate"),
        [
          "rules", "replay", site.path("gateway.yaml"), "--tag", "boiler/supply_temp", "--from-central", "--token-file",
          site.path("token"),
        ], mustSucceed: false)
    }
    let output = try replay(token: try #require(site.operatorToken))
    #expect(
      output.status == 0 && rows(output).count > 1 && output.errors.contains("too_hot: raised"), "\(output.errors)")
    let wrong = try replay(token: "of-nobody")
    #expect(wrong.status == 1 && wrong.errors.contains("central does not let you read values (401)"), "\(wrong.errors)")
    #expect(wrong.errors.contains("--token-file"))
  }
}
