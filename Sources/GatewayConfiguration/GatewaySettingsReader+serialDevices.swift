import SerialSensors
import Telemetry

/// Devices that speak no Modbus.
extension GatewaySettingsReader {
  static let serialDeviceKeys = [
    "format", "pattern", "where", "separator", "columns", "header", "assign", "checksum", "request", "timeout",
    "retries", "stale-after", "address", "crc",
  ]

  private enum Format: String, CaseIterable {
    case pattern, json, csv, nmea
    case keyValue = "key-value"
    case sdi12 = "sdi-12"
  }

  /// Which keys belong to which format.
  private static let formatKeys: [Format: Set<String>] = [
    .pattern: ["pattern"], .json: ["where"], .csv: ["where", "separator", "columns", "header"],
    .keyValue: ["where", "separator", "assign"], .nmea: ["checksum"], .sdi12: ["address", "crc"],
  ]

  /// A device whose name and bus were read.
  mutating func serialDevice(
    _ section: Section, _ name: String?, bus: Int, _ lines: SerialLinesSettings, isUsable: Bool
  ) -> ReadDevice? {
    let others = Self.readKeys.filter { !Self.serialDeviceKeys.contains($0) }
    for key in ["unit", "profile", "profile-offset", "write-functions"] + others where section.has(key) {
      problems.error(
        section.keyNode(key), "'\(key)' has no meaning for \(section.title), which speaks no Modbus", hint: "remove it")
    }
    let every = section.duration("every", .milliseconds(10) ... .seconds(86_400), &problems)
    let publishing = publishing(section, over: self.publishing)
    taken["tags of \(section.title)"] = nil
    var names: [String] = []
    var tags: [TagSettings] = []
    var fields: [(point: FieldPoint, node: YAMLNode)] = []
    let example = "{ name: temperature, field: T }"
    if section.require("tags", example: "[ \(example) ]", &problems) {
      let items = section.list("tags", limit: Self.maximumTagsPerDevice, example: example, &problems)
      if items.isEmpty, case .sequence = section.value("tags")?.content {
        problems.error(
          section.keyNode("tags"), "\(section.title) has an empty list of tags", hint: "for example:  - \(example)")
      }
      for item in items {
        guard let (tag, point, node) = fieldTag(item, of: section.title, publishing, &names) else { continue }
        tags.append(tag)
        fields.append((point, node))
      }
    }
    checkTopics(tags, publishing, section)
    checkTextCount(fields.map(\.point), section)
    let serial = speech(section, on: lines, every: every, fields: fields)
    guard let name else { return nil }
    guard let serial, isUsable, tags.count == names.count else {
      return ReadDevice(name: name, bus: bus, settings: nil, tagNames: names)
    }
    var settings = DeviceSettings(
      name: name, bus: bus, unit: 0, serial: serial, scanInterval: every ?? .zero, tags: tags)
    settings.publishing = publishing
    return ReadDevice(name: name, bus: bus, settings: settings, tagNames: names)
  }

  /// - Parameter fields: with their nodes, to say where one is wrong.
  private mutating func speech(
    _ section: Section, on bus: SerialLinesSettings, every: Duration?, fields: [(point: FieldPoint, node: YAMLNode)]
  ) -> SerialDevice? {
    guard let format = format(section, on: bus) else { return nil }
    refuseOthers(format, section)
    guard format != .sdi12 else { return sdi12(section, every: every, fields) }
    guard let message = message(format, section) else { return nil }
    let conditions = conditions(section)
    let good = check(message, conditions, section, fields)
    var device = SerialDevice(.pushes(message, where: conditions))
    device.staleAfter =
      section.duration("stale-after", .milliseconds(100) ... .seconds(30 * 86_400), &problems)
      ?? max(.seconds(60), (every ?? .zero) * 3)
    guard section.has("request") else {
      for key in ["timeout", "retries"] where section.has(key) {
        problems.error(
          section.keyNode(key), "'\(key)' has no meaning for \(section.title), which is not asked",
          hint: "remove it, or say what to send: request: \"READ\\r\\n\"")
      }
      return good ? device : nil
    }
    if section.has("stale-after") {
      problems.error(
        section.keyNode("stale-after"), "'stale-after' has no meaning for \(section.title), which is asked at 'every'",
        hint: "remove it; without an answer its tags are bad at once")
    }
    guard let request = request(section) else { return nil }
    if every == nil { _ = section.require("every", example: "1s", &problems) }
    device.speech = .answers(message, where: conditions, request)
    return good ? device : nil
  }

  private mutating func format(_ section: Section, on bus: SerialLinesSettings) -> Format? {
    let all = Format.allCases.map { ($0.rawValue, $0) }
    var format: Format? = section.has("pattern") ? .pattern : bus.sdi12 != nil ? .sdi12 : nil
    if section.has("format") {
      format = section.choice("format", all, &problems)
      guard format != nil else { return nil }
    } else if format == nil {
      problems.error(
        section.node, "\(section.title) has no 'format'",
        hint: "one of: \(all.map(\.0).joined(separator: ", ")); with 'pattern' or on an sdi-12 bus it is clear without")
      return nil
    }
    guard (format == .sdi12) == (bus.sdi12 != nil) else {
      problems.error(
        section.has("format") ? section.keyNode("format") : section.node,
        format == .sdi12
          ? "\(section.title) speaks SDI-12, and its bus is none"
          : "\(section.title) is on an SDI-12 bus and speaks something else",
        hint: format == .sdi12
          ? "give the bus the kind of its adapter: sdi-12: transparent, or sdi-12: commands"
          : "an SDI-12 bus has SDI-12 sensors only")
      return nil
    }
    return format
  }

  private mutating func refuseOthers(_ format: Format, _ section: Section) {
    var meant = Self.formatKeys[format] ?? []
    if format != .sdi12 { meant.formUnion(["request", "timeout", "retries", "stale-after"]) }
    for key in Self.serialDeviceKeys where key != "format" && !meant.contains(key) && section.has(key) {
      problems.error(
        section.keyNode(key), "'\(key)' has no meaning for a device of format \(format.rawValue)", hint: "remove it")
    }
  }

  private mutating func message(_ format: Format, _ section: Section) -> MessageFormat? {
    switch format {
    case .pattern:
      guard section.require("pattern", example: "'T=(?<temperature>[-+.0-9]+)'", &problems) else { return nil }
      return section.text("pattern", &problems).map { .pattern($0) }
    case .json: return .json
    case .csv: return csv(section).map { .csv($0) }
    case .keyValue:
      let separator = character("separator", section)
      let assignment = character("assign", section)
      return .keyValue(KeyValueLayout(separator: separator, assignment: assignment))
    case .nmea:
      let isOptional = section.choice("checksum", [("required", false), ("optional", true)], &problems) ?? false
      return .nmea(NMEALayout(acceptsMissingChecksum: isOptional))
    case .sdi12: return nil
    }
  }

  private mutating func csv(_ section: Section) -> CSVLayout? {
    var layout = CSVLayout(separator: character("separator", section) ?? UInt8(ascii: ","))
    let hasHeader = section.flag("header", &problems) ?? false
    if hasHeader { layout.columns = .header }
    guard section.has("columns"), let node = section.value("columns") else { return layout }
    guard !hasHeader else {
      problems.error(
        section.keyNode("columns"), "\(section.title) has both 'columns' and 'header'",
        hint: "with header: true the sensor names its columns itself")
      return nil
    }
    if case .scalar = node.content {
      layout.count = section.integer("columns", 1...512, &problems)
      return layout
    }
    let items = section.list("columns", limit: 512, example: "temperature", &problems)
    var names: [String] = []
    for item in items {
      guard case .scalar(let name, _) = item.content, !name.isEmpty else {
        problems.error(item, "a column of \(section.title) must be a name, not \(item.kindName)")
        return nil
      }
      names.append(name)
    }
    guard !names.isEmpty else { return nil }
    layout.columns = .named(names)
    return layout
  }

  /// One ASCII character, or `tab`, `space`.
  private mutating func character(_ key: String, _ section: Section) -> UInt8? {
    guard let node = section.value(key), let text = section.text(key, &problems) else { return nil }
    switch text {
    case "tab": return 0x09
    case "space": return 0x20
    default:
      if text.utf8.count == 1, let byte = text.utf8.first, byte < 0x7f, byte != UInt8(ascii: "\"") { return byte }
    }
    problems.error(
      node, "'\(key)' of \(section.title) cannot be '\(text.prefix(20))'",
      hint: "it is one character, or the word tab or space, for example: \(key): \";\"")
    return nil
  }

  private mutating func conditions(_ section: Section) -> [FieldCondition] {
    guard let node = section.value("where") else { return [] }
    guard case .mapping(let entries) = node.content, entries.count <= 16 else {
      problems.error(
        node, "'where' of \(section.title) must be a mapping of fields to texts, not \(node.kindName)",
        hint: "for example: where: { model: TX29, id: 12 }")
      return []
    }
    return entries.compactMap { entry in
      guard case .scalar(let field, _) = entry.key.content, case .scalar(let text, _) = entry.value.content else {
        problems.error(entry.value, "a condition of \(section.title) must be one text, not \(entry.value.kindName)")
        return nil
      }
      return FieldCondition(field: field, text: text)
    }
  }

  private mutating func request(_ section: Section) -> InstrumentRequest? {
    guard section.text("request", &problems) != nil, let node = section.value("request") else { return nil }
    guard let bytes = sentBytes("request", section) else { return nil }
    guard bytes.count <= InstrumentRequest.maximumLength else {
      problems.error(
        node, "'request' of \(section.title) has \(bytes.count) bytes",
        hint: "allowed: at most \(InstrumentRequest.maximumLength)")
      return nil
    }
    var request = InstrumentRequest(bytes: bytes)
    request.timeout =
      section.duration("timeout", .milliseconds(10) ... .seconds(60), &problems) ?? request.timeout
    request.retries = section.integer("retries", 0...5, &problems) ?? request.retries
    return request
  }

  /// Makes the format ready, as the daemon will; says what is wrong at its place.
  private mutating func check(
    _ format: MessageFormat, _ conditions: [FieldCondition], _ section: Section,
    _ fields: [(point: FieldPoint, node: YAMLNode)]
  ) -> Bool {
    do throws(FormatError) {
      _ = try MessageReader(format, where: conditions, points: fields.map(\.point))
      return true
    } catch {
      if let index = error.field {
        let node = fields.indices.contains(index) ? fields[index].node : section.value("where") ?? section.node
        let word = fields.indices.contains(index) ? "'field'" : "'where'"
        problems.error(node, "\(word) of \(section.title) \(error.message)", hint: error.hint)
      } else {
        problems.error(
          section.value("pattern") ?? section.node, "'pattern' of \(section.title) \(error.message)", hint: error.hint)
      }
      return false
    }
  }

  private mutating func sdi12(
    _ section: Section, every: Duration?, _ fields: [(point: FieldPoint, node: YAMLNode)]
  ) -> SerialDevice? {
    if every == nil { _ = section.require("every", example: "60s", &problems) }
    var isGood = true
    for (_, node) in fields.filter({ $0.point.type == .string }) {
      isGood = false
      problems.error(
        node, "\(section.title) speaks SDI-12 and cannot have a string", hint: "its values are numbers; remove 'type'")
    }
    for (point, node) in fields where SDI12Command.field(point.field) == nil {
      isGood = false
      problems.error(
        node, "'field' of \(section.title) cannot be '\(point.field)'",
        hint:
          "it is the number of a value of the command M, or COMMAND.NUMBER with M, M1 to M9, C, C1 to C9, R0 to R9: "
          + "C1.2")
    }
    guard section.require("address", example: "0", &problems), let text = section.text("address", &problems),
      let node = section.value("address")
    else { return nil }
    guard text.utf8.count == 1, let address = text.utf8.first, SDI12Sensor.isAddress(address) else {
      problems.error(
        node, "'address' of \(section.title) cannot be '\(text.prefix(20))'",
        hint: "it is one digit or letter; sensors leave the factory with 0")
      return nil
    }
    let hasChecksum = section.flag("crc", &problems) ?? false
    return isGood ? SerialDevice(.sdi12(SDI12Sensor(address: address, hasChecksum: hasChecksum))) : nil
  }
}
