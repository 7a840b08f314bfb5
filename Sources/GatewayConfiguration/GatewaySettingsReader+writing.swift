import Telemetry

/// What may be written, and how: `writable` of tags, `write-functions` of devices.
extension GatewaySettingsReader {
  static let writableKeys = ["minimum", "maximum", "step"]

  /// The limits of a writable tag; nil when it is not writable, or when that was a mistake that has been reported.
  mutating func writeLimits(_ section: Section, _ point: RegisterPoint?) -> WriteLimits? {
    guard let node = section.value("writable") else { return nil }
    var limits = WriteLimits.any
    switch node.content {
    case .scalar("false", false): return nil
    case .scalar("true", false): break
    case .mapping: limits = bounds(node, of: section.title, point)
    default:
      problems.error(
        node, "'writable' of \(section.title) must be true, false or limits, not \(node.kindName)",
        hint: "for example: writable: { minimum: 5, maximum: 80 }")
      return nil
    }
    guard let point else { return nil }
    guard point.table == .coil || point.table == .holdingRegister else {
      problems.error(
        section.keyNode("writable"), "\(section.title) is \(Self.article(point.table)), which cannot be written",
        hint: "Modbus writes coils and holding registers only; remove 'writable'")
      return nil
    }
    return limits
  }

  private mutating func bounds(_ node: YAMLNode, of title: String, _ point: RegisterPoint?) -> WriteLimits {
    guard let section = Section(node, "'writable' of \(title)", keys: Self.writableKeys, &problems) else { return .any }
    let limits = WriteLimits(
      minimum: section.decimal("minimum", &problems), maximum: section.decimal("maximum", &problems),
      step: section.decimal("step", &problems))
    if let point, point.type == .bool || point.type == .string,
      let key = Self.writableKeys.first(where: { section.has($0) })
    {
      problems.error(
        section.keyNode(key), "\(title) is a \(point.type.rawValue) and has no \(key)", hint: "write: writable: true")
    }
    if let minimum = limits.minimum, let maximum = limits.maximum, minimum.doubleValue > maximum.doubleValue {
      problems.error(section.keyNode("minimum"), "the minimum of \(title) is above its maximum")
    }
    if let step = limits.step, step.units <= 0 {
      problems.error(section.value("step") ?? node, "the step of \(title) must be more than 0")
    }
    return limits
  }

  private static func article(_ table: RegisterTable) -> String {
    table == .inputRegister ? "an input register" : "a \(table.name)"
  }

  /// The list of function codes that the device has for writing.
  mutating func writeFunctions(_ section: Section) -> WriteFunctions {
    let known = WriteFunctions.codes.map { "\($0.code)" }.joined(separator: ", ")
    guard section.has("write-functions") else { return .usual }
    var functions: WriteFunctions = []
    for item in section.list("write-functions", limit: 8, example: "16", &problems) {
      guard case .scalar(let text, false) = item.content,
        let match = WriteFunctions.codes.first(where: { "\($0.code)" == text })
      else {
        problems.error(
          item, "'write-functions' of \(section.title) cannot have \(item.kindName)", hint: "allowed: \(known)")
        continue
      }
      functions.insert(match.function)
    }
    return functions
  }

  /// Reports the writable tags that the device's functions cannot write.
  mutating func checkWrites(_ tags: [TagSettings], _ functions: WriteFunctions, _ section: Section) {
    for tag in tags where tag.write != nil {
      guard let point = tag.point?.written, functions.code(for: point) == nil else { continue }
      let title = "tag '\(tag.definition.name)' of \(section.title)"
      if point.foreignBits != 0 {
        problems.error(
          section.keyNode("write-functions"),
          "\(title) is \(Self.bits(point)) and writable, which takes function 22 (mask write register)",
          hint: "list 22 in 'write-functions' if the device has it, else remove 'writable': writing the whole "
            + "register would undo what the device does to its other bits meanwhile")
      } else {
        let needed = point.table == .coil ? "5 or 15" : point.entryCount == 1 ? "6 or 16" : "16"
        problems.error(
          section.keyNode("write-functions"), "\(title) is writable, but that takes function \(needed)",
          hint: "add it if the device has it, else remove 'writable'")
      }
    }
  }

  private static func bits(_ point: RegisterPoint) -> String {
    guard let field = point.partialField, field.count > 1 else { return "one bit of a register" }
    return "\(field.count) bits of a register"
  }

  /// A write must be undone exactly by a read, and change nothing else.
  mutating func checkWritable(_ section: Section, _ point: RegisterPoint) {
    func refuse(_ cause: String, _ hint: String) {
      problems.error(section.keyNode("writable"), "\(section.title) \(cause) and cannot be writable", hint: hint)
    }
    if section.has("counter") {
      refuse("has 'counter'", "write to a tag without it")
    } else if point.type == .bool, let bits = point.bits, bits.count > 1 {
      refuse("is a bool of \(bits.count) bits", "a bool of one bit can")
    } else if point.type == .string, point.length > Self.maximumWritableLength {
      refuse(
        "is a string of \(point.length) registers",
        "one write has at most \(Self.maximumWritableLength) (Modbus Application Protocol, section 6.12)")
    } else if point.written == nil {
      refuse(
        "is a part of \(point.entryCount) registers that no single write can set",
        "bits within one register can, with function 22")
    }
  }

  /// Registers of one write.
  static let maximumWritableLength = 123
}
