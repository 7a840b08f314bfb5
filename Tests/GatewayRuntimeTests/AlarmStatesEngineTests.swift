import FieldgateTestKit
import GatewayCore
import GatewayRuntime
import SQLiteOutbox
import Telemetry
import Testing

@Suite("An engine whose outbox owes the states of alarms")
struct AlarmStatesEngineTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: first, bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }]
    rules: [{ name: high, tag: first/value, above: 5 }, { name: low, tag: first/value, below: -5 }]
    """

  @Test("It tells each state once, also when it was killed before the commit that tells them")
  func toldOnce() throws {
    let directory = try TemporaryDirectory("engine")
    do {
      let store = SQLiteOutbox(.machine(directory: directory.path, boot: "boot"))
      _ = try store.open()
      var transaction = OutboxTransaction()
      transaction.activeAlarms = ["high"]
      transaction.retirement = .close("restored")
      _ = try store.commit(transaction)
      store.close()
    }
    do {
      // Opens the store and ends before its first turn.
      let killed = try EngineBench(Self.yaml, directory: directory)
      #expect(killed.engine.outboxState.owesAlarmStates && killed.engine.activeAlarms == ["high"])
    }
    let told = try EngineBench(Self.yaml, directory: directory)
    told.wait(.seconds(30))
    let state = told.engine.outboxState
    // Both rules, and the alarm of a filling outbox.
    #expect(!state.owesAlarmStates && state.samples(.alarms) == 3 && state.activeAlarms == ["high"])
  }

  @Test("It tells nothing again after an ordinary start")
  func ordinary() throws {
    let directory = try TemporaryDirectory("engine")
    do {
      let first = try EngineBench(Self.yaml, directory: directory)
      first.scan(0, [Reading(.integer(9))])
      first.wait(.seconds(2))
      #expect(first.engine.outboxState.samples(.alarms) == 1)
    }
    let second = try EngineBench(Self.yaml, directory: directory)
    second.wait(.seconds(30))
    #expect(second.engine.activeAlarms == ["high"] && second.engine.outboxState.samples(.alarms) == 1)
  }
}
