import GatewayConfiguration
import JSONText
import Telemetry

/// One tag's discovery message, without device and origin.
struct TagEntity {
  let device: DeviceSettings
  let tag: TagSettings
  let topics: MQTTTopics

  private var name: String { tag.definition.name }
  private var component: Component { Component(tag, device.publishing) }
  private var hasLabels: Bool { Component.hasLabels(tag, device.publishing) }

  func write(to json: inout JSONWriter) {
    json.member("name", tag.presentation.label ?? name.split(separator: "_").joined(separator: " "))
    json.member("unique_id", topics.identity([device.name, name]))
    json.member("icon", ifPresent: tag.presentation.icon)
    json.member("qos", device.publishing.qualityOfService)
    writeState(to: &json)
    switch component {
    case .sensor: writeMeaning(to: &json, hasStateClass: true)
    case .binarySensor:
      json.member("payload_on", on)
      json.member("payload_off", off)
      json.member("device_class", ifPresent: tag.presentation.deviceClass)
    case .control: writeSwitch(to: &json)
    case .number: writeNumber(to: &json)
    case .select: writeSelect(to: &json)
    }
    json.array("availability") { json in
      json.object { topics.writeGatewayAvailability(to: &$0) }
      json.object { $0.member("topic", topics.status(device.name)) }
    }
    json.member("availability_mode", "all")
  }

  // MARK: State

  private var isOnOwnTopic: Bool { !device.publishing.topics.hasDevice }
  private var isPlain: Bool { isOnOwnTopic && device.publishing.tagPayload == .plain }
  /// How a template writes true and false: plain payloads are JSON's, the others Python's.
  private var on: String { isPlain ? "true" : "True" }
  private var off: String { isPlain ? "false" : "False" }

  /// Home Assistant takes the word `None`, which is what a template makes of null, for an unknown state. `values` must be
  /// asked for in brackets, because with a point it is a function of every dictionary in templates.
  private func writeState(to json: inout JSONWriter) {
    let template: String
    if isPlain {
      template = "{{ 'None' if value == 'null' else value }}"
    } else if hasLabels {
      // A value without a name is none of those that there should be: unknown.
      let label = isOnOwnTopic ? "value_json['label']" : "value_json['labels']['\(name)']"
      template = "{{ \(label) | default('None', true) }}"
    } else if isOnOwnTopic {
      template = "{{ value_json['value'] }}"
    } else {
      template = "{{ value_json['values']['\(name)'] }}"
    }
    json.member("state_topic", isOnOwnTopic ? topics.tag(name, of: device.name) : topics.device(device.name))
    json.member("value_template", template)
  }

  // MARK: What the value means

  private func writeMeaning(to json: inout JSONWriter, hasStateClass: Bool) {
    // What is no number has no unit, and nothing that could be counted over time.
    guard !hasLabels else { return json.member("device_class", "enum") }
    guard [ValueType.integer, .float32, .float64].contains(tag.definition.type) else { return }
    let meaning = UnitMeaning(unit: tag.definition.unit, tag: name)
    json.member("unit_of_measurement", ifPresent: meaning.unit)
    let deviceClass = tag.presentation.deviceClass ?? meaning.deviceClass
    json.member("device_class", ifPresent: deviceClass)
    guard hasStateClass else { return }
    var state = tag.presentation.stateClass ?? meaning.stateClass
    // A class that the configuration chose may count in another way than the unit suggests.
    if tag.presentation.stateClass == nil, let deviceClass, let known = SensorClass.named(deviceClass) {
      state = known.stateClasses.contains(.measurement) ? .measurement : .totalIncreasing
    }
    json.member("state_class", state.rawValue)
  }

  // MARK: Commands

  private func writeSwitch(to json: inout JSONWriter) {
    json.member("command_topic", topics.command(device.name))
    json.member("payload_on", "{\"\(name)\":true}")
    json.member("payload_off", "{\"\(name)\":false}")
    json.member("state_on", on)
    json.member("state_off", off)
    json.member("device_class", ifPresent: tag.presentation.deviceClass)
  }

  private func writeSelect(to json: inout JSONWriter) {
    json.member("command_topic", topics.command(device.name))
    // As JSON, because a name may have quotation marks.
    json.member("command_template", "{\"\(name)\":{{ value | tojson }}}")
    json.array("options") { json in for known in tag.definition.names { json.string(known.name) } }
  }

  private func writeNumber(to json: inout JSONWriter) {
    let range = NumberRange(tag)
    json.member("command_topic", topics.command(device.name))
    json.member("command_template", "{\"\(name)\":{{ value }}}")
    json.member("min", range.minimum)
    json.member("max", range.maximum)
    json.member("step", range.step)
    json.member("mode", "box")
    writeMeaning(to: &json, hasStateClass: false)
  }
}
