import Telemetry

/// Where a tag's value stands in a Modbus device.
extension GatewaySettingsReader {
  static let pointKeys = [
    "coil", "discrete", "holding", "input", "type", "order", "bits", "byte", "length", "encoding",
  ]
  static let tables: [(String, RegisterTable)] = [
    ("coil", .coil), ("discrete", .discreteInput), ("holding", .holdingRegister), ("input", .inputRegister),
  ]

  mutating func point(_ section: Section) -> RegisterPoint? {
    let given = Self.tables.filter { section.has($0.0) }
    guard given.count == 1, let (key, table) = given.first else {
      let found = given.map { "'\($0.0)'" }.joined(separator: " and ")
      problems.error(
        section.node,
        "\(section.title) needs exactly one of coil, discrete, holding, input"
          + (given.isEmpty ? "" : ", not \(found)"), hint: "for example: holding: 100")
      return nil
    }
    let type = registerType(section, table)
    var order = WordOrder.bigBig
    var isGood = type != nil
    if section.has("order") {
      let orders = WordOrder.allCases.map { ($0.rawValue, $0) }
      if let chosen = section.choice("order", orders, &problems) { order = chosen } else { isGood = false }
    }
    var point = RegisterPoint(table: table, address: 0, type: type ?? .uint16, order: order)
    if type != nil {
      isGood = readText(section, &point) && isGood
      isGood = readBits(section, &point) && isGood
    }
    guard let address = section.integer(key, 0...(65_536 - point.entryCount), &problems), isGood else { return nil }
    point.address = UInt16(address)
    return point
  }

  private mutating func registerType(_ section: Section, _ table: RegisterTable) -> RegisterType? {
    guard section.has("type") else {
      if table.isBits { return .bool }
      // Some bits of a register are a number of their own; one bit is a switch.
      if case .scalar(let text, _) = section.value("bits")?.content, Int(text) != nil { return .bool }
      return .uint16
    }
    let types = RegisterType.allCases.map { ($0.rawValue, $0) }
    guard let type = section.choice("type", types, &problems) else { return nil }
    guard table.isBits, type != .bool else { return type }
    problems.error(
      section.keyNode("type"),
      "a \(table.name) holds one bit, so \(section.title) cannot be of type \(type.rawValue)",
      hint: "leave the type out, or read a register (holding, input)")
    return nil
  }

  /// `length` and `encoding`, which only strings have.
  private mutating func readText(_ section: Section, _ point: inout RegisterPoint) -> Bool {
    guard point.type == .string else {
      for key in ["length", "encoding"] where section.has(key) {
        problems.error(
          section.keyNode(key), "\(section.title) is no string and has no '\(key)'", hint: "remove it, or: type: string"
        )
        return false
      }
      return true
    }
    guard section.require("length", example: "8  (registers of two letters each)", &problems),
      let length = section.integer("length", 1...point.table.maximumReadCount, &problems)
    else { return false }
    point.length = length
    guard section.has("encoding") else { return true }
    let encodings = TextEncoding.allCases.map { ($0.rawValue, $0) }
    guard let encoding = section.choice("encoding", encodings, &problems) else { return false }
    point.encoding = encoding
    return true
  }

  /// `bits: 3`, `bits: 4-7` or `byte: high`.
  private mutating func readBits(_ section: Section, _ point: inout RegisterPoint) -> Bool {
    let given = ["bits", "byte"].filter { section.has($0) }
    guard let key = given.first else { return true }
    guard given.count == 1 else {
      problems.error(section.keyNode("byte"), "\(section.title) has both 'bits' and 'byte'", hint: "remove one of them")
      return false
    }
    guard point.type.takesBits, !point.table.isBits else {
      let what = point.table.isBits ? "a \(point.table.name)" : point.type.rawValue
      problems.error(
        section.keyNode(key), "\(section.title) is \(what), of which no bits can be taken",
        hint: "bits are taken of registers of type bool, int8 to int64 and uint8 to uint64")
      return false
    }
    if key == "byte" {
      let halves: [(String, BitField)] = [("low", .lowByte), ("high", .highByte)]
      guard let half = section.choice("byte", halves, &problems) else { return false }
      point.bits = half
      return true
    }
    return readRange(section, &point)
  }

  private mutating func readRange(_ section: Section, _ point: inout RegisterPoint) -> Bool {
    let width = point.type.registerCount * 16
    guard case .scalar(let text, _) = section.value("bits")?.content else {
      problems.error(
        section.value("bits") ?? section.node, "'bits' of \(section.title) must be one bit or a range of bits",
        hint: "for example: bits: 3, or bits: 4-7")
      return false
    }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 1 || ends.count == 2, let lowest = ends[0], let highest = ends[ends.count - 1],
      lowest >= 0, lowest <= highest, highest < width
    else {
      problems.error(
        section.value("bits") ?? section.node, "'bits' of \(section.title) cannot be '\(text.prefix(20))'",
        hint:
          "bit 0 is the least significant and \(width - 1) the highest of \(point.type.rawValue), for example: bits: 4-7"
      )
      return false
    }
    point.bits = BitField(lowest: lowest, count: highest - lowest + 1)
    return true
  }
}
