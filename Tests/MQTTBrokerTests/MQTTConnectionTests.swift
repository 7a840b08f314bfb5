import FieldgateTestKit
import GatewayCore
import MQTTBroker
import Testing

@Suite("A connection to a real broker")
struct MQTTConnectionTests {
  let recorder = EventRecorder()

  func connect(
    _ broker: Mosquitto, _ version: MQTTVersionChoice = .automatic, _ filters: [TopicFilter] = []
  ) throws -> MQTTConnection {
    try MQTTConnection(
      MQTTEndpoint(host: "127.0.0.1", port: broker.port, clientID: "fieldgate-test", version: version),
      subscriptions: filters
    ) { [recorder] in recorder.record($0) }
  }

  func granted(_ connection: MQTTConnection) async throws {
    _ = try await eventually("all subscriptions") {
      connection.statistics.subscriptions.allSatisfy { $0.state == .granted } ? true : nil
    }
  }

  @Test(
    "A message arrives with what its sender said in MQTT 5, and without that in MQTT 3.1.1",
    arguments: [MQTTVersion.version5, .version311])
  func receives(_ version: MQTTVersion) async throws {
    let broker = try Mosquitto()
    try broker.publish("site/old/set", "1", ["-r"])
    let connection = try connect(broker, .only(version), ["site/+/set"])
    defer { connection.stop() }
    try await granted(connection)
    try broker.publish(
      "site/boiler/set", "{}",
      [
        "-V", "5", "-q", "1", "-D", "publish", "response-topic", "answers/7", "-D", "publish", "correlation-data", "x7",
        "-D", "publish", "message-expiry-interval", "60",
      ])
    let messages = try await eventually("two messages") { recorder.messages.count == 2 ? recorder.messages : nil }
    let isNew = version == .version5
    #expect(messages[0] == BrokerMessage(topic: "site/old/set", payload: [UInt8(ascii: "1")], isRetained: true))
    #expect(
      messages[1]
        == BrokerMessage(
          topic: "site/boiler/set", payload: Array("{}".utf8), responseTopic: isNew ? "answers/7" : nil,
          correlationData: isNew ? Array("x7".utf8) : nil, expiry: isNew ? .seconds(60) : nil))
    #expect(connection.statistics.protocolVersion == version.rawValue)
  }

  @Test(
    "A message that is published with the retain flag while we listen shows it where MQTT 5 is spoken and it is wanted",
    arguments: [MQTTVersion.version5, .version311])
  func retainAsPublished(_ version: MQTTVersion) async throws {
    let broker = try Mosquitto()
    let connection = try connect(
      broker, .only(version), [TopicFilter("site/+/set", keepsRetainFlag: true), "home/status"])
    defer { connection.stop() }
    try await granted(connection)
    try broker.publish("site/boiler/set", "1", ["-r", "-q", "1"])
    try broker.publish("home/status", "online", ["-r", "-q", "1"])
    let messages = try await eventually("two messages") { recorder.messages.count == 2 ? recorder.messages : nil }
    let flags = Dictionary(messages.map { ($0.topic, $0.isRetained) }) { first, _ in first }
    #expect(flags == ["site/boiler/set": version == .version5, "home/status": false])
  }

  @Test("A published message has its QoS, its retained flag and its correlation data")
  func publishes() async throws {
    let broker = try Mosquitto()
    let connection = try connect(broker)
    defer { connection.stop() }
    try await recorder.connected()
    let message = OutgoingMessage(
      topic: "site/reply", payload: Array("done".utf8), isRetained: true, qualityOfService: .atLeastOnce,
      correlationData: Array("x7".utf8))
    #expect(connection.publish(message) == .accepted)
    let lines = try broker.receive(
      "site/reply", count: 1, format: "%q %r %D %p", ["-V", "5", "-q", "1"])
    #expect(lines == ["1 1 x7 done"])
  }

  @Test("After a broker's restart the subscriptions stand again, and what was handed over before is not sent late")
  func comesBack() async throws {
    let broker = try Mosquitto()
    let connection = try connect(broker, .automatic, ["site/+/set"])
    defer { connection.stop() }
    try await granted(connection)
    broker.kill()
    _ = try await recorder.failure("was lost")
    #expect(connection.publish(topic: "site/x", payload: [], retained: false) == .notConnected)
    try broker.start()
    try await recorder.connected(2)
    try await granted(connection)
    try broker.publish("site/boiler/set", "again")
    _ = try await eventually("a message") { recorder.messages.first { $0.payload == Array("again".utf8) } }
    #expect(connection.statistics.connections == 2)
  }

  @Test("Filters can be exchanged while connected")
  func exchangesFilters() async throws {
    let broker = try Mosquitto()
    let connection = try connect(broker, .automatic, ["a", "b"])
    defer { connection.stop() }
    try await granted(connection)
    connection.subscribe(to: ["b", "c"])
    try await granted(connection)
    // In order on one connection: had "a" still been subscribed to, it would come before "c".
    for topic in ["a", "b", "c"] { try broker.publish(topic, topic) }
    let messages = try await eventually("c") {
      recorder.messages.contains { $0.topic == "c" } ? recorder.messages : nil
    }
    #expect(messages.map(\.topic) == ["b", "c"])
  }

  @Test("What is too long or too much is dropped and counted")
  func bounds() async throws {
    let broker = try Mosquitto()
    let connection = try connect(broker, .automatic, ["in/#"])
    defer { connection.stop() }
    try await granted(connection)
    let limit = BrokerMessage.maximumPayloadBytes
    try broker.publish("in/long", String(repeating: "x", count: limit + 1))
    try broker.publish("in/most", String(repeating: "x", count: limit))
    // Nobody takes them, so what is above the number that may wait goes.
    let lines = String(repeating: "x\n", count: MQTTConnection.maximumWaiting + 9)
    try broker.temporary.write("lines", lines)
    let sender = try ChildProcess(
      "sh", ["-c", "mosquitto_pub -p \(broker.port) -t in/many -l -q 1 < \(broker.temporary("lines"))"])
    #expect(try sender.wait() == .code(0))
    let statistics = try await eventually("all messages") { () -> BrokerStatistics? in
      let statistics = connection.statistics
      return statistics.received == MQTTConnection.maximumWaiting + 11 ? statistics : nil
    }
    #expect(statistics.receivedTooLarge == 1)
    #expect(statistics.receivedQueueFull == 10)
    #expect(recorder.messages.count == MQTTConnection.maximumWaiting)
    connection.messageTaken()
    try broker.publish("in/next", "x")
    _ = try await eventually("the next") { recorder.messages.last?.topic == "in/next" ? true : nil }
  }

  @Test("What the broker's access rules forbid is reported: a filter by name, a message by number")
  func accessRules() async throws {
    let plugin = try ChildProcess("sh", ["-c", "printf %s /usr/lib/*/mosquitto_dynamic_security.so"]).output()
    let rules = try TemporaryDirectory("rules")
    try rules.write("rules.json", #"{"defaultACLAccess":{"publishClientSend":false,"subscribe":false}}"#)
    let broker = try Mosquitto(
      "allow_anonymous true\nplugin \(plugin)\nplugin_opt_config_file \(rules("rules.json"))")
    let connection = try connect(broker, .automatic, ["site/+/set"])
    defer { connection.stop() }
    let text = try await eventually("the refusal") { () -> String? in
      for case .subscriptionRefused("site/+/set", let text) in recorder.all { return text }
      return nil
    }
    #expect(text.lowercased().contains("not authorized"))
    let message = OutgoingMessage(topic: "site/x", payload: [1], qualityOfService: .atLeastOnce)
    #expect(connection.publish(message) == .accepted)
    _ = try await eventually("the broker's answer") { connection.statistics.refusedByBroker == 1 ? true : nil }
  }
}
