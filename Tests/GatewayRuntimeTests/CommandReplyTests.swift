import Foundation
import GatewayCore
import GatewayRuntime
import Testing

@Suite("Replies to commands that are refused")
struct CommandReplyTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices:
      - { name: boiler, bus: plc, unit: 1, every: 1s, tags: [{ name: level, holding: 0 }] }
    """

  private func reply(_ command: String) throws -> [String: Any] {
    let bench = try EngineBench(Self.yaml)
    bench.connect()
    bench.engine.take(.message(BrokerMessage(topic: "fieldgate/g/boiler/set", payload: Array(command.utf8))))
    bench.engine.turn()
    let text = try #require(bench.broker.text("fieldgate/g/boiler/set/reply"))
    return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test("the id and what was asked for stand in the reply")
  func refused() throws {
    let reply = try reply(#"{"id":"7f3a","values":{"level":21.5,"pump":true}}"#)
    #expect(reply["id"] as? String == "7f3a")
    #expect(reply["outcome"] as? String == "refused")
    let values = try #require(reply["values"] as? [String: [String: Any]])
    #expect(values.keys.sorted() == ["level", "pump"])
    #expect(values["level"]?["outcome"] as? String == "refused")
    #expect(values["level"]?["asked"] as? Double == 21.5)
    #expect(values["pump"]?["asked"] as? Bool == true)
  }

  @Test("a command that cannot be read keeps its id")
  func unreadable() throws {
    let reply = try reply(#"{"id":"7f3b","values":{"level":[]}}"#)
    #expect(reply["id"] as? String == "7f3b")
    #expect(reply["reason"] as? String == "bad-command")
    #expect(reply["values"] == nil)
  }
}
