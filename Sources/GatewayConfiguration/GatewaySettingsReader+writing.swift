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
    if let point, point.type == .bool, let key = Self.writableKeys.first(where: { section.has($0) }) {
      problems.error(
        section.keyNode(key), "\(title) is a bool and has no \(key)", hint: "write: writable: true")
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
      guard let point = tag.point else { continue }
      let count = point.entryCount
      guard functions.code(for: point.table, count: count) == nil else { continue }
      let needed = point.table == .coil ? "5 or 15" : count == 1 ? "6 or 16" : "16"
      problems.error(
        section.keyNode("write-functions"),
        "tag '\(tag.definition.name)' of \(section.title) is writable, but that takes function \(needed)",
        hint: "add it if the device has it, else remove 'writable'")
    }
  }
}
