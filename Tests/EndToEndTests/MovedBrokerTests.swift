import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// A reload that names another broker, or the same one under another name.
@Suite("A broker that moves", .inASiteSlot)
struct MovedBrokerTests {
  private let simulation: Simulation
  private let site: Site

  init() async throws {
    let tags = [SimulatedTag("level", .holdingRegister, 0, .uint16, .constant(7))]
    simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "tank", unit: 1, tags: tags)])])
    site = try Site()
    site.brokerSection = Self.section("127.0.0.1", site.brokerPort)
    let sections = Site.sections(Site.tcp(simulation), device: "tank", ["name: level, holding: 0, writable: true"])
    try await site.startWithoutCentral(sections, device: "tank")
    _ = try await eventually("the retained messages") {
      Self.topics.isSubset(of: try retained(site.brokerPort).keys) ? true : nil
    }
  }

  private static let topics: Set = [
    "fieldgate/site/status", "fieldgate/site/status/tank", "fieldgate/site/tank", "fieldgate/site/tank/level",
    "homeassistant/number/fieldgate-site/tank-2flevel/config",
  ]

  private static func section(_ host: String, _ port: Int) -> String {
    "{ host: \(host), port: \(port), publish: both, retain: true, home-assistant: true }"
  }

  private func retained(_ port: Int) throws -> [String: String] { try site.retained("#", port: port) }

  private func move(to host: String, _ port: Int) throws {
    site.brokerSection = Self.section(host, port)
    try site.writeConfiguration(hasCentral: false)
    #expect(try site.fieldgate("reload").text.hasSuffix("applied\n"))
  }

  @Test(
    "At another broker everything is told anew; the old one says that we stopped, and the manual's command clears it"
  )
  func anotherBroker() async throws {
    defer { simulation.stop() }
    let port = try FreePort.find()
    try site.temporary.write(
      "second.conf", "user root\npersistence false\nlistener \(port) 127.0.0.1\nallow_anonymous true\n")
    let second = try ChildProcess("mosquitto", ["-c", site.path("second.conf")])
    defer { second.kill() }
    _ = try await eventually("the second broker") { second.standardError.contains(" running") ? true : nil }
    try move(to: "127.0.0.1", port)
    _ = try await eventually("everything at the new broker") {
      let messages = try retained(port)
      let isOnline = messages["fieldgate/site/status"]?.contains("\"state\":\"online\"") == true
      return isOnline && Self.topics.isSubset(of: messages.keys) ? true : nil
    }
    let old = try retained(site.brokerPort)
    #expect(old["fieldgate/site/status"]?.contains("\"state\":\"stopped\"") == true, "\(old)")
    #expect(Self.topics.isSubset(of: old.keys), "they stay, as docs/mqtt.md says")
    // docs/mqtt.md, "When the broker moves".
    let clearing = try ChildProcess(
      "mosquitto_sub",
      [
        "-h", "127.0.0.1", "-p", "\(site.brokerPort)", "--remove-retained", "--retained-only", "-W", "3", "-t",
        "fieldgate/site/#", "-t", "homeassistant/+/fieldgate-site/+/config",
      ])
    _ = try clearing.wait(timeout: .seconds(20))
    #expect(try retained(site.brokerPort).isEmpty)
    // Commands come from the new broker.
    let command = "fieldgate/site/tank/set"
    let sender = try ChildProcess(
      "mosquitto_pub", ["-h", "127.0.0.1", "-p", "\(port)", "-t", command, "-m", #"{"level":9}"#, "-q", "1"])
    _ = try sender.output()
    _ = try await eventually("the command") { try simulation.values("tank")["level"] == 9 ? true : nil }
  }

  @Test("The same broker under another name keeps all it has, and ends with what is true")
  func anotherName() async throws {
    defer { simulation.stop() }
    try move(to: "localhost", site.brokerPort)
    _ = try await eventually("the connection under the other name") {
      try site.fieldgate("status").text.contains("broker   connected") ? true : nil
    }
    _ = try await eventually("what is true") {
      let messages = try retained(site.brokerPort)
      let isOnline = messages["fieldgate/site/status"]?.contains("\"state\":\"online\"") == true
      return isOnline && Self.topics.isSubset(of: messages.keys) ? true : nil
    }
    #expect(try site.ask(#"{"level":5}"#, device: "tank").outcome == "done")
  }
}
