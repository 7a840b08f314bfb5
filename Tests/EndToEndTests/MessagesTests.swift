import FieldgateTestKit
import Foundation
import Testing

@Suite("What others see of a gateway", .inASiteSlot)
struct MessagesTests {
  struct Message: Decodable {
    var time: String
    var quality: String
  }

  @Test("mosquitto_sub sees scans, the retained status and alarms, and the last will of a killed daemon")
  func messages() async throws {
    let site = try Site()
    try await site.startAll()
    let alarms = try site.run(
      "mosquitto_sub",
      ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/alarms/too_hot", "-C", "3", "-W", "20", "-F", "%r %p"])
    // The first is the retained state; then the alarm goes on and off with the boiler's period.
    let lines = alarms.text.split(separator: "\n")
    #expect(lines.first?.hasPrefix("1 ") == true)
    #expect(lines.contains { $0.contains("\"active\":true") } && lines.contains { $0.contains("\"active\":false") })

    let scans = try site.run(
      "mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/+", "-C", "20", "-W", "20", "-F", "%t %p"])
    for device in Site.devices { #expect(scans.text.contains("fieldgate/site/\(device) {")) }
    let press = try #require(scans.text.split(separator: "\n").first { $0.contains("/press ") })
    let body = Data(press.drop { $0 != "{" }.utf8)
    #expect(try JSONDecoder().decode(Message.self, from: body).quality == "good")
    #expect(scans.text.contains("\"state\":\"online\""))

    site.killGateway()
    let will = try await eventually("the last will") {
      let output = try site.run(
        "mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/status", "-C", "1", "-W", "5"])
      return output.text.contains("offline") ? output.text : nil
    }
    #expect(will.contains("\"state\":\"offline\""))
    try site.startGateway()
    _ = try await eventually("the status after a restart") {
      try site.run("mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/status", "-C", "1", "-W", "5"])
        .text.contains("online") ? true : nil
    }
    #expect(try site.stopGateway() == .code(0))
    let stopped = try site.run(
      "mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/status", "-C", "1", "-W", "5"])
    #expect(stopped.text.contains("\"state\":\"stopped\""))
  }

  @Test("The command line shows status, values and live values, as text and as JSON, and says what is wrong")
  func commandLine() async throws {
    let site = try Site()
    let absent = try site.fieldgate("status", mustSucceed: false)
    #expect(absent.status != 0 && absent.errors.contains("is not running"))
    try await site.startAll()
    let status = try site.fieldgate("status").text
    #expect(status.contains("central  online") && status.contains("broker   connected") && status.contains("too_hot"))
    let tail = try site.fieldgate("tail", "press/parts", "boiler", "--limit", "4").text
    let lines = tail.split(separator: "\n").filter { !$0.contains("ALARM") }
    #expect(lines.count == 4)
    #expect(lines.allSatisfy { $0.contains("press  parts ") || $0.contains("boiler  ") })
    let json = try site.fieldgate("tail", "--json", "--limit", "1").text
    #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
    let typo = try site.fieldgate("tail", "pres", mustSucceed: false)
    #expect(typo.status != 0 && typo.errors.contains("did you mean 'press'?"))
    let good = try site.fieldgate("check", site.path("gateway.yaml"))
    #expect(good.text.contains("good: gateway site, 2 buses, 7 devices"))
    let bad = try site.fieldgate("check", "--json", site.path("mosquitto.conf"), mustSucceed: false)
    #expect(bad.status == 1 && bad.text.contains("\"good\":false"))
  }

  @Test("A second daemon on the same outbox or socket is refused, and the first goes on")
  func secondDaemon() async throws {
    let site = try Site()
    try await site.startAll()
    let second = try ChildProcess(Executable.built("fieldgated"), ["--configuration", site.path("gateway.yaml")])
    #expect(try second.wait() == .code(74))
    #expect(second.drainedError.contains("held by another fieldgated"))
    #expect(site.status() != nil)
  }

  @Test("Central answers health and metrics in Prometheus' format")
  func metrics() async throws {
    let site = try Site()
    try await site.startAll()
    let base = "http://127.0.0.1:\(site.metricsPort)"
    #expect(try site.run("curl", ["-s", "--fail", base + "/healthz"]).text == #"{"status":"ok"}"#)
    let text = try site.run("curl", ["-s", "--fail", base + "/metrics"]).text
    #expect(text.contains("fieldgate_central_gateways 1\n"))
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ")
      #expect(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
    }
  }
}
