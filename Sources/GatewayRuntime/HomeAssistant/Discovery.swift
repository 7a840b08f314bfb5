import GatewayConfiguration
import JSONText
import Telemetry

/// Discovery messages for Home Assistant: which entities there are, and each one's topic and content. Pure.
///
/// One message an entity under `PREFIX/COMPONENT/NODE/OBJECT/config` ("MQTT Discovery" in Home Assistant's documentation of
/// its MQTT integration): the form that every version since 2017 and other programs read. Format: `docs/home-assistant.md`.
struct Discovery: Sendable {
  let prefix: String
  let settings: GatewaySettings
  let topics: MQTTTopics
  let version: String
  /// In the order in which they are announced.
  let entities: [DiscoveryEntity]

  /// Nil when the configuration does not ask for it.
  init?(_ settings: GatewaySettings, alarms: [String], version: String) {
    guard let prefix = settings.broker?.homeAssistant else { return nil }
    self.prefix = prefix
    self.settings = settings
    self.version = version
    topics = MQTTTopics(settings)
    var entities = alarms.map { DiscoveryEntity.alarm($0) }
    if settings.central != nil { entities.append(.central) }
    for (device, definition) in settings.devices.enumerated() {
      entities += definition.tags.indices.map { .tag(device: device, tag: $0) }
    }
    self.entities = entities
  }

  /// Home Assistant says `online` there after its start.
  var birthTopic: String { "\(prefix)/status" }

  func topic(_ entity: DiscoveryEntity) -> String {
    switch entity {
    case .tag(let device, let tag):
      let definition = settings.devices[device]
      let kind = Component(definition.tags[tag], definition.publishing)
      return path(kind.rawValue, [definition.name, definition.tags[tag].definition.name])
    case .alarm(let name): return path("binary_sensor", ["alarms", name])
    case .central: return path("binary_sensor", ["status", "central"])
    }
  }

  func payload(_ entity: DiscoveryEntity) -> [UInt8] {
    JSONWriter.object { json in
      switch entity {
      case .tag(let device, let tag):
        TagEntity(device: settings.devices[device], tag: settings.devices[device].tags[tag], topics: topics)
          .write(to: &json)
        writeDevice(settings.devices[device].name, to: &json)
      case .alarm(let name):
        writeGatewayEntity("Alarm \(label(name))", ["alarms", name], to: &json)
        json.member("device_class", "problem")
        json.member("state_topic", topics.alarm(name))
        json.member("value_template", "{{ value_json.active }}")
        json.member("json_attributes_topic", topics.alarm(name))
        writeDevice(nil, to: &json)
      case .central:
        writeGatewayEntity("Central", ["status", "central"], to: &json)
        json.member("device_class", "connectivity")
        json.member("entity_category", "diagnostic")
        json.member("state_topic", topics.status)
        json.member("value_template", "{{ value_json.central == 'online' }}")
        writeDevice(nil, to: &json)
      }
      writeOrigin(to: &json)
    }
  }

  // MARK: Parts

  /// Topics allow letters, digits, `_` and `-` there. What a name has besides, and the border between two names, is written
  /// as `-` and two hexadecimal digits.
  private func path(_ component: String, _ names: [String]) -> String {
    let escaped = names.map { $0.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "-2e") }
    let node = settings.gateway.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "-2e")
    return "\(prefix)/\(component)/fieldgate-\(node)/\(escaped.joined(separator: "-2f"))/config"
  }

  private func writeGatewayEntity(_ name: String, _ identity: [String], to json: inout JSONWriter) {
    json.member("name", name)
    json.member("unique_id", topics.identity(identity))
    json.member("payload_on", "True")
    json.member("payload_off", "False")
    json.array("availability") { json in json.object { topics.writeGatewayAvailability(to: &$0) } }
  }

  private func label(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

  /// - Parameter name: nil for the gateway itself.
  private func writeDevice(_ name: String?, to json: inout JSONWriter) {
    json.object("device") { json in
      json.array("identifiers") { $0.string(topics.identity(name.map { [$0] } ?? [])) }
      json.member("name", name ?? settings.gateway)
      if name == nil {
        json.member("manufacturer", "Fieldgate")
        json.member("model", "gateway")
        json.member("sw_version", version)
      } else {
        json.member("via_device", topics.identity([]))
      }
    }
  }

  private func writeOrigin(to json: inout JSONWriter) {
    json.object("origin") { json in
      json.member("name", "fieldgate")
      json.member("sw_version", version)
    }
  }
}

extension MQTTTopics {
  /// The same for ever, whatever names people give in Home Assistant.
  func identity(_ names: [String]) -> String { ([root] + names).joined(separator: "/") }

  func writeGatewayAvailability(to json: inout JSONWriter) {
    json.member("topic", status)
    json.member("value_template", "{{ 'online' if value_json.state == 'online' else 'offline' }}")
  }
}
