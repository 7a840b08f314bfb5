import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// What MQTT 5 adds to a message, as mosquitto_pub sends it.
@Suite("Commands with properties of MQTT 5", .inASiteSlot)
struct CommandPropertiesTests {
  private let simulation: Simulation
  private let site: Site

  init() async throws {
    let tags = [0, 1, 2].map { SimulatedTag("r\($0)", .holdingRegister, $0, .uint16, .constant(7)) }
    simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "pump", unit: 1, tags: tags)])])
    site = try Site()
    let tagLines = [0, 1, 2].map { "name: r\($0), holding: \($0), writable: true" }
    try await site.startWithoutCentral(
      Site.sections(Site.tcp(simulation) + ", timeout: 20s", device: "pump", tagLines), device: "pump")
  }

  private func publish(_ message: String, _ properties: [(String, [String])]) throws {
    let words = properties.flatMap { ["-D", "publish", $0.0] + $0.1 }
    try site.publish("fieldgate/site/pump/set", message, ["-V", "mqttv5"] + words)
  }

  @Test("A reply goes to the response topic with the correlation data, and user properties change nothing")
  func responseTopic() async throws {
    defer { simulation.stop() }
    // The correlation data in front of the reply.
    let mine = try await site.subscriber("answers/mine", format: "%D %p", ["-V", "mqttv5"])
    let usual = try await site.subscriber("fieldgate/site/pump/set/reply", format: "%D %p", ["-V", "mqttv5"])
    let toMe = ("response-topic", ["answers/mine"])
    try publish(
      #"{"r0":1}"#,
      [toMe, ("correlation-data", ["order 66"]), ("user-property", ["ttl", "1ms"]), ("content-type", ["text/x"])])
    _ = try await eventually("the reply") { site.messages(mine).isEmpty ? nil : true }
    // The same correlation data is the same command; without any, each is a command of its own.
    try publish(#"{"r0":1}"#, [toMe, ("correlation-data", ["order 66"])])
    try publish(#"{"r1":2}"#, [toMe])
    try publish(#"{"id":"own","values":{"r2":3}}"#, [("correlation-data", ["order 67"])])
    _ = try await eventually("all replies") {
      site.messages(mine).count == 3 && site.messages(usual).count == 1 ? true : nil
    }
    #expect(try simulation.values("pump") == ["r0": 1, "r1": 2, "r2": 3])
    let answers = try site.messages(mine).map { try Self.split($0) }
    #expect(answers.map(\.correlation) == ["order 66", "order 66", ""])
    #expect(answers.map(\.reply.outcome) == ["done", "done", "done"])
    #expect(answers.map(\.reply.duplicate) == [nil, true, nil])
    let own = try Self.split(try #require(site.messages(usual).first))
    #expect(own.correlation == "order 67" && own.reply.id == "own" && own.reply.outcome == "done")
    #expect(site.log("gateway").components(separatedBy: "write pump/r0:").count == 2, "one write of the two deliveries")
  }

  @Test("A message's expiry is its time to live: over before the device has time, nothing is written")
  func expiry() async throws {
    defer { simulation.stop() }
    let replies = try await site.subscriber("fieldgate/site/pump/set/reply")
    // Longer than either may wait: so long the poll before them takes, or the read before the write.
    let before = simulation.requests
    try simulation.setFault(Fault(.delay(milliseconds: 1_500)), device: "pump")
    _ = try await eventually("a slow request") { simulation.requests > before + 1 ? true : nil }
    try publish(#"{"id":"short","values":{"r0":1}}"#, [("message-expiry-interval", ["1"])])
    try publish(#"{"id":"least","values":{"r1":1},"ttl":"200ms"}"#, [("message-expiry-interval", ["60"])])
    _ = try await eventually("both answers") { site.messages(replies).count == 2 ? true : nil }
    for reply in try site.messages(replies).map({ try Site.Reply($0) }) {
      #expect(reply.outcome == "expired", "\(reply)")
    }
    try simulation.setFault(nil, device: "pump")
    try await site.isGood("pump")
    #expect(try simulation.values("pump") == ["r0": 7, "r1": 7, "r2": 7])
    // What has time enough is written.
    try publish(#"{"id":"long","values":{"r2":9}}"#, [("message-expiry-interval", ["30"])])
    _ = try await eventually("the third answer") { site.messages(replies).count == 3 ? true : nil }
    #expect(try simulation.values("pump")["r2"] == 9)
  }

  /// Of a message's payload with its correlation data before it.
  private static func split(_ line: String) throws -> (correlation: String, reply: Site.Reply) {
    let start = try #require(line.firstIndex(of: "{"))
    return (String(line[..<start].dropLast()), try Site.Reply(line[start...]))
  }
}

extension Simulation {
  /// Requests to all its devices so far.
  var requests: Int {
    endpoints.reduce(0) { sum, endpoint in
      sum + endpoint.units.units.reduce(0) { $0 + endpoint.units.requestCount(unit: $1) }
    }
  }
}
