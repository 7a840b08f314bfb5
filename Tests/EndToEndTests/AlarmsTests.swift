import FieldgateTestKit
import Foundation
import Testing

/// Alarms the whole way: raised by a simulated boiler, acknowledged on the command line, shelved over MQTT, kept over a kill,
/// and shown by central as the gateway has them.
@Suite("Alarms, end to end", .inASiteSlot)
struct AlarmsTests {
  struct Alarm: Decodable {
    var alarm: String
    var state: String
    var underlying: String?
    var acknowledgedBy: String?
    var shelvedBy: String?
    var shelvedUntil: String?
    var shelvedSeconds: Int?
    var comment: String?

    enum CodingKeys: String, CodingKey {
      case alarm, state, underlying, comment
      case acknowledgedBy = "acknowledged_by"
      case shelvedBy = "shelved_by"
      case shelvedUntil = "shelved_until"
      case shelvedSeconds = "shelved_seconds"
    }
  }

  struct AtGateway: Decodable {
    struct Alarms: Decodable { var rules: [Alarm] }
    var alarms: Alarms
  }

  struct AtCentral: Decodable { var states: [Alarm] }

  struct Reply: Decodable {
    var outcome: String
    var reason: String?
    var message: String
    var duplicate: Bool?
  }

  private func atGateway(_ site: Site) throws -> Alarm? {
    let text = try site.fieldgate("alarms", "--json", mustSucceed: false).text
    return try? JSONDecoder().decode(AtGateway.self, from: Data(text.utf8)).alarms.rules.first
  }

  private func atCentral(_ site: Site, _ isExpected: (Alarm) -> Bool) async throws -> Alarm {
    try await eventually("the state at central") {
      let states = try? site.query("/v1/gateways/site/alarms", as: AtCentral.self).states
      return states?.first { $0.alarm == "too_hot" && isExpected($0) }
    }
  }

  private func ask(_ site: Site, _ message: String, _ alarm: String = "too_hot") throws -> Reply {
    let topic = "fieldgate/site/alarms/\(alarm)/set"
    let output = try site.run(
      "mosquitto_rr",
      ["-p", "\(site.brokerPort)", "-t", topic, "-e", topic + "/reply", "-m", message, "-W", "20"])
    return try JSONDecoder().decode(Reply.self, from: Data(output.text.utf8))
  }

  @Test("What people do with an alarm is kept over a kill, and central shows it")
  func wholeWay() async throws {
    let site = try Site()
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    // Active for good, whatever the boiler does.
    var text = try String(contentsOfFile: site.path("gateway.yaml"), encoding: .utf8)
    text = text.replacingOccurrences(of: "above: 85, hysteresis: 2", with: "above: -200")
    try text.write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    try site.startGateway()
    _ = try await eventually("the alarm") {
      try site.fieldgate("alarms", mustSucceed: false).text.contains("ACTIVE  too_hot  high") ? true : nil
    }
    #expect(try await atCentral(site) { $0.state == "unacknowledged" }.acknowledgedBy == nil)

    let done = try site.fieldgate("alarms", "ack", "too_hot", "--comment", "pump exchanged")
    #expect(done.text.contains("too_hot acknowledged by "))
    let user = try #require(try atGateway(site)?.acknowledgedBy)
    let seen = try await atCentral(site) { $0.state == "acknowledged" }
    #expect(seen.acknowledgedBy == user && seen.comment == "pump exchanged")
    let again = try site.fieldgate("alarms", "ack", "too_hot", mustSucceed: false)
    #expect(again.text.contains("is acknowledged by \(user) already"))

    let shelved = try ask(site, #"{"shelve":"2h","by":"anna","id":"s1"}"#)
    #expect(shelved.outcome == "done" && shelved.message == "too_hot shelved for 2 h by anna (mqtt)")
    #expect(try ask(site, #"{"shelve":"2h","by":"anna","id":"s1"}"#).duplicate == true)
    #expect(try ask(site, #"{"shelve":"9d"}"#).reason == "bad-duration")
    #expect(try ask(site, #"{"acknowledge":true}"#, "too_cold").reason == "unknown-alarm")

    site.killGateway()
    try site.startGateway()
    let kept = try await eventually("the state after a kill") { try atGateway(site) }
    #expect(kept.state == "shelved" && kept.underlying == "acknowledged" && kept.acknowledgedBy == user)
    #expect(kept.shelvedBy == "anna (mqtt)" && (1...7_200).contains(kept.shelvedSeconds ?? 0))
    let same = try await atCentral(site) { $0.state == "shelved" }
    #expect(same.underlying == "acknowledged" && same.shelvedBy == "anna (mqtt)" && same.acknowledgedBy == user)
    #expect(same.shelvedUntil == kept.shelvedUntil && same.comment == kept.comment)

    // The way back from central.
    let path = "/v1/gateways/site/alarms/too_hot"
    let asked = try site.curl(path, ["--data", #"{"comment":"seen at central"}"#]).text
    #expect(asked.contains("\"command\":\"") && asked.contains("\"action\":\"comment\""))
    let commented = try await atCentral(site) { $0.comment == "seen at central" }
    #expect(commented.state == "shelved")
    #expect(try site.fieldgate("alarms").text.contains(/@central at [-0-9T:.]+Z: seen at central/))
    _ = try await eventually("the command is answered") {
      try site.curl("/v1/gateways/site/commands").text == #"{"commands":[]}"# ? true : nil
    }
    #expect(try site.curl(path, ["--data", #"{"ack":true}"#]).text.contains("bad-request"))
    #expect(
      try site.curl("/v1/gateways/nobody/alarms/x", ["--data", #"{"acknowledge":true}"#]).text.contains("unknown"))

    try site.fieldgate("alarms", "unshelve", "too_hot")
    #expect(try site.fieldgate("alarms").text.contains("active, acknowledged  too_hot"))
    _ = try await atCentral(site) { $0.state == "acknowledged" }
    let history = try site.fieldgate("alarms", "history", "--since", "1h").text
    #expect(history.contains("too_hot  unshelved"))
    #expect(try site.stopGateway() == .code(0))
    site.stopCentral()
    _ = try site.run(Executable.built("fieldgate-central"), ["verify", "--data", site.path("data")])
  }
}
