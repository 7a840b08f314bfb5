import FieldgateTestKit
import Foundation
import GatewayCore
import GatewayRuntime
import Telemetry
import Testing

/// Topics that a test remembers.
final class MemoryOfTopics: TopicMemory {
  var topics: [String] = []
  func load() -> [String] { topics }
  func save(_ topics: [String]) -> String? {
    self.topics = topics
    return nil
  }
}

@Suite("What Home Assistant is told")
struct DiscoveryTests {
  static let yaml = """
    gateway: site.north
    broker: { home-assistant: true }
    central: { url: "https://c" }
    buses: [{ name: plc, type: modbus-tcp, host: 192.0.2.1 }]
    rules: [{ name: too_hot, tag: boiler/supply_temp, above: 85 }]
    devices:
      - name: boiler
        bus: plc
        unit: 1
        every: 1s
        tags:
          - { name: supply_temp, input: 0, type: int16, scale: 0.1, unit: "°C", icon: "mdi:thermometer" }
          - { name: energy, input: 2, type: uint32, unit: kWh }
          - { name: flame, discrete: 1, device-class: heat }
          - { name: pump, coil: 4, writable: true, device-class: outlet, label: Circulation pump }
          - { name: setpoint, holding: 9, type: int16, scale: 0.1, unit: "°C", writable: { minimum: 5, maximum: 80, step: 0.5 } }
      - name: door
        bus: plc
        unit: 2
        every: 1s
        publish: per-tag
        payload: plain
        tags: [{ name: open, coil: 1 }, { name: level, holding: 1, writable: true }]
      - name: fan
        bus: plc
        unit: 3
        every: 1s
        tags:
          - { name: mode, holding: 1, writable: true, names: { 0: "off", 1: slow, 2: fast } }
          - { name: state, input: 1, names: { 0: idle, 7: fault } }
          - { name: serial, input: 2, type: string, length: 8 }
    """

  /// Discovery messages by topic, decoded.
  private func entities(_ bench: EngineBench) throws -> [String: [String: Any]] {
    var found: [String: [String: Any]] = [:]
    for (topic, message) in bench.broker.newest where topic.hasSuffix("/config") && !message.payload.isEmpty {
      #expect(message.isRetained && message.qualityOfService == .atLeastOnce)
      found[topic] = try JSONSerialization.jsonObject(with: Data(message.payload)) as? [String: Any]
    }
    return found
  }

  @Test("Every tag and alarm is an entity of the right kind, with keys that Home Assistant knows")
  func announced() throws {
    let bench = try EngineBench(Self.yaml)
    bench.connect()
    let entities = try entities(bench)
    let node = "fieldgate-site-2enorth"
    let expected = [
      "sensor/\(node)/boiler-2fsupply_temp", "sensor/\(node)/boiler-2fenergy", "binary_sensor/\(node)/boiler-2fflame",
      "switch/\(node)/boiler-2fpump", "number/\(node)/boiler-2fsetpoint", "binary_sensor/\(node)/door-2fopen",
      "number/\(node)/door-2flevel", "binary_sensor/\(node)/alarms-2ftoo_hot",
      "binary_sensor/\(node)/alarms-2fgateway-2eoutbox_filling", "binary_sensor/\(node)/status-2fcentral",
      "select/\(node)/fan-2fmode", "sensor/\(node)/fan-2fstate",
      "sensor/\(node)/fan-2fserial",
    ]
    #expect(Set(entities.keys) == Set(expected.map { "homeassistant/\($0)/config" }))
    let table = try HomeAssistantTable.load()
    for (topic, entity) in entities {
      let component = String(topic.split(separator: "/")[1])
      let unknown = Set(entity.keys).subtracting(table.keys[component] ?? [])
      #expect(unknown.isEmpty, "\(topic): \(unknown)")
    }
    #expect(Set(entities.values.compactMap { $0["unique_id"] as? String }).count == entities.count)
    let temperature = try #require(entities["homeassistant/sensor/\(node)/boiler-2fsupply_temp/config"])
    #expect(temperature["name"] as? String == "supply temp")
    #expect(temperature["unique_id"] as? String == "fieldgate/site.north/boiler/supply_temp")
    #expect(temperature["unit_of_measurement"] as? String == "°C")
    #expect(temperature["device_class"] as? String == "temperature")
    #expect(temperature["icon"] as? String == "mdi:thermometer")
    #expect(temperature["state_topic"] as? String == "fieldgate/site.north/boiler")
    #expect(temperature["value_template"] as? String == "{{ value_json['values']['supply_temp'] }}")
    let device = try #require(temperature["device"] as? [String: Any])
    #expect(device["identifiers"] as? [String] == ["fieldgate/site.north/boiler"])
    #expect(device["via_device"] as? String == "fieldgate/site.north")
  }

  @Test("Writable tags are switches and numbers that send commands with the tag's limits")
  func commands() throws {
    let bench = try EngineBench(Self.yaml)
    bench.connect()
    let entities = try entities(bench)
    let node = "homeassistant/%/fieldgate-site-2enorth/"
    func entity(_ component: String, _ object: String) throws -> [String: Any] {
      try #require(entities[node.replacingOccurrences(of: "%", with: component) + object + "/config"])
    }
    let pump = try entity("switch", "boiler-2fpump")
    #expect(pump["command_topic"] as? String == "fieldgate/site.north/boiler/set")
    #expect(pump["payload_on"] as? String == #"{"pump":true}"# && pump["state_on"] as? String == "True")
    #expect(pump["name"] as? String == "Circulation pump" && pump["device_class"] as? String == "outlet")
    let setpoint = try entity("number", "boiler-2fsetpoint")
    #expect(setpoint["command_template"] as? String == #"{"setpoint":{{ value }}}"#)
    #expect(setpoint["min"] as? Double == 5 && setpoint["max"] as? Double == 80 && setpoint["step"] as? Double == 0.5)
    #expect(setpoint["state_class"] == nil)
    let level = try entity("number", "door-2flevel")
    #expect(level["min"] as? Double == 0 && level["max"] as? Double == 65_535 && level["step"] as? Double == 1)
    #expect(level["state_topic"] as? String == "fieldgate/site.north/door/level")
    let mode = try entity("select", "fan-2fmode")
    #expect(mode["options"] as? [String] == ["off", "slow", "fast"])
    #expect(mode["command_template"] as? String == #"{"mode":{{ value | tojson }}}"#)
    let state = try entity("sensor", "fan-2fstate")
    #expect(state["device_class"] as? String == "enum" && state["state_class"] == nil)
    let serial = try entity("sensor", "fan-2fserial")
    #expect(serial["state_class"] == nil && serial["unit_of_measurement"] == nil)
    let open = try entity("binary_sensor", "door-2fopen")
    #expect(open["payload_on"] as? String == "true")
  }

  @Test("When Home Assistant starts everything is announced again, and the states follow once it listens")
  func birth() throws {
    let bench = try EngineBench(Self.yaml)
    bench.connect()
    #expect(bench.broker.filters.contains("homeassistant/status"))
    bench.scan(1, [Reading(.boolean(true)), Reading(.integer(7))])
    bench.wait(.seconds(30))
    bench.broker.forget()
    bench.engine.take(.message(BrokerMessage(topic: "homeassistant/status", payload: Array("online".utf8))))
    bench.engine.turn()
    #expect(bench.broker.published.count { $0.topic.hasSuffix("/config") } == 13)
    #expect(!bench.broker.published.contains { $0.topic == "fieldgate/site.north/door/level" })
    bench.wait(.seconds(15))
    #expect(bench.broker.published.contains { $0.topic == "fieldgate/site.north/door/level" })
  }

  @Test("What left the configuration is taken back at the broker, also when the daemon was stopped meanwhile")
  func removed() throws {
    let memory = MemoryOfTopics()
    let first = try EngineBench(Self.yaml, topics: memory)
    first.connect()
    let before = Set(memory.topics)
    #expect(before.contains("homeassistant/switch/fieldgate-site-2enorth/boiler-2fpump/config"))
    let shorter = Self.yaml.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.contains("name: pump") && !$0.contains("too_hot") }.joined(separator: "\n")
    let second = try EngineBench(shorter, topics: memory)
    second.connect()
    let gone = [
      "homeassistant/switch/fieldgate-site-2enorth/boiler-2fpump/config",
      "homeassistant/binary_sensor/fieldgate-site-2enorth/alarms-2ftoo_hot/config",
      "fieldgate/site.north/alarms/too_hot",
      // With its last alarm, a device has no floods any more.
      "fieldgate/site.north/alarms/boiler.alarm_flood",
    ]
    let emptied = second.broker.published.filter { $0.payload.isEmpty && $0.isRetained }.map(\.topic)
    #expect(Set(emptied) == Set(gone))
    // Told before, so it is remembered until the broker has been told.
    #expect(Set(memory.topics) == before)
    second.wait(.seconds(40))
    #expect(Set(memory.topics) == before.subtracting(gone))
  }

  @Test("A reload takes back what it removes and announces what it adds, on the same connection")
  func reloaded() throws {
    let memory = MemoryOfTopics()
    let bench = try EngineBench(Self.yaml, topics: memory)
    bench.connect()
    bench.wait(.seconds(60))
    bench.broker.forget()
    let lines = Self.yaml.replacingOccurrences(
      of: "- { name: energy, input: 2, type: uint32, unit: kWh }", with: "- { name: power, input: 4, unit: W }")
    try bench.reload(lines)
    bench.wait(.seconds(60))
    let node = "homeassistant/sensor/fieldgate-site-2enorth"
    let emptied = bench.broker.published.filter { $0.payload.isEmpty && $0.isRetained }.map(\.topic)
    #expect(emptied == ["\(node)/boiler-2fenergy/config"])
    #expect(bench.broker.newest["\(node)/boiler-2fpower/config"]?.payload.isEmpty == false)
    #expect(!memory.topics.contains("\(node)/boiler-2fenergy/config"))
    #expect(memory.topics.contains("\(node)/boiler-2fpower/config"))
  }
}
