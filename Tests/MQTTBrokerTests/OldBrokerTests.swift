import FieldgateTestKit
import GatewayCore
import MQTTBroker
import Testing

@Suite("A broker that knows MQTT 3.1.1 only")
struct OldBrokerTests {
  @Test(
    "It is spoken to in 3.1.1, whether it refuses version 5 by name or closes without a word",
    arguments: ["refuse", "close"])
  func fallsBack(_ manner: String) async throws {
    let script = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let port = try FreePort.find()
    let broker = try ChildProcess("python3", ["/\(script)/old_broker.py", "\(port)", manner])
    try waitUntil("the broker", seen: { broker.standardError }) { broker.standardOutput.contains("ready") }
    let recorder = EventRecorder()
    let connection = try MQTTConnection(
      MQTTEndpoint(host: "127.0.0.1", port: port, clientID: "fieldgate-test"), subscriptions: ["site/+/set"]
    ) { recorder.record($0) }
    defer { connection.stop() }
    try await recorder.connected()
    #expect(connection.statistics.protocolVersion == "3.1.1")
    let message = OutgoingMessage(topic: "t", payload: [7], correlationData: [1])
    #expect(connection.publish(message) == .accepted)
    _ = try await eventually("the message, without properties") {
      broker.standardOutput.contains("publish 00017407") ? true : nil
    }
    #expect(broker.standardOutput.contains("connect 5\nconnect 4\n"))
  }

  @Test("One that is told to speak version 5 only stays without a connection, and says why")
  func onlyVersion5() async throws {
    let script = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    let port = try FreePort.find()
    let broker = try ChildProcess("python3", ["/\(script)/old_broker.py", "\(port)", "refuse"])
    try waitUntil("the broker", seen: { broker.standardError }) { broker.standardOutput.contains("ready") }
    let recorder = EventRecorder()
    let connection = try MQTTConnection(
      MQTTEndpoint(host: "127.0.0.1", port: port, clientID: "fieldgate-test", version: .only(.version5))
    ) { recorder.record($0) }
    defer { connection.stop() }
    let text = try await recorder.failure("refused the connection")
    #expect(text.lowercased().contains("protocol version"))
  }
}
