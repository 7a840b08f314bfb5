import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// Texts of registers and of serial lines, from the device to whoever reads them.
@Suite("Texts from device to central", .inASiteSlot)
struct TextTests {
  private static let title = "Nr. 5, \"Nord\""

  private struct Message: Decodable {
    var quality: String
    var values: [String: String?]
    var reasons: [String: String]?

    init(_ text: String) throws { self = try JSONDecoder().decode(Self.self, from: Data(text.utf8)) }
  }

  private struct Samples: Decodable {
    struct Sample: Decodable {
      var time: String
      var value: String?
      var quality: String
    }
    var samples: [Sample]
  }

  private func message(_ site: Site, _ device: String) throws -> Message {
    try Message(try site.next("fieldgate/site/\(device)"))
  }

  private func samples(_ site: Site, _ tag: String) throws -> [Samples.Sample] {
    try site.query("/v1/gateways/site/samples?tag=\(tag)&limit=100000", as: Samples.self).samples
  }

  private func csv(_ site: Site, _ tag: String) throws -> [Substring] {
    try site.curl("/v1/gateways/site/samples?tag=\(tag)&format=csv&limit=100000", ["--fail"]).text
      .split(separator: "\n")
  }

  private func latest(_ site: Site, _ tag: String) throws -> String? {
    struct Latest: Decodable {
      struct Value: Decodable {
        var tag: String
        var value: String?
      }
      var values: [Value]
    }
    return try site.query("/v1/gateways/site/latest", as: Latest.self).values.first { $0.tag == tag }?.value
  }

  @Test("Strings of registers reach MQTT, command line, outbox over a kill, and both forms of central's answers")
  func registers() async throws {
    let tags = [
      SimulatedTag("serial", .holdingRegister, 0, text: "SN-0042", registers: 8, encoding: .ascii),
      SimulatedTag("title", .inputRegister, 0, text: Self.title, registers: 10, order: .bigLittle),
      SimulatedTag("place", .holdingRegister, 8, text: "Kühlhaus Süd", registers: 8, encoding: .latin1),
      SimulatedTag("broken", .holdingRegister, 16, text: "Wärme", registers: 4, encoding: .latin1),
      SimulatedTag("batch", .holdingRegister, 20, text: "", registers: 6),
    ]
    let device = SimulatedDevice(name: "cooler", unit: 1, tags: tags)
    let simulation = try Simulation(tcp: [("plc", [device])])
    defer { simulation.stop() }
    let site = try Site()
    site.ownSections = simulation.configuration(every: "200ms").yaml
      .replacing("name: broken, holding: 16, type: string, length: 4, encoding: latin-1", with: Self.broken)
      .replacing("name: batch,", with: "name: batch, writable: true,")
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    site.stopCentral()
    try site.startGateway()
    _ = try await eventually("scans in the outbox") { holds(site, moreThan: 10) }
    let now = try message(site, "cooler")
    #expect(now.values["serial"] == "SN-0042" && now.values["title"] == Self.title)
    #expect(now.values["place"] == "Kühlhaus Süd" && now.values["batch"] == "")
    #expect(now.values["broken"] == .some(nil) && now.reasons == ["broken": "undecodable value"])
    let page = try site.fieldgate("values", "cooler").text
    #expect(page.contains(Self.title) && page.contains("Kühlhaus Süd") && page.contains("broken —"), "\(page)")
    let read = try site.fieldgate("read", "plc", "1", "holding", "0", "--type", "string", "--count", "8").text
    #expect(read.hasSuffix("  \"SN-0042\"\n"), "\(read)")

    let written = try site.fieldgate("write", "cooler/batch", "Süd \"7\"", "--yes").text
    #expect(written.contains("cooler/batch: done") && written.contains("was \"\", is \"Süd \"7\"\""), "\(written)")
    #expect(try site.ask(#"{"batch":"far too long a text"}"#, device: "cooler").reason == "wrong-type")
    _ = try await eventually("the text that was written") {
      try message(site, "cooler").values["batch"] == "Süd \"7\"" ? true : nil
    }
    let samples = try #require(site.status()).outbox.samples
    _ = try await eventually("it in the outbox") { holds(site, moreThan: samples + 10) }
    site.killGateway()
    try await site.startCentral()
    try site.startGateway()
    _ = try await eventually("the text at central") {
      (try? latest(site, "cooler/batch")) == "Süd \"7\"" ? true : nil
    }

    let batches = try samplesOf(site, "cooler/batch")
    #expect(batches == ["", "Süd \"7\""], "\(batches)")
    #expect(try samplesOf(site, "cooler/title") == [Self.title])
    #expect(try samplesOf(site, "cooler/broken") == [nil])
    #expect(try csv(site, "cooler/title").dropFirst().allSatisfy { $0.hasSuffix(#","Nr. 5, ""Nord""",good,"#) })
    #expect(try csv(site, "cooler/batch").contains { $0.hasSuffix(#","Süd ""7""",good,"#) })
    #expect(try csv(site, "cooler/broken").dropFirst().allSatisfy { $0.hasSuffix(",,bad,undecodable value") })
    #expect(try latest(site, "cooler/place") == "Kühlhaus Süd")
    #expect(try site.stopGateway() == .code(0))
    site.stopCentral()
    #expect(try site.verifyCentral().problems == [])
  }

  private func holds(_ site: Site, moreThan samples: Int) -> Bool? {
    site.status().map { $0.outbox.samples > samples } == true ? true : nil
  }

  /// The gateway takes for ASCII what is none.
  private static let broken = "name: broken, holding: 16, type: string, length: 4, encoding: ascii"

  /// The different values of a tag at central, in the order in which they came.
  private func samplesOf(_ site: Site, _ tag: String) throws -> [String?] {
    let samples = try samples(site, tag)
    #expect(!samples.isEmpty)
    return samples.reduce(into: []) { if $0.last != .some($1.value) { $0.append($1.value) } }
  }

  @Test("Texts of a serial line reach MQTT and central as they were sent")
  func lines() async throws {
    let site = try Site()
    let link = site.path("port")
    let sensor = try SerialSensorServer(.csv, link: link)
    defer { sensor.stop() }
    site.ownSections = """
      buses:
        - { name: port, type: serial-lines, device: \(link) }
      devices:
        - name: analyser
          bus: port
          format: json
          stale-after: 1min
          tags:
            - { name: state, type: string }
            - { name: sample, type: string }
      """
    try site.startBroker()
    try await site.startCentral()
    try site.writeConfiguration()
    try site.startGateway()
    let listener = try await site.subscriber("fieldgate/site/analyser")
    for (state, sample) in [("läuft", "A,1"), ("steht", "B \"2\"; µ")] {
      let line = String(
        decoding: try JSONSerialization.data(withJSONObject: ["state": state, "sample": sample]), as: UTF8.self)
      // Until the port is open, nobody hears it.
      let seen = try await eventually("the message of \(state)") { () -> Message? in
        sensor.say(line + "\r\n")
        let message = try site.messages(listener).last.map(Message.init)
        return message?.values["state"] == state ? message : nil
      }
      #expect(seen.quality == "good" && seen.values == ["state": state, "sample": sample])
      _ = try await eventually("it at central") { (try? latest(site, "analyser/sample")) == sample ? true : nil }
    }
    #expect(try samplesOf(site, "analyser/state") == ["läuft", "steht"])
    #expect(try csv(site, "analyser/sample").contains { $0.hasSuffix(#","B ""2""; µ",good,"#) })
    #expect(try site.fieldgate("values", "analyser").text.contains("steht"))
  }
}
