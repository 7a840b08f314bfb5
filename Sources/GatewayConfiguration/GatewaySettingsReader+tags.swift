import Telemetry

extension GatewaySettingsReader {
  static let tagKeys =
    [
      "name", "coil", "discrete", "holding", "input", "type", "order", "scale", "offset", "unit", "deadband",
      "writable",
    ] + presentationKeys
  static let tables: [(String, RegisterTable)] = [
    ("coil", .coil), ("discrete", .discreteInput), ("holding", .holdingRegister), ("input", .inputRegister),
  ]

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
    let deadband = deadband(section) ?? publishing.deadband
    let write = writeLimits(section, point)
    let presentation = presentation(
      section, unit: unit ?? "", type: point?.type.valueType, isWritable: write != nil)
    guard let point, let unit, let scaling else { return nil }
    var settings = TagSettings(
      definition: TagDefinition(name: name, type: point.type.valueType, scaling: scaling, unit: unit),
      source: .register(point), write: write, deadband: deadband)
    settings.presentation = presentation
    return settings
  }

  private mutating func point(_ section: Section) -> RegisterPoint? {
    let given = Self.tables.filter { section.has($0.0) }
    guard given.count == 1, let (key, table) = given.first else {
      let found = given.map { "'\($0.0)'" }.joined(separator: " and ")
      problems.error(
        section.node,
        "\(section.title) needs exactly one of coil, discrete, holding, input"
          + (given.isEmpty ? "" : ", not \(found)"), hint: "for example: holding: 100")
      return nil
    }
    let types = RegisterType.allCases.map { ($0.rawValue, $0) }
    var isGood = true
    var type: RegisterType = table.isBits ? .bool : .uint16
    if section.has("type") {
      if let chosen = section.choice("type", types, &problems) { type = chosen } else { isGood = false }
    }
    var order = WordOrder.bigBig
    if section.has("order") {
      let orders = WordOrder.allCases.map { ($0.rawValue, $0) }
      if let chosen = section.choice("order", orders, &problems) { order = chosen } else { isGood = false }
    }
    if table.isBits, type != .bool {
      problems.error(
        section.keyNode("type"),
        "a \(table.name) holds one bit, so \(section.title) cannot be of type \(type.rawValue)",
        hint: "leave the type out, or read a register (holding, input)")
      isGood = false
    }
    let span = table.isBits ? 1 : type.registerCount
    guard let address = section.integer(key, 0...(65_536 - span), &problems), isGood else { return nil }
    return RegisterPoint(table: table, address: UInt16(address), type: type, order: order)
  }

  private mutating func unitText(_ section: Section) -> String? {
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

  private mutating func scaling(_ section: Section, type: RegisterType?) -> Scaling? {
    guard section.has("scale") || section.has("offset") else { return .identity }
    if type == .bool {
      let key = section.has("scale") ? "scale" : "offset"
      problems.error(
        section.keyNode(key), "\(section.title) is a bool and has no \(key)", hint: "remove it, or set another type")
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
