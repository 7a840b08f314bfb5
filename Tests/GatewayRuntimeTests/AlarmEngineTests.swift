import FieldgateTestKit
import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

/// Alarms the whole way through a real engine over a real store.
@Suite("An engine with alarms")
struct AlarmEngineTests {
  private static func yaml(_ rules: String) -> String {
    let tags = (0..<12).map { "{ name: t\($0), holding: \($0) }" }.joined(separator: ", ")
    return """
      gateway: g
      broker: { host: 127.0.0.1 }
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
      devices: [{ name: boiler, bus: plc, unit: 1, every: 1s, tags: [\(tags)] }]
      rules: [\(rules)]
      """
  }

  private static let one = yaml("{ name: hot, tag: boiler/t0, above: 50, severity: high }")

  private func scan(_ bench: EngineBench, _ value: Int64) {
    bench.scan(0, (0..<12).map { _ in Reading(.integer(value)) })
  }

  /// Publishes a command and gives the reply.
  private func command(
    _ bench: EngineBench, _ text: String, alarm: String? = "hot", retained: Bool = false, data: [UInt8]? = nil
  ) -> String {
    let topic = "fieldgate/g/alarms/\(alarm.map { "\($0)/" } ?? "")set"
    var message = BrokerMessage(topic: topic, payload: Array(text.utf8), isRetained: retained)
    message.correlationData = data
    bench.engine.take(.message(message))
    bench.engine.turn()
    return bench.broker.text("\(topic)/reply") ?? ""
  }

  private func state(_ bench: EngineBench, _ name: String = "hot") -> String {
    bench.broker.text("fieldgate/g/alarms/\(name)") ?? ""
  }

  @Test("An alarm is raised, acknowledged over MQTT, ends, and its retained message follows")
  func acknowledging() throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    #expect(state(bench).contains("\"active\":false") && state(bench).contains("\"state\":\"normal\""))
    scan(bench, 60)
    #expect(state(bench).contains("\"active\":true") && state(bench).contains("\"state\":\"unacknowledged\""))
    let reply = command(bench, #"{"acknowledge":true,"comment":"pump exchanged","by":"anna","id":"a1"}"#)
    #expect(reply.contains("\"outcome\":\"done\"") && reply.contains("hot acknowledged by anna (mqtt)"))
    #expect(reply.contains("\"state\":\"acknowledged\"") && reply.contains("\"id\":\"a1\""))
    #expect(state(bench).contains("\"acknowledged_by\":\"anna (mqtt)\""))
    #expect(state(bench).contains("\"comment\":\"pump exchanged\""))
    scan(bench, 10)
    #expect(state(bench).contains("\"transition\":\"cleared\"") && state(bench).contains("\"state\":\"normal\""))
  }

  @Test("The same command again is answered and not carried out, though another raising waits for somebody")
  func atMostOnce() throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    for (text, data) in [(#"{"acknowledge":true,"id":7}"#, nil), (#"{"acknowledge":true}"#, [1, 2])]
      as [(String, [UInt8]?)]
    {
      scan(bench, 60)
      #expect(command(bench, text, data: data).contains("\"outcome\":\"done\""))
      scan(bench, 10)
      scan(bench, 60)
      #expect(command(bench, text, data: data).contains("\"duplicate\":true"))
      #expect(state(bench).contains("\"state\":\"unacknowledged\""))
      _ = command(bench, #"{"acknowledge":true}"#)
      scan(bench, 10)
    }
  }

  @Test(
    "Commands that mean nothing are refused with their reason",
    arguments: [
      (#"{"acknowledge":true}"#, "nothing-to-acknowledge"), (#"{"unshelve":true}"#, "not-shelved"),
      (#"{"shelve":"8d"}"#, "bad-duration"), (#"{"shelve":"long"}"#, "bad-command"), (#"{"ack":true}"#, "bad-command"),
      (#"{"acknowledge":true,"shelve":"1h"}"#, "bad-command"), (#"{"acknowledge":false}"#, "bad-command"),
      ("on", "bad-command"), ("{}", "bad-command"), (#"{"comment":7}"#, "bad-command"),
      (#"{"comment":""}"#, "bad-comment"),
    ])
  func refusals(text: String, reason: String) throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    let reply = command(bench, text)
    #expect(reply.contains("\"reason\":\"\(reason)\"") && reply.contains("\"outcome\":\"refused\""), "\(reply)")
  }

  @Test("A retained command, an unknown alarm, and shelving of all at once are refused")
  func otherRefusals() throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    scan(bench, 60)
    #expect(command(bench, #"{"acknowledge":true}"#, retained: true).contains("a retained message is no command"))
    #expect(command(bench, #"{"acknowledge":true}"#, alarm: "hto").contains("did you mean 'hot'?"))
    #expect(command(bench, #"{"shelve":"1h"}"#, alarm: nil).contains("only acknowledging"))
    #expect(state(bench).contains("\"state\":\"unacknowledged\""))
    #expect(command(bench, #"{"acknowledge":true}"#, alarm: nil).contains("\"outcome\":\"done\""))
    #expect(state(bench).contains("\"state\":\"acknowledged\""))
  }

  @Test("A shelved alarm is published as shelved, not while it changes, and as it is when the time is over")
  func shelving() throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    #expect(command(bench, #"{"shelve":"60s"}"#).contains("shelved for 1 min by mqtt"))
    let shelved = state(bench)
    #expect(shelved.contains("\"state\":\"shelved\"") && shelved.contains("\"active\":false"))
    scan(bench, 60)
    #expect(state(bench) == shelved)
    bench.wait(.seconds(61))
    #expect(state(bench).contains("\"state\":\"unacknowledged\"") && state(bench).contains("\"active\":true"))
  }

  @Test("Twelve alarms of a device at once are shown as one, and singly once it is quiet")
  func flood() throws {
    let rules = (0..<12).map { "{ name: a\($0), tag: boiler/t\($0), above: 50 }" }.joined(separator: ", ")
    let bench = try EngineBench(Self.yaml(rules))
    bench.connect()
    let name = "boiler.alarm_flood"
    #expect(state(bench, name).isEmpty, "of a flood that never was nothing is said")
    scan(bench, 60)
    #expect(state(bench, name).contains("10 alarms of boiler in 0 s"))
    #expect((0..<12).count { state(bench, "a\($0)").contains("\"active\":true") } == 9)
    #expect(bench.engine.activeAlarms.count == 13)
    bench.wait(.seconds(61))
    #expect(state(bench, name).contains("\"active\":false"))
    #expect((0..<12).count { state(bench, "a\($0)").contains("\"active\":true") } == 12)
  }

  @Test("What people did is there after a kill, and shelving goes on")
  func restart() throws {
    let bench = try EngineBench(Self.one)
    bench.connect()
    scan(bench, 60)
    _ = command(bench, #"{"acknowledge":true,"by":"anna"}"#)
    _ = command(bench, #"{"shelve":"100s","by":"bob"}"#)
    bench.clock.now = bench.clock.now + .seconds(60)
    let again = try bench.restarted()
    again.connect()
    let shown = state(again)
    #expect(shown.contains("\"state\":\"shelved\"") && shown.contains("\"underlying\":\"acknowledged\""))
    #expect(shown.contains("\"shelved_by\":\"bob (mqtt)\"") && shown.contains("\"shelved_seconds\":40"))
    scan(again, 60)
    again.wait(.seconds(41))
    #expect(state(again).contains("\"state\":\"acknowledged\""))
    #expect(state(again).contains("\"acknowledged_by\":\"anna (mqtt)\""))
  }
}
