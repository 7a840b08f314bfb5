import SerialSensors
import Telemetry

/// Tags of devices that speak no Modbus.
extension GatewaySettingsReader {
  static let fieldKeys =
    [
      "name", "field", "type", "decimal", "true-words", "false-words", "encoding", "scale", "offset", "unit",
      "deadband",
      "writable",
    ] + treatmentKeys.filter { $0 != "scale-factor" } + presentationKeys

  /// - Parameter names: gets the tag's name also when something else in it is wrong.
  /// - Returns: the tag, and where its field stands.
  mutating func fieldTag(
    _ node: YAMLNode, of device: String, _ publishing: PublishingSettings, _ names: inout [String]
  ) -> (tag: TagSettings, point: FieldPoint, node: YAMLNode)? {
    guard var section = Section(node, "a tag of \(device)", keys: Self.fieldKeys, &problems) else { return nil }
    guard let name = section.name("name", example: "temperature", &problems) else { return nil }
    section.title = "tag '\(name)' of \(device)"
    claim(name, "tags", of: device, at: section.value("name") ?? node)
    names.append(name)
    let point = fieldPoint(section, name)
    let unit = unitText(section)
    let scaling = scaling(section, type: point.map { [.bool, .string].contains($0.type) ? $0.type.alike : .float64 })
    // What a value means does not depend on where it came from.
    let alike = point.map { RegisterPoint(table: .holdingRegister, address: 0, type: $0.type.alike) }
    let treatment = treatment(section, alike)
    let valueNames = valueNames(section, alike)
    let deadband = deadband(section) ?? publishing.deadband
    let presentation = presentation(section, unit: unit ?? "", type: point?.type.valueType, isWritable: false)
    if section.flag("writable", &problems) == true {
      problems.error(
        section.keyNode("writable"), "\(section.title) is a field of a message and cannot be written", hint: "remove it"
      )
    }
    guard let point, let unit, let scaling else { return nil }
    let definition = TagDefinition(
      name: name, type: point.type.valueType, scaling: scaling, unit: unit, names: valueNames)
    var settings = TagSettings(
      definition: definition, source: .field(point), treatment: treatment, deadband: deadband)
    settings.presentation = presentation
    return (settings, point, section.value("field") ?? node)
  }

  /// Without `field`, the tag's own name is the field.
  private mutating func fieldPoint(_ section: Section, _ name: String) -> FieldPoint? {
    var point = FieldPoint(field: name)
    if section.has("field") {
      guard let text = section.text("field", &problems) else { return nil }
      guard text.utf8.count <= 128 else {
        problems.error(
          section.value("field") ?? section.node, "'field' of \(section.title) has \(text.utf8.count) bytes",
          hint: "allowed: at most 128")
        return nil
      }
      point.field = text
    }
    if section.has("type") {
      let types = FieldType.allCases.map { ($0.rawValue, $0) }
      guard let type = section.choice("type", types, &problems) else { return nil }
      point.type = type
    }
    point.hasDecimalComma = section.choice("decimal", [("point", false), ("comma", true)], &problems) ?? false
    if point.hasDecimalComma, point.type != .number {
      problems.error(
        section.keyNode("decimal"), "\(section.title) is of type \(point.type.rawValue) and has no decimal comma",
        hint: "remove it")
      return nil
    }
    guard section.has("encoding") else { return words(section, point) }
    guard point.type == .string else {
      problems.error(
        section.keyNode("encoding"), "\(section.title) is no string and has no 'encoding'",
        hint: "remove it, or: type: string")
      return nil
    }
    let encodings = TextEncoding.allCases.map { ($0.rawValue, $0) }
    guard let encoding = section.choice("encoding", encodings, &problems) else { return nil }
    point.encoding = encoding
    return words(section, point)
  }

  /// As many strings of a serial sensor as can be as long as texts may be, 512 bytes:
  /// a scan always fits into a frame, and that into a batch.
  static let maximumFieldTexts = 64

  mutating func checkTextCount(_ points: [FieldPoint], _ section: Section) {
    let count = points.count { $0.type == .string }
    guard count > Self.maximumFieldTexts else { return }
    problems.error(
      section.keyNode("tags"), "\(section.title) has \(count) strings",
      hint: "allowed: \(Self.maximumFieldTexts); make two devices of it")
  }

  private mutating func words(_ section: Section, _ point: FieldPoint) -> FieldPoint? {
    let keys = ["true-words", "false-words"]
    let given = keys.filter(section.has)
    guard !given.isEmpty else { return point }
    guard point.type == .bool, given.count == 2 else {
      problems.error(
        section.keyNode(given[0]),
        point.type == .bool
          ? "\(section.title) has '\(given[0])' alone" : "'\(given[0])' has no meaning for type \(point.type.rawValue)",
        hint: "a bool has both, for example: type: bool, true-words: [ST], false-words: [US]")
      return nil
    }
    var result = point
    for key in keys {
      var words: [String] = []
      for item in section.list(key, limit: 32, example: "ST", &problems) {
        guard case .scalar(let word, _) = item.content, !word.isEmpty else {
          problems.error(item, "a word of '\(key)' of \(section.title) must be a text, not \(item.kindName)")
          return nil
        }
        words.append(word)
      }
      guard !words.isEmpty else { return nil }
      if key == "true-words" { result.trueWords = words } else { result.falseWords = words }
    }
    return result
  }
}

extension FieldType {
  /// The register type with the same values.
  fileprivate var alike: RegisterType {
    switch self {
    case .number: .float64
    case .integer, .hex: .int64
    case .bool: .bool
    case .string: .string
    }
  }
}
