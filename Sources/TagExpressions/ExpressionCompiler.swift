import Telemetry

/// From the tree of an expression to its steps; finds out whether types and units fit.
struct ExpressionCompiler {
  enum PartType: Hashable {
    case number, truth, text

    var shown: String {
      switch self {
      case .number: "a number"
      case .truth: "true or false"
      case .text: "a text"
      }
    }
  }

  /// What is known of a part that was compiled.
  struct Part {
    var type: PartType
    var unit = ExpressionUnit.unknown
  }

  let parsed: ParsedExpression
  let tags: TagDirectory
  private let bytes: [UInt8]
  private(set) var operations: [ExpressionOperation] = []
  private(set) var inputs: [TagName] = []
  private var numbers: [TagName: Int] = [:]
  var tables: [Double] = []
  private var depth = 0
  private(set) var deepest = 0
  var usesClock = false

  init(_ parsed: ParsedExpression, _ tags: TagDirectory) {
    self.parsed = parsed
    self.tags = tags
    bytes = Array(parsed.text.utf8)
  }

  mutating func whole() throws(ExpressionError) -> Part {
    let result = try part(parsed.root)
    guard result.type != .text else {
      throw ExpressionError(
        offset: parsed.root.range.lowerBound, "the result is a text", hint: "a computed tag is a number or a bool")
    }
    guard !inputs.isEmpty else {
      throw ExpressionError(
        offset: 0, "the expression names no tag", hint: "nothing would ever change it; a tag is written DEVICE/TAG")
    }
    return result
  }

  // MARK: Steps

  /// - Parameter change: of the number of values on the stack.
  mutating func emit(_ operation: ExpressionOperation, _ change: Int) {
    operations.append(operation)
    depth += change
    deepest = max(deepest, depth)
  }

  mutating func number(of name: TagName) -> Int {
    if let known = numbers[name] { return known }
    numbers[name] = inputs.count
    inputs.append(name)
    return inputs.count - 1
  }

  /// The text of a part, for messages.
  func shown(_ node: ExpressionNode) -> String {
    let text = String(decoding: bytes[node.range], as: UTF8.self)
    return text.count > 60 ? "\(text.prefix(57))…" : text
  }

  // MARK: Parts

  mutating func part(_ node: ExpressionNode) throws(ExpressionError) -> Part {
    switch node.kind {
    case .number(let value):
      emit(.constant(value), 1)
      return Part(type: .number)
    case .truth(let value):
      emit(.constant(value ? 1 : 0), 1)
      return Part(type: .truth)
    case .text:
      throw ExpressionError(
        offset: node.range.lowerBound, "\(shown(node)) stands alone",
        hint: "a text is compared with a tag that has 'names' or is a text: boiler/mode == \"heating\"")
    case .tag, .word:
      let (name, definition) = try tag(node)
      emit(.input(number(of: name)), 1)
      return Part(type: Self.type(of: definition), unit: ExpressionUnit(definition.unit))
    case .negated(let inner):
      let part = try number(inner, for: "-")
      emit(.negate, 0)
      return part
    case .not(let inner):
      try truth(inner, for: "not")
      emit(.not, 0)
      return Part(type: .truth)
    case .binary(let operation, let left, let right): return try binary(operation, left, right, node)
    case .call(let function, let values): return try call(function, values, node)
    }
  }

  static func type(of definition: TagDefinition) -> PartType {
    switch definition.type {
    case .boolean: .truth
    case .integer, .float32, .float64: .number
    case .text: .text
    }
  }

  /// A part that must be a number.
  mutating func number(_ node: ExpressionNode, for user: String) throws(ExpressionError) -> Part {
    let found = try part(node)
    guard found.type == .number else {
      throw ExpressionError(
        offset: node.range.lowerBound, "'\(user)' needs numbers, and '\(shown(node))' is \(found.type.shown)",
        hint: found.type == .truth
          ? "number(\(shown(node))) is 1 or 0" : "a text can only be compared with == and !=")
    }
    return found
  }

  /// A part that must be true or false.
  mutating func truth(_ node: ExpressionNode, for user: String) throws(ExpressionError) {
    let found = try part(node)
    guard found.type == .truth else {
      throw ExpressionError(
        offset: node.range.lowerBound, "'\(user)' needs true or false, and '\(shown(node))' is \(found.type.shown)",
        hint: found.type == .number
          ? "compare it, for example: \(shown(node)) > 0" : "compare it, for example: \(shown(node)) == \"ok\"")
    }
  }

  private mutating func binary(
    _ operation: ExpressionNode.Operator, _ left: ExpressionNode, _ right: ExpressionNode, _ node: ExpressionNode
  ) throws(ExpressionError) -> Part {
    switch operation {
    case .and, .or:
      try truth(left, for: operation.rawValue)
      try truth(right, for: operation.rawValue)
      emit(operation == .and ? .and : .or, -1)
      return Part(type: .truth)
    case .equal, .notEqual: return try equality(left, right, node, isWanted: operation == .equal)
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .add, .subtract, .multiply, .divide, .remainder, .power:
      let first = try number(left, for: operation.rawValue)
      let second = try number(right, for: operation.rawValue)
      let (step, isComparison, keepsUnit) = Self.step(operation)
      emit(step, -1)
      guard keepsUnit else { return Part(type: .number) }
      let unit =
        operation == .subtract
        ? first.unit.reduced(by: second.unit) : first.unit.joined(with: second.unit)
      guard let unit else { throw mismatch(operation.rawValue, (left, first.unit), (right, second.unit), node.mark) }
      return isComparison ? Part(type: .truth) : Part(type: .number, unit: unit)
    }
  }

  private static func step(
    _ operation: ExpressionNode.Operator
  ) -> (step: ExpressionOperation, isComparison: Bool, keepsUnit: Bool) {
    switch operation {
    case .less: (.less, true, true)
    case .lessOrEqual: (.lessOrEqual, true, true)
    case .greater: (.greater, true, true)
    case .greaterOrEqual: (.greaterOrEqual, true, true)
    case .equal: (.equal, true, true)
    case .notEqual: (.notEqual, true, true)
    case .add: (.add, false, true)
    case .subtract: (.subtract, false, true)
    case .remainder: (.remainder, false, true)
    case .multiply: (.multiply, false, false)
    case .divide: (.divide, false, false)
    case .power: (.power, false, false)
    case .and: (.and, false, false)
    case .or: (.or, false, false)
    }
  }

  // MARK: Equality

  private mutating func equality(
    _ left: ExpressionNode, _ right: ExpressionNode, _ node: ExpressionNode, isWanted: Bool
  ) throws(ExpressionError) -> Part {
    if case .text(let text) = right.kind { return try match(left, text, right, isWanted: isWanted) }
    if case .text(let text) = left.kind { return try match(right, text, left, isWanted: isWanted) }
    let first = try part(left), second = try part(right)
    guard first.type == second.type, first.type != .text else {
      let hint =
        first.type == .text || second.type == .text
        ? "a text tag is compared with a text in quotes" : "compare the number itself, for example: a/x > 0"
      throw ExpressionError(
        offset: node.mark,
        "'\(shown(left))' is \(first.type.shown), and '\(shown(right))' is \(second.type.shown)", hint: hint)
    }
    emit(isWanted ? .equal : .notEqual, -1)
    guard first.unit.joined(with: second.unit) != nil else {
      throw mismatch(isWanted ? "==" : "!=", (left, first.unit), (right, second.unit), node.mark)
    }
    return Part(type: .truth)
  }

  /// A tag beside a text in quotes.
  private mutating func match(
    _ node: ExpressionNode, _ text: String, _ quoted: ExpressionNode, isWanted: Bool
  ) throws(ExpressionError) -> Part {
    let known: (name: TagName, definition: TagDefinition)? =
      switch node.kind {
      case .tag, .word: try tag(node)
      default: nil
      }
    guard let (name, definition) = known else {
      throw ExpressionError(
        offset: quoted.range.lowerBound, "\(shown(quoted)) is compared with '\(shown(node))', which is no tag",
        hint: "a text is compared with a tag that has 'names' or is a text")
    }
    var bits = DeviceScan.bits(ofText: text)
    if definition.type != .text {
      guard !definition.names.isEmpty else {
        throw ExpressionError(
          offset: quoted.range.lowerBound, "the values of '\(name)' have no names",
          hint: definition.type == .boolean
            ? "write \(shown(node)), or not \(shown(node)); or give the tag names: { 0: off, 1: on }"
            : "compare it with a number, or give the tag names: { 0: off, 1: on }")
      }
      guard let value = definition.names.first(where: { $0.name == text }) else {
        throw ExpressionError(
          offset: quoted.range.lowerBound, "no value of '\(name)' is called '\(text.prefix(64))'",
          hint: TagDirectory.suggestion(for: text, among: definition.names.map(\.name), what: "names"))
      }
      bits = value.value
    }
    emit(.matches(number(of: name), bits: bits, isWanted: isWanted), 1)
    return Part(type: .truth)
  }

  // MARK: Units

  func mismatch(
    _ user: String, _ left: (node: ExpressionNode, unit: ExpressionUnit),
    _ right: (node: ExpressionNode, unit: ExpressionUnit), _ offset: Int
  ) -> ExpressionError {
    let units = [left.unit, right.unit]
    var hint = "convert one of them and say so, for example: as(\(shown(right.node)) / 1000, "
    hint += "\"\(left.unit.allowed.first ?? "kW")\")"
    if units.allSatisfy(\.isTemperature), let kelvin = [left, right].first(where: { $0.unit == .of("K") }) {
      hint =
        "a temperature in kelvin becomes °C with as(\(shown(kelvin.node)) - 273.15, \"°C\"), "
        + "a difference with as(\(shown(kelvin.node)), \"°C\")"
    }
    return ExpressionError(
      offset: offset,
      "'\(user)' needs one unit, and '\(shown(left.node))' is in \(left.unit.shown ?? "none"), "
        + "'\(shown(right.node))' in \(right.unit.shown ?? "none")", hint: hint)
  }

  /// The unit that several parts have together.
  func joined(
    _ user: String, _ parts: [(node: ExpressionNode, unit: ExpressionUnit)]
  ) throws(ExpressionError) -> ExpressionUnit {
    var result = parts[0]
    for part in parts.dropFirst() {
      guard let unit = result.unit.joined(with: part.unit) else {
        throw mismatch(user, result, part, part.node.range.lowerBound)
      }
      if result.unit == .unknown { result.node = part.node }
      result.unit = unit
    }
    return result.unit
  }

  // MARK: Jumps

  /// Where the next step will stand.
  var place: Int { operations.count }

  mutating func replace(_ place: Int, by operation: ExpressionOperation) { operations[place] = operation }

  /// The other branch begins with as many values on the stack as the first one did.
  mutating func forget(_ values: Int) { depth -= values }
}
