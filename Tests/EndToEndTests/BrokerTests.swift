import FieldgateTestKit
import Foundation
import Testing

/// A broker as people run it elsewhere: TLS, certificates, passwords, rules; one topic a tag, retained, with a deadband.
@Suite("A broker with everything turned on", .inASiteSlot)
struct BrokerTests {
  static let deadband = 0.5

  private func makeSite() throws -> Site {
    let site = try Site()
    try site.run("mosquitto_passwd", ["-b", "-c", site.path("users"), "site", "right"])
    try site.run("mosquitto_passwd", ["-b", site.path("users"), "reader", "too"])
    try site.temporary.write("password", "right\n")
    try site.temporary.write(
      "rules",
      """
      user site
      topic write fieldgate/site/#
      topic read fieldgate/site/+/set
      topic write homeassistant/+/fieldgate-site/+/config
      topic read homeassistant/status
      user reader
      topic read #
      topic write homeassistant/status

      """)
    site.brokerRules = """
      allow_anonymous false
      password_file \(site.path("users"))
      acl_file \(site.path("rules"))
      cafile \(site.path("tls/ca.pem"))
      certfile \(site.path("tls/central.pem"))
      keyfile \(site.path("tls/central.key"))
      require_certificate true
      """
    site.brokerSection = """
      { host: localhost, port: \(site.brokerPort), user: site, password-file: \(site.path("password")),
              tls: { authority: \(site.path("tls/ca.pem")), certificate: \(site.path("tls/site.pem")), key: \(site.path("tls/site.key")) },
              publish: per-tag, retain: true, qos: 1, deadband: \(Self.deadband), heartbeat: 1h, home-assistant: true }
      """
    return site
  }

  /// What a subscriber with a certificate of its own sees within some seconds.
  private func receive(_ site: Site, _ topic: String, seconds: Int, _ more: [String]) throws -> [Substring] {
    let arguments = [
      "-h", "localhost", "-p", "\(site.brokerPort)", "-u", "reader", "-P", "too", "--cafile", site.path("tls/ca.pem"),
      "--cert", site.path("tls/operator.pem"), "--key", site.path("tls/operator.key"), "-t", topic, "-F", "%t %p", "-W",
      "\(seconds)",
    ]
    let subscriber = try ChildProcess("mosquitto_sub", arguments + more)
    _ = try subscriber.wait(timeout: .seconds(30))
    return subscriber.drainedOutput.split(separator: "\n").map { $0 }
  }

  private func retained(_ site: Site, _ topic: String) throws -> [Substring] {
    try receive(site, topic, seconds: 2, ["--retained-only"])
  }

  struct TagMessage: Decodable {
    var value: Double?
    var quality: String
    var unit: String?
  }

  private func decoded(_ line: Substring) throws -> TagMessage {
    try JSONDecoder().decode(TagMessage.self, from: Data(line.drop { $0 != "{" }.utf8))
  }

  @Test("Values, announcements and removals reach a subscriber over TLS, and the outbox stays whole")
  func everything() async throws {
    let site = try makeSite()
    try await site.startAll()
    let tags = try Self.tags(site)
    let status = try site.fieldgate("status").text
    #expect(status.contains("(MQTT 5, TLS)") && status.contains("messages published"), "\(status)")
    _ = try await eventually("a retained value of each tag") {
      try retained(site, "fieldgate/site/+/+").count { !$0.contains("/status/") && !$0.contains("/alarms/") } == tags
        ? true : nil
    }
    #expect(try retained(site, "fieldgate/site/status/+").count { $0.hasSuffix(" online") } == Site.devices.count)
    let messages = try receive(site, "fieldgate/site/boiler/supply_temp", seconds: 20, ["-C", "6"]).map {
      try decoded($0)
    }
    #expect(messages.count == 6 && messages.allSatisfy { $0.unit == "°C" && $0.quality == "good" })
    let values = try messages.map { try #require($0.value) }
    // Ten seconds after a connection all states are told once more, for Home Assistant.
    #expect(zip(values, values.dropFirst()).count { abs($1 - $0) <= Self.deadband } <= 1, "\(values)")
    // Of the scan counter, which always moves, as of a value that seldom does, central gets every scan.
    let counts = try site.scanCounts("boiler").map(\.count)
    #expect(counts.count > 5 && zip(counts, counts.dropFirst()).allSatisfy { $1 == $0 + 1 })

    let entities = try retained(site, "homeassistant/+/fieldgate-site/+/config")
    #expect(entities.count == tags + 3)
    #expect(entities.contains { $0.hasPrefix("homeassistant/sensor/fieldgate-site/boiler-2fsupply_temp/config {") })

    _ = try site.stopGateway()
    site.leftOut = { $0.contains("name: return_temp,") }
    try site.writeConfiguration()
    try site.startGateway()
    let gone = ["homeassistant/sensor/fieldgate-site/boiler-2freturn_temp/config", "fieldgate/site/boiler/return_temp"]
    _ = try await eventually("the removed tag to go") {
      try gone.allSatisfy { try retained(site, $0).isEmpty } ? true : nil
    }
    #expect(try retained(site, "homeassistant/+/fieldgate-site/+/config").count == tags + 2)
  }

  @Test("A broker that stands still costs no memory, and afterwards what it retains is what there is now")
  func frozenBroker() async throws {
    let site = try Site(every: "20ms")
    site.brokerSection = """
      { host: 127.0.0.1, port: \(site.brokerPort), publish: per-tag, retain: true, qos: 1, payload: plain, messages-per-second: 20000 }
      """
    try await site.startAll()
    _ = try await eventually("the connection's queue to be full") { () -> Bool? in
      site.broker?.signal(SIGSTOP)
      return try counters(site)["queue full"].map { $0 > 0 } == true ? true : nil
    }
    let memory = try site.memory()
    let replaced = try counters(site)["replaced"] ?? 0
    _ = try await eventually("5,000 more values to be overtaken", timeout: .seconds(60)) {
      try counters(site)["replaced"].map { $0 > replaced + 5_000 } == true ? true : nil
    }
    #expect(try site.memory() < memory + 3_000)
    // Nothing moves any more, so that what is newest can be compared.
    site.stopSensors()
    site.broker?.signal(SIGCONT)
    _ = try await eventually("all that waited to be told") {
      try broker(site).waitingTopics == 0 && broker(site).state == "connected" ? true : nil
    }
    let child = try ChildProcess(
      "mosquitto_sub",
      ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/press/+", "-F", "%t %p", "--retained-only", "-W", "2"])
    _ = try child.wait(timeout: .seconds(30))
    let lines = child.drainedOutput.split(separator: "\n")
    #expect(!lines.isEmpty)
    // The sensors are gone: null is the truth, and every retained topic has come to it.
    #expect(lines.allSatisfy { $0.hasSuffix(" null") }, "\(lines)")
  }

  private struct BrokerState: Decodable {
    var state: String
    var waitingTopics: Int

    enum CodingKeys: String, CodingKey {
      case state
      case waitingTopics = "waiting_topics"
    }
  }

  private struct Answer: Decodable {
    struct Counters: Decodable { var messages: [String: Int] }
    var broker: BrokerState
    var counters: Counters
  }

  private func answer(_ site: Site) throws -> Answer {
    let output = try site.fieldgate("status", "--json").text
    return try #require(try JSONDecoder().decode([String: Answer].self, from: Data(output.utf8))["status"])
  }

  private func broker(_ site: Site) throws -> BrokerState { try answer(site).broker }
  private func counters(_ site: Site) throws -> [String: Int] { try answer(site).counters.messages }

  @Test("A wrong password is said by name, and the right one in the file is enough to go on")
  func wrongPassword() async throws {
    let site = try makeSite()
    try site.temporary.write("password", "wrong\n")
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    try site.startGateway()
    _ = try await eventually("the status to say so") {
      let text = (try? site.fieldgate("status").text) ?? ""
      return text.contains("Look at the password of user 'site'") ? true : nil
    }
    try site.temporary.write("password", "right\n")
    _ = try await eventually("a connection") {
      try site.fieldgate("status").text.contains("broker   connected") ? true : nil
    }
  }

  private static func tags(_ site: Site) throws -> Int {
    struct Check: Decodable { var tags: Int }
    let output = try site.fieldgate("check", "--json", site.path("gateway.yaml")).text
    return try JSONDecoder().decode(Check.self, from: Data(output.utf8)).tags
  }
}
