import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// Acts as Home Assistant would: knows nothing but what the retained announcements say, and sends what they tell it to.
@Suite("Home Assistant's switches, numbers and selections", .inASiteSlot)
struct HomeAssistantControlTests {
  /// An announcement, as far as a control needs it.
  struct Entity: Decodable {
    struct Availability: Decodable {
      var topic: String
      var valueTemplate: String?
    }
    var commandTopic: String?
    var commandTemplate: String?
    var stateTopic: String
    var valueTemplate: String
    var payloadOn: String?
    var payloadOff: String?
    var stateOn: String?
    var stateOff: String?
    var options: [String]?
    var min: Double?
    var max: Double?
    var step: Double?
    var availability: [Availability]

    init(_ text: String) throws {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      self = try decoder.decode(Self.self, from: Data(text.utf8))
    }

    /// What is sent for a value, by `command_template`.
    func command(_ value: String) throws -> String {
      let quoted = String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
      let template = try #require(commandTemplate)
      let text = template.replacing("{{ value }}", with: value).replacing("{{ value | tojson }}", with: quoted)
      try #require(text != template, "a template of another form: \(template)")
      return text
    }

    /// The state in a message, by `value_template`: the forms that we announce, with the words that Python writes.
    func state(_ message: String) throws -> String {
      if valueTemplate == "{{ 'None' if value == 'null' else value }}" { return message == "null" ? "None" : message }
      let keys = valueTemplate.matches(of: /\['([^']*)'\]/).map { String($0.1) }
      try #require(valueTemplate.hasPrefix("{{ value_json['") && (1...2).contains(keys.count), "\(valueTemplate)")
      var found = try JSONSerialization.jsonObject(with: Data(message.utf8)) as Any?
      for key in keys { found = (found as? [String: Any])?[key] }
      switch found {
      case let text as String: return text
      case let number as NSNumber:
        let isFlag = String(cString: number.objCType) == "c"
        return isFlag ? (number.boolValue ? "True" : "False") : number.description
      default: return "None"
      }
    }
  }

  private static let tags = [
    "name: run, coil: 0, writable: true",
    "name: setpoint, holding: 10, type: int16, scale: 0.1, unit: \"°C\", writable: { minimum: 5, maximum: 80, step: 0.5 }",
    "name: mode, holding: 11, names: { 0: \"off\", 1: auto, 2: 'by \"hand\"' }, writable: true",
  ]

  private func simulation() throws -> Simulation {
    let tags = [
      SimulatedTag("run", .coil, 0, .constant(0)),
      SimulatedTag(
        "setpoint", .holdingRegister, 10, .int16, scale: DecimalNumber(units: 1, decimals: 1), .constant(20)),
      SimulatedTag("mode", .holdingRegister, 11, .uint16, .constant(0)),
    ]
    return try Simulation(tcp: [("plc", [SimulatedDevice(name: "mixer", unit: 1, tags: tags)])])
  }

  private func entity(_ site: Site, _ component: String, _ tag: String) async throws -> Entity {
    let topic = "homeassistant/\(component)/fieldgate-site/mixer-2f\(tag)/config"
    return try Entity(try site.next(topic))
  }

  /// Sends, and waits for the register and for the state that follows from the next message.
  private func control(
    _ site: Site, _ simulation: Simulation, _ entity: Entity, sends command: String, tag: String, holds raw: Double,
    state: String
  ) async throws {
    try site.publish(try #require(entity.commandTopic), command)
    _ = try await eventually("\(tag) to be \(raw) after \(command)") {
      try simulation.values("mixer")[tag] == raw ? true : nil
    }
    _ = try await eventually("the state \(state) of \(tag)") {
      try entity.state(try site.next(entity.stateTopic)) == state ? true : nil
    }
  }

  enum Form: String, CaseIterable {
    case perDevice = "publish: per-device"
    case perTag = "publish: per-tag, retain: true, qos: 1"
    case plain = "publish: per-tag, payload: plain, retain: true"
  }

  @Test("What an announcement says to send reaches coil and register, and its state follows", arguments: Form.allCases)
  func controls(_ form: Form) async throws {
    let simulation = try simulation()
    defer { simulation.stop() }
    let site = try Site()
    site.brokerSection = "{ host: 127.0.0.1, port: \(site.brokerPort), home-assistant: true, \(form.rawValue) }"
    let sections = Site.sections(Site.tcp(simulation), device: "mixer", Self.tags)
    try await site.startWithoutCentral(sections, device: "mixer")

    let run = try await entity(site, "switch", "run")
    for availability in run.availability {
      let message = try site.next(availability.topic)
      #expect(message == "online" || message.contains("\"state\":\"online\""), "\(availability): \(message)")
    }
    for _ in 0..<2 {
      let (on, off) = (try #require(run.payloadOn), try #require(run.payloadOff))
      try await control(site, simulation, run, sends: on, tag: "run", holds: 1, state: try #require(run.stateOn))
      try await control(site, simulation, run, sends: off, tag: "run", holds: 0, state: try #require(run.stateOff))
    }

    let setpoint = try await entity(site, "number", "setpoint")
    #expect(setpoint.min == 5 && setpoint.max == 80 && setpoint.step == 0.5)
    for (value, raw) in [("21.5", 21.5), ("5", 5), ("80.0", 80)] {
      let state = raw == 21.5 ? "21.5" : "\(Int(raw))"
      try await control(
        site, simulation, setpoint, sends: try setpoint.command(value), tag: "setpoint", holds: raw, state: state)
    }

    // A plain payload has no room for names.
    guard form != .plain else {
      let mode = try await entity(site, "number", "mode")
      return try await control(
        site, simulation, mode, sends: try mode.command("1"), tag: "mode", holds: 1, state: "1")
    }
    let mode = try await entity(site, "select", "mode")
    #expect(mode.options == ["off", "auto", "by \"hand\""])
    for (raw, option) in try #require(mode.options).enumerated().reversed() {
      try await control(
        site, simulation, mode, sends: try mode.command(option), tag: "mode", holds: Double(raw), state: option)
    }
  }
}
