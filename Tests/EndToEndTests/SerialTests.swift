import FieldgateTestKit
import Foundation
import Testing

@Suite("Serial sensors from port to central", .inASiteSlot)
struct SerialTests {
  struct Message {
    var quality: String
    var values: [String: Any]
    var reasons: [String: String]
  }

  private func newest(_ site: Site, _ device: String) throws -> Message {
    let output = try site.run(
      "mosquitto_sub",
      ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/\(device)", "-C", "1", "-W", "10", "-F", "%p"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(output.text.utf8)) as? [String: Any])
    return Message(
      quality: object["quality"] as? String ?? "", values: object["values"] as? [String: Any] ?? [:],
      reasons: object["reasons"] as? [String: String] ?? [:])
  }

  @Test("Lines with noise, a scale, sentences and SDI-12 reach MQTT and central; a pulled plug is bad, and back good")
  func wholeWay() async throws {
    let site = try Site()
    var servers: [SerialSensorServer] = []
    defer { for server in servers { server.stop() } }
    var buses = ""
    var devices = ""
    for kind in [SerialSensorKind.lines, .scale, .nmea, .sdi12] {
      let link = site.path("serial-\(kind.rawValue)")
      servers.append(try SerialSensorServer(kind, link: link, every: .milliseconds(200)))
      let parts = SerialSensorServer.configuration(kind, link: link, every: "500ms").components(
        separatedBy: "devices:\n")
      buses += parts[0].replacingOccurrences(of: "buses:\n", with: "")
      devices += parts[1]
    }
    servers[0].setFault(.noise)
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    let plant = try String(contentsOfFile: site.path("gateway.yaml"), encoding: .utf8)
    try plant.replacingOccurrences(of: "devices:\n", with: "\(buses)devices:\n\(devices)")
      .write(toFile: site.path("gateway.yaml"), atomically: true, encoding: .utf8)
    let checked = try site.fieldgate("check", site.path("gateway.yaml"))
    #expect(checked.text.contains("6 buses"), "\(checked.text)")
    try site.startGateway()
    let names = ["room", "scale", "station", "soil-0", "soil-1", "soil-2"]
    _ = try await eventually("good values of each sensor at central") {
      let values = try? site.query("/v1/gateways/\(site.gatewayName)/latest", as: Site.Latest.self).values
      let good = Set((values ?? []).filter { $0.quality == "good" }.map { String($0.tag.prefix { $0 != "/" }) })
      return names.allSatisfy(good.contains) ? true : nil
    }
    // A poll may time out when the machine is busy, so a device is given more than one message to be good in.
    for name in names {
      _ = try await eventually("a good message of \(name)") { try newest(site, name).quality == "good" ? true : nil }
    }
    #expect(try newest(site, "station").values["latitude"] as? Double == 48.1173)
    let status = try site.fieldgate("status").text
    #expect(status.contains("ACME SOIL00 100 n0 (SDI-12 1.4)") && status.contains("of no device"), "\(status)")

    servers[0].unplug()
    _ = try await eventually("the room to be bad") {
      let room = try newest(site, "room")
      return room.reasons["temperature"] == "bus down" ? true : nil
    }
    servers[0].setFault(nil)
    servers[0].plugIn()
    _ = try await eventually("the room to be good again") { try newest(site, "room").quality == "good" ? true : nil }
    #expect(try site.stopGateway() == .code(0))
  }
}
