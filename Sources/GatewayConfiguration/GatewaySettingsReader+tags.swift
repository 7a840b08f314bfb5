import Telemetry

extension GatewaySettingsReader {
  static let tagKeys =
    ["name", "unit", "deadband", "writable", "stale-after"] + pointKeys + scalingKeys + treatmentKeys
    + presentationKeys
  static let scalingKeys = ["scale", "offset"]

  /// - Parameter names: gets the tag's name also when something else in it is wrong.
  mutating func tag(
    _ node: YAMLNode, of device: String, _ publishing: PublishingSettings, _ names: inout [String]
  ) -> TagSettings? {
    guard var section = Section(node, "a tag of \(device)", keys: Self.tagKeys, &problems) else { return nil }
    guard let name = section.name("name", example: "temperature", &problems) else { return nil }
    section.title = "tag '\(name)' of \(device)"
    claim(name, "tags", of: device, at: section.value("name") ?? node)
    names.append(name)
    let point = point(section)
    let unit = unitText(section)
    let scaling = scaling(section, type: point?.type)
    let treatment = treatment(section, point)
    let valueNames = valueNames(section, point)
    let deadband = deadband(section) ?? publishing.deadband
    let write = writeLimits(section, point)
    let presentation = presentation(
      section, unit: unit ?? "", type: point?.type.valueType, isWritable: write != nil)
    guard let point, let unit, let scaling else { return nil }
    if write != nil { checkWritable(section, point) }
    let type = treatment.scaleFactor == nil ? point.type.valueType : .float64
    var settings = TagSettings(
      definition: TagDefinition(name: name, type: type, scaling: scaling, unit: unit, names: valueNames),
      source: .register(point), treatment: treatment, write: write, deadband: deadband)
    settings.presentation = presentation
    return settings
  }

  mutating func unitText(_ section: Section) -> String? {
    guard section.has("unit") else { return "" }
    guard let text = section.text("unit", &problems) else { return nil }
    guard text.utf8.count <= 32 else {
      problems.error(
        section.value("unit") ?? section.node, "'unit' of \(section.title) has \(text.utf8.count) bytes",
        hint: "allowed: at most 32")
      return nil
    }
    return text
  }

  mutating func scaling(_ section: Section, type: RegisterType?) -> Scaling? {
    guard section.has("scale") || section.has("offset") else { return .identity }
    if let type, type == .bool || type == .string {
      let key = section.has("scale") ? "scale" : "offset"
      problems.error(
        section.keyNode(key), "\(section.title) is a \(type.rawValue) and has no \(key)",
        hint: "remove it, or set another type")
      return nil
    }
    let scale = section.has("scale") ? section.decimal("scale", &problems) : .one
    let offset = section.has("offset") ? section.decimal("offset", &problems) : .zero
    guard let scale, let offset else { return nil }
    guard scale.units != 0 else {
      problems.error(
        section.value("scale") ?? section.node,
        "'scale' of \(section.title) is 0, which would make every value the same",
        hint: "for example: scale: 0.1")
      return nil
    }
    guard let scaling = Scaling(multiplier: scale, offset: offset) else {
      problems.error(
        section.node, "'scale' and 'offset' of \(section.title) have too many digits together",
        hint: "at most 15 digits when both are written with the same number of digits after the point")
      return nil
    }
    return scaling
  }
}
