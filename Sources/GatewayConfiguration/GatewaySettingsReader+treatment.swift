import Telemetry

/// What is done with a tag's raw value, and what its values are called.
extension GatewaySettingsReader {
  static let treatmentKeys = ["fault-values", "valid", "counter", "names", "scale-factor"]
  static let staleRange: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)
  static let maximumFaultValues = 16

  mutating func treatment(_ section: Section, _ point: RegisterPoint?) -> TagTreatment {
    var treatment = TagTreatment()
    treatment.staleAfter = section.duration("stale-after", Self.staleRange, &problems)
    guard let point else { return treatment }
    let type = point.type.valueType
    let isNumber = type == .integer || type == .float32 || type == .float64
    for key in ["fault-values", "valid"] where section.has(key) && !isNumber {
      problems.error(
        section.keyNode(key), "\(section.title) is a \(point.type.rawValue) and has no '\(key)'",
        hint: "only numbers have it")
      return treatment
    }
    for key in ["counter", "scale-factor"] where section.has(key) && type != .integer {
      problems.error(
        section.keyNode(key), "\(section.title) is a \(point.type.rawValue) and has no '\(key)'",
        hint: "only whole numbers have it")
      return treatment
    }
    readFaultValues(section, point, &treatment)
    treatment.valid = validRange(section)
    treatment.counter = counter(section)
    treatment.scaleFactor = section.has("scale-factor") ? section.text("scale-factor", &problems) : nil
    if treatment.counter != nil, treatment.scaleFactor != nil {
      problems.error(
        section.keyNode("scale-factor"), "\(section.title) has both 'counter' and 'scale-factor'",
        hint: "a power of ten that changes would make the total wrong; remove one of them")
    }
    return treatment
  }

  private mutating func readFaultValues(_ section: Section, _ point: RegisterPoint, _ treatment: inout TagTreatment) {
    let nodes = section.list("fault-values", limit: Self.maximumFaultValues, example: "0x8000", &problems)
    for node in nodes {
      guard case .scalar(let text, false) = node.content, let fault = FaultValue(text, of: point) else {
        problems.error(
          node, "a fault value of \(section.title) cannot be \(node.kindName)",
          hint: "it is a raw \(point.type.rawValue) in decimal, its bits as 0x…, or nan")
        continue
      }
      switch fault {
      case .value(let value): treatment.faultValues.append(value)
      case .undecodable: treatment.undecodableIsFault = true
      }
    }
  }

  private mutating func validRange(_ section: Section) -> ClosedRange<Double>? {
    let nodes = section.list("valid", limit: 2, example: "[-40, 125]", &problems)
    guard section.has("valid"), case .sequence = section.value("valid")?.content else { return nil }
    let ends = nodes.compactMap { node -> Double? in
      guard case .scalar(let text, false) = node.content else { return nil }
      return DecimalNumber(text: text)?.doubleValue
    }
    guard ends.count == 2, nodes.count == 2, ends[0] <= ends[1] else {
      problems.error(
        section.value("valid") ?? section.node,
        "'valid' of \(section.title) must be two numbers, the lower one first",
        hint: "in the tag's unit, for example: valid: [-40, 125]")
      return nil
    }
    return ends[0]...ends[1]
  }

  private mutating func counter(_ section: Section) -> TagTreatment.Counter? {
    guard let node = section.value("counter"),
      let inner = Section(node, "'counter' of \(section.title)", keys: ["rollover", "step"], &problems),
      inner.require("rollover", example: "65536", &problems),
      let rollover = inner.integer("rollover", 2...(1 << 62), &problems)
    else { return nil }
    guard inner.has("step") else { return TagTreatment.Counter(rollover: Int64(rollover)) }
    guard let step = inner.integer("step", 1...(rollover - 1), &problems) else { return nil }
    return TagTreatment.Counter(rollover: Int64(rollover), largestStep: Int64(step))
  }

  /// Names of values, in ascending order.
  mutating func valueNames(_ section: Section, _ point: RegisterPoint?) -> [ValueName] {
    guard let node = section.value("names") else { return [] }
    let type = point?.type.valueType ?? .integer
    guard case .mapping(let entries) = node.content, !entries.isEmpty, entries.count <= ValueName.maximumCount,
      type == .integer || type == .boolean
    else {
      problems.error(
        node, "'names' of \(section.title) must be a mapping from whole numbers to names",
        hint: "of a bool or a whole number, at most \(ValueName.maximumCount), for example: names: { 0: off, 1: auto }")
      return []
    }
    var names: [Int64: String] = [:]
    for entry in entries {
      guard let value = nameKey(entry.key, type: type), case .scalar(let name, _) = entry.value.content, !name.isEmpty,
        name.utf8.count <= ValueName.maximumBytes, names[value] == nil
      else {
        problems.error(
          entry.key, "'names' of \(section.title) has \(entry.key.kindName): \(entry.value.kindName)",
          hint: "each value once (\(type == .boolean ? "0 and 1" : "a whole number")), its name at most "
            + "\(ValueName.maximumBytes) bytes")
        continue
      }
      names[value] = name
    }
    return names.sorted { $0.key < $1.key }.map { ValueName(value: $0.key, name: $0.value) }
  }

  private func nameKey(_ node: YAMLNode, type: ValueType) -> Int64? {
    guard case .scalar(let text, false) = node.content else { return nil }
    if type == .boolean {
      return text == "0" || text == "false" ? 0 : text == "1" || text == "true" ? 1 : nil
    }
    return Int64(text)
  }

  /// The tags named as powers of ten must be whole numbers of the same device.
  mutating func checkScaleFactors(_ tags: [TagSettings], _ section: Section) {
    for tag in tags {
      guard let name = tag.treatment.scaleFactor else { continue }
      let factor = tags.first { $0.definition.name == name }
      guard let factor, factor.point?.type.valueType == .integer, factor.treatment.scaleFactor == nil,
        factor.treatment.counter == nil, factor.definition.name != tag.definition.name
      else {
        problems.error(
          section.node,
          factor == nil
            ? "tag '\(tag.definition.name)' of \(section.title) has 'scale-factor: \(name)', which is no tag of it"
            : "tag '\(name)' of \(section.title) cannot be the power of ten of '\(tag.definition.name)'",
          hint: factor == nil
            ? ProblemList.suggestion(for: name, among: tags.map(\.definition.name), what: "tags")
            : "it must be a whole number without a counter or scale factor of its own")
        continue
      }
    }
  }

  /// Registers of all strings of a device: a scan of it always fits into a frame, and that into a batch.
  static let maximumTextRegisters = 8_192

  mutating func checkTextLength(_ tags: [TagSettings], _ section: Section) {
    // In two steps: optimised as one, it makes the compiler of Swift 6.3 fail.
    let points = tags.compactMap(\.point)
    let registers = points.reduce(0) { $0 + ($1.type == .string ? $1.length : 0) }
    guard registers > Self.maximumTextRegisters else { return }
    problems.error(
      section.keyNode("tags"), "the strings of \(section.title) take \(registers) registers together",
      hint: "allowed: \(Self.maximumTextRegisters); shorten them, or make two devices of it")
  }
}
