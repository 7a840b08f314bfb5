import Telemetry

/// How Home Assistant is told of tags: `home-assistant` of the broker, and keys of tags.
extension GatewaySettingsReader {
  static let presentationKeys = ["device-class", "state-class", "icon", "label"]

  /// `true`, `false` or `{ prefix: … }`; the discovery prefix, nil when it is off.
  mutating func homeAssistant(_ section: Section) -> String? {
    guard let node = section.value("home-assistant") else { return nil }
    switch node.content {
    case .scalar("true", false): return "homeassistant"
    case .scalar("false", false): return nil
    default: break
    }
    guard let inner = Section(node, "home-assistant of broker", keys: ["prefix"], &problems) else { return nil }
    return topic("prefix", inner) ?? "homeassistant"
  }

  mutating func presentation(_ section: Section, unit: String, type: ValueType?, isWritable: Bool) -> TagPresentation {
    var settings = TagPresentation()
    if let text = section.text("label", &problems), let node = section.value("label") {
      if text.utf8.count <= 64 {
        settings.label = text
      } else {
        problems.error(node, "'label' of \(section.title) has \(text.utf8.count) bytes", hint: "allowed: at most 64")
      }
    }
    settings.icon = icon(section)
    guard let type else { return settings }
    if section.has("device-class") {
      settings.deviceClass =
        type == .boolean ? binaryClass(section, isWritable) : sensorClass(section, unit: unit)
    }
    if section.has("state-class") {
      if type == .boolean {
        problems.error(
          section.keyNode("state-class"), "\(section.title) is a bool and has no state-class", hint: "remove it")
      } else {
        settings.stateClass = stateClass(section, settings.deviceClass ?? UnitMeaning(unit: unit, tag: "").deviceClass)
      }
    }
    return settings
  }

  private mutating func icon(_ section: Section) -> String? {
    guard let text = section.text("icon", &problems), let node = section.value("icon") else { return nil }
    let name = text.dropFirst(4)
    let isGood =
      text.hasPrefix("mdi:") && (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { ($0 >= 97 && $0 <= 122) || ($0 >= 48 && $0 <= 57) || $0 == 45 }
    guard isGood else {
      problems.error(
        node, "'icon' of \(section.title) cannot be '\(text.prefix(70))'",
        hint: "a name of Material Design Icons, for example: icon: mdi:pump")
      return nil
    }
    return text
  }

  private mutating func binaryClass(_ section: Section, _ isWritable: Bool) -> String? {
    let known = isWritable ? BinaryClass.switches : BinaryClass.sensors
    return section.choice("device-class", known.map { ($0, $0) }, &problems)
  }

  private mutating func sensorClass(_ section: Section, unit: String) -> String? {
    let classes = SensorClass.all.map { ($0.name, $0) }
    guard let chosen = section.choice("device-class", classes, &problems) else { return nil }
    let spelled = UnitMeaning.spelling(unit)
    let isAcidity = chosen.name == "ph" && unit.lowercased() == "ph"
    guard !chosen.units.contains(spelled), !isAcidity else { return chosen.name }
    let allowed = chosen.units.map { $0.isEmpty ? "no unit" : $0 }.joined(separator: ", ")
    problems.error(
      section.value("device-class") ?? section.node,
      "\(section.title) has \(unit.isEmpty ? "no unit" : "the unit '\(unit)'"), which Home Assistant does not allow for "
        + "the device-class '\(chosen.name)'", hint: "it allows: \(allowed)")
    return nil
  }

  private mutating func stateClass(_ section: Section, _ deviceClass: String?) -> SensorClass.StateClass? {
    let states = SensorClass.StateClass.allCases.map { ($0.rawValue, $0) }
    guard let chosen = section.choice("state-class", states, &problems) else { return nil }
    guard let deviceClass, let known = SensorClass.named(deviceClass), !known.stateClasses.contains(chosen) else {
      return chosen
    }
    problems.error(
      section.value("state-class") ?? section.node,
      "'state-class' of \(section.title) cannot be '\(chosen.rawValue)' for the device-class '\(deviceClass)'",
      hint: "allowed: \(known.stateClasses.map(\.rawValue).joined(separator: ", "))")
    return nil
  }
}
