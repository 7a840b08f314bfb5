import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// Writes while something else happens: each is answered once, and the answer is what the device holds.
@Suite("Writes in trouble", .inASiteSlot)
struct TroubledWriteTests {
  private static func tags(_ count: Int) -> [SimulatedTag] {
    (0..<count).map { SimulatedTag("r\($0)", .holdingRegister, UInt16($0), .uint16, .constant(7)) }
  }

  private static func tagLines(_ count: Int, _ more: String = "") -> [String] {
    (0..<count).map { "name: r\($0), holding: \($0), writable: true\(more)" }
  }

  // MARK: Reloads

  private func reload(_ site: Site, to sections: String) throws {
    site.ownSections = sections
    try site.writeConfiguration(hasCentral: false)
    let output = try site.fieldgate("reload", mustSucceed: false)
    #expect(output.status == 0 && output.text.hasSuffix("applied\n"), "\(output.text)")
  }

  @Test("Writes during reloads of every kind are answered once each, and with what then stands in the device")
  func duringReloads() async throws {
    let simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "pump", unit: 1, tags: Self.tags(16))])])
    defer { simulation.stop() }
    // So that most of a burst still waits when the reload comes.
    try simulation.setFault(Fault(.delay(milliseconds: 25)), device: "pump")
    let site = try Site()
    let place = Site.tcp(simulation)
    let first = Site.sections(place, device: "pump", Self.tagLines(16))
    let versions = [
      first.replacing("every: 100ms", with: "every: 300ms"),
      Site.sections(place, device: "pump", Self.tagLines(16, ", unit: bar")),
      Site.sections(place + ", timeout: 3s", device: "pump", Self.tagLines(16)),
      first.replacing("plc", with: "plc-2"), first.replacing("writable: true", with: "writable: false"), first,
    ]
    try await site.startWithoutCentral(first, device: "pump")
    let topic = "fieldgate/site/pump/set"
    let replies = try await site.subscriber(topic + "/reply")
    let sender = try site.sender(topic)
    var held = [Double](repeating: 7, count: 16)
    var outcomes: [String: Int] = [:]
    for (round, version) in versions.enumerated() {
      let places = (0..<8).map { (round * 8 + $0) % 16 }
      let value = Double(100 + round)
      for place in places {
        try sender.send(line: "{\"id\":\"\(round)-\(place)\",\"values\":{\"r\(place)\":\(Int(value))}}")
      }
      _ = try await eventually("the first answers of round \(round)") {
        site.messages(replies).count >= round * 8 + 2 ? true : nil
      }
      try reload(site, to: version)
      let answers = try await eventually("all answers of round \(round)") { () -> ArraySlice<String>? in
        let messages = site.messages(replies)
        return messages.count >= (round + 1) * 8 ? messages[(round * 8)...] : nil
      }.map { try Site.Reply($0) }
      #expect(Set(answers.map { $0.id ?? "" }) == Set(places.map { "\(round)-\($0)" }), "each is answered once")
      for place in places {
        let answer = try #require(answers.first { $0.id == "\(round)-\(place)" })
        outcomes[answer.outcome, default: 0] += 1
        let now = try #require(try simulation.values("pump")["r\(place)"])
        switch answer.outcome {
        case "done": #expect(now == value, "\(answer)")
        case "refused":
          #expect(now == held[place], "\(answer)")
          #expect(["bus-down", "not-writable"].contains(answer.reason ?? ""), "\(answer)")
        case "unknown": #expect(now == value || now == held[place], "\(answer)")
        default: Issue.record("\(answer)")
        }
        held[place] = now
      }
    }
    #expect(site.messages(replies).count == versions.count * 8)
    #expect(outcomes["done", default: 0] >= 2 * versions.count && outcomes["refused", default: 0] > 0, "\(outcomes)")
    try await site.isGood("pump")
    #expect(try site.stopGateway() == .code(0))
    #expect(site.messages(replies).count == versions.count * 8)
  }

  // MARK: Adapters

  @Test("To an unplugged adapter nothing is written once its time is over; what still has time lands when it is back")
  func unplugged() async throws {
    let site = try Site()
    let link = site.path("adapter")
    let device = SimulatedDevice(name: "pump", unit: 1, tags: Self.tags(2))
    var line = try ModbusRTUServer(SimulatedUnits([device]), link: link)
    defer { line.stop() }
    let bus = "type: modbus-rtu, device: \(link), baud: 19200"
    try await site.startWithoutCentral(Site.sections(bus, device: "pump", Self.tagLines(2)), device: "pump")
    let replies = try await site.subscriber("fieldgate/site/pump/set/reply")
    line.stop()
    _ = try await eventually("the bus to be down") {
      try site.fieldgate("values", "pump").text.contains("(bus down)") ? true : nil
    }
    try site.publish("fieldgate/site/pump/set", #"{"id":"old","values":{"r0":1},"ttl":"1s"}"#)
    try site.publish("fieldgate/site/pump/set", #"{"id":"young","values":{"r1":2},"ttl":"60s"}"#)
    let old = try Site.Reply(
      try await eventually("the answer to the one whose time is over") { site.messages(replies).first })
    #expect(old.id == "old" && ["expired", "refused"].contains(old.outcome), "\(old)")
    #expect(old.outcome == "expired" || old.reason == "bus-down", "\(old)")

    let units = SimulatedUnits([device])
    line = try ModbusRTUServer(units, link: link)
    let young = try Site.Reply(try await eventually("the other answer") { site.messages(replies).dropFirst().first })
    #expect(young.id == "young" && young.outcome == "done", "\(young)")
    let requests = units.requestCount(unit: 1)
    _ = try await eventually("some more scans") { units.requestCount(unit: 1) > requests + 5 ? true : nil }
    try await site.isGood("pump")
    #expect(units.values(device: "pump") == [7, 2])
    #expect(site.messages(replies).count == 2)
  }

  // MARK: A slow line

  @Test("On a slow line a write goes before the polls that wait, and two deliveries of one id are one write")
  func overtakesPolls() async throws {
    let site = try Site()
    let devices = (1...12).map { SimulatedDevice(name: "d\($0)", unit: UInt8($0), tags: Self.tags(10)) }
    // 2400 baud: a poll of 10 registers takes 180 ms, a round of all devices more than two seconds.
    let simulation = try Simulation(rtu: ("line", devices, site.path("line")), pace: 2_400)
    defer { simulation.stop() }
    let tags = Self.tagLines(10).map { "      - { \($0) }" }.joined(separator: "\n")
    let sections = (1...12).map { number in
      "  - name: d\(number)\n    bus: line\n    unit: \(number)\n    every: continuous\n    tags:\n\(tags)"
    }
    let bus = "{ name: line, type: modbus-rtu, device: \(site.path("line")), baud: 2400, timeout: 5s }"
    try await site.startWithoutCentral("buses: [\(bus)]\ndevices:\n" + sections.joined(separator: "\n"), device: "d12")
    let replies = try await site.subscriber("fieldgate/site/d1/set/reply")
    let sender = try site.sender("fieldgate/site/d1/set")
    let units = simulation.endpoints[0].units
    // Before, devices that were never polled go first.
    _ = try await eventually("two polls of each device") {
      (1...12).allSatisfy { units.requestCount(unit: $0) >= 2 } ? true : nil
    }
    func answer(_ number: Int) async throws -> Site.Reply {
      try Site.Reply(try await eventually("answer \(number)") { site.messages(replies).dropFirst(number).first })
    }

    let writes = 8
    for index in 0..<writes { try sender.send(line: "{\"r\(index)\":1}") }
    for index in 0..<writes { #expect(try await answer(index).outcome == "done") }
    // Polls of eleven other devices waited all the time. A write takes three requests, so these are three writes on end.
    let others = units.requestOrder.split(separator: 1, omittingEmptySubsequences: false).map(\.count)
    let runs = Self.runs(of: 1, in: units.requestOrder)
    #expect(runs.max() ?? 0 >= 9, "requests to the device without another's between: \(runs)")
    #expect(others.max() ?? 0 >= 5, "polls of others between: \(others)")
    let polls = units.requestOrder.count
    _ = try await eventually("polls of the eleven others") {
      Set(units.requestOrder.dropFirst(polls)).isSuperset(of: 2...12) ? true : nil
    }

    for _ in 0..<2 { try sender.send(line: #"{"id":"twice","values":{"r9":9}}"#) }
    let both = [try await answer(writes), try await answer(writes + 1)]
    #expect(both.allSatisfy { $0.outcome == "done" && $0.id == "twice" })
    #expect(both.map(\.duplicate) == [nil, true])
    #expect(try simulation.values("d1")["r9"] == 9)
    let events = site.log("gateway").split(separator: "\n").filter { $0.contains("write d1/r9:") }
    #expect(events.count == 1, "\(events)")
  }

  /// Lengths of the runs of a unit.
  private static func runs(of unit: UInt8, in order: [UInt8]) -> [Int] {
    order.split { $0 != unit }.map(\.count)
  }

  // MARK: Names

  @Test("Values go by their names over MQTT and the command line, and an unknown name is refused with the nearest")
  func names() async throws {
    let tags = [
      SimulatedTag("mode", .holdingRegister, 0, .uint16, .constant(0)), SimulatedTag("valve", .coil, 3, .constant(0)),
      SimulatedTag("total", .holdingRegister, 4, .int64, .constant(5)),
    ]
    let simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "mixer", unit: 1, tags: tags)])])
    defer { simulation.stop() }
    let site = try Site()
    let lines = [
      "name: mode, holding: 0, names: { 0: \"off\", 1: auto, 2: \"by hand\" }, writable: { minimum: 0, maximum: 2 }",
      "name: valve, coil: 3, names: { 0: shut, 1: open }, writable: true",
      "name: total, holding: 4, type: int64, writable: true",
    ]
    try await site.startWithoutCentral(Site.sections(Site.tcp(simulation), device: "mixer", lines), device: "mixer")
    let byName = try site.ask(#"{"mode":"by hand","valve":"open"}"#, device: "mixer")
    #expect(byName.outcome == "done")
    #expect(byName.values?["mode"]?.old == .text("off") && byName.values?["mode"]?.value == .text("by hand"))
    #expect(try simulation.values("mixer") == ["mode": 2, "valve": 1, "total": 5])
    let byNumber = try site.ask(#"{"mode":0}"#, device: "mixer")
    #expect(byNumber.values?["mode"]?.old == .number(2) && byNumber.values?["mode"]?.value == .number(0))

    let written = try site.fieldgate("write", "mixer/mode", "auto", "--yes").text
    #expect(written.contains("mixer/mode: done, was \"off\", is \"auto\""), "\(written)")
    #expect(try site.fieldgate("write", "mixer/valve", "shut", "--yes").text.contains("was \"open\", is \"shut\""))
    #expect(try simulation.values("mixer") == ["mode": 1, "valve": 0, "total": 5])
    _ = try await eventually("the name in a message") {
      try site.next("fieldgate/site/mixer").contains(#""mode":"auto""#) ? true : nil
    }
    let typo = try site.fieldgate("write", "mixer/mode", "atuo", "--yes", mustSucceed: false)
    #expect(typo.status == 1 && typo.text.contains("did you mean 'auto'?"), "\(typo)")
    let refused = try site.ask(#"{"mode":"atuo"}"#, device: "mixer")
    #expect(refused.reason == "wrong-type" && refused.message.contains("did you mean 'auto'?"), "\(refused)")
    #expect(try simulation.values("mixer")["mode"] == 1)

    // 2^53 and its neighbour, which no double holds.
    #expect(try site.ask(#"{"total":9007199254740992}"#, device: "mixer").outcome == "done")
    let neighbour = try site.fieldgate("write", "mixer/total", "9007199254740993", "--yes", mustSucceed: false)
    #expect(neighbour.status == 1 && neighbour.text.contains("more digits than can be kept"), "\(neighbour)")
    #expect(try simulation.values("mixer")["total"] == 9_007_199_254_740_992)
  }
}
