import Telemetry

/// Functions.
extension ExpressionCompiler {
  mutating func call(
    _ function: ExpressionFunction, _ values: [ExpressionNode], _ node: ExpressionNode
  ) throws(ExpressionError) -> Part {
    switch function {
    case .if: return try choice(values)
    case .min, .max: return try extreme(function, values)
    case .clamp:
      let unit = try joined("clamp", try numbers(values, for: function))
      emit(.clamp, -2)
      return Part(type: .number, unit: unit)
    case .abs, .floor, .ceil:
      let part = try number(values[0], for: function.rawValue)
      emit(function == .abs ? .abs : function == .floor ? .floor : .ceil, 0)
      return part
    case .round: return try round(values)
    case .sqrt, .exp, .ln, .log10, .sin, .cos:
      _ = try number(values[0], for: function.rawValue)
      emit(Self.plain(function), 0)
      return Part(type: .number)
    case .pow:
      _ = try numbers(values, for: function)
      emit(.power, -1)
      return Part(type: .number)
    case .interpolate: return try interpolation(values)
    case .dewPoint, .absoluteHumidity: return try humidity(function, values)
    case .number:
      try truth(values[0], for: "number")
      return Part(type: .number)
    case .isGood: return try isGood(values[0])
    case .lastGood, .age: return try memory(function, values[0])
    case .as: return try statedUnit(values)
    }
  }

  private static func plain(_ function: ExpressionFunction) -> ExpressionOperation {
    switch function {
    case .sqrt: .sqrt
    case .exp: .exp
    case .ln: .ln
    case .log10: .log10
    case .sin: .sin
    default: .cos
    }
  }

  private mutating func numbers(
    _ nodes: [ExpressionNode], for function: ExpressionFunction
  ) throws(ExpressionError) -> [(node: ExpressionNode, unit: ExpressionUnit)] {
    var parts: [(node: ExpressionNode, unit: ExpressionUnit)] = []
    for node in nodes { parts.append((node, try number(node, for: function.rawValue).unit)) }
    return parts
  }

  private mutating func choice(_ values: [ExpressionNode]) throws(ExpressionError) -> Part {
    try truth(values[0], for: "if")
    let branch = place
    emit(.branch(other: 0, end: 0), 0)
    let first = try part(values[1])
    let jump = place
    emit(.jump(0), 0)
    forget(1)
    let other = place
    let second = try part(values[2])
    replace(jump, by: .jump(place))
    emit(.merge, -1)
    replace(branch, by: .branch(other: other, end: place))
    guard first.type == second.type, first.type != .text else {
      throw ExpressionError(
        offset: values[2].range.lowerBound,
        "both branches of 'if' must be numbers, or true or false: '\(shown(values[1]))' is \(first.type.shown), "
          + "'\(shown(values[2]))' is \(second.type.shown)",
        hint: first.type == .text || second.type == .text
          ? "compare texts with == first" : "number(…) makes 1 or 0 of true or false")
    }
    return Part(type: first.type, unit: try joined("if", [(values[1], first.unit), (values[2], second.unit)]))
  }

  private mutating func extreme(
    _ function: ExpressionFunction, _ values: [ExpressionNode]
  ) throws(ExpressionError) -> Part {
    var parts: [(node: ExpressionNode, unit: ExpressionUnit)] = []
    for (index, value) in values.enumerated() {
      parts.append((value, try number(value, for: function.rawValue).unit))
      if index > 0 { emit(function == .min ? .min : .max, -1) }
    }
    return Part(type: .number, unit: try joined(function.rawValue, parts))
  }

  private mutating func round(_ values: [ExpressionNode]) throws(ExpressionError) -> Part {
    let part = try number(values[0], for: "round")
    var digits = 0
    if values.count > 1 {
      guard case .number(let given) = values[1].kind, let whole = Int(exactly: given),
        (0...ExpressionLimits.digits).contains(whole)
      else {
        throw ExpressionError(
          offset: values[1].range.lowerBound, "the digits of 'round' cannot be '\(shown(values[1]))'",
          hint: "a whole number from 0 to \(ExpressionLimits.digits)")
      }
      digits = whole
    }
    emit(.round(digits), 0)
    return part
  }

  private mutating func interpolation(_ values: [ExpressionNode]) throws(ExpressionError) -> Part {
    _ = try number(values[0], for: "interpolate")
    guard values.count % 2 == 1 else {
      throw ExpressionError(
        offset: values[values.count - 1].range.lowerBound, "the last point of 'interpolate' has an x and no y",
        hint: "for example: \(ExpressionFunction.interpolate.example)")
    }
    let start = tables.count
    for (index, node) in values.dropFirst().enumerated() {
      guard let number = Self.literal(node) else {
        throw ExpressionError(
          offset: node.range.lowerBound, "a point of 'interpolate' cannot be '\(shown(node))'",
          hint: "its table consists of numbers, for example: \(ExpressionFunction.interpolate.example)")
      }
      if index % 2 == 0, index > 0, number <= tables[start + index - 2] {
        throw ExpressionError(
          offset: node.range.lowerBound, "the table of 'interpolate' goes back to x = \(shown(node))",
          hint: "its x ascend: x0 < x1 < x2 …")
      }
      tables.append(number)
    }
    emit(.interpolate(start: start, points: (values.count - 1) / 2), 0)
    return Part(type: .number)
  }

  private static func literal(_ node: ExpressionNode) -> Double? {
    switch node.kind {
    case .number(let value): value
    case .negated(let inner): literal(inner).map { -$0 }
    default: nil
    }
  }

  private mutating func humidity(
    _ function: ExpressionFunction, _ values: [ExpressionNode]
  ) throws(ExpressionError) -> Part {
    let parts = try numbers(values, for: function)
    for (part, needed) in zip(parts, ["°C", "%"]) {
      guard let unit = part.unit.shown, part.unit != .of(needed) else { continue }
      // Hygrometers write %rF, %RH and the like.
      if needed == "%", unit.hasPrefix("%") { continue }
      throw ExpressionError(
        offset: part.node.range.lowerBound,
        "'\(function.rawValue)' needs \(needed), and '\(shown(part.node))' is in \(unit)",
        hint: "a temperature in °C comes first, then the relative humidity in %")
    }
    emit(function == .dewPoint ? .dewPoint : .absoluteHumidity, -1)
    return Part(type: .number, unit: .of(function == .dewPoint ? "°C" : "g/m³"))
  }

  private mutating func isGood(_ node: ExpressionNode) throws(ExpressionError) -> Part {
    _ = try part(node)
    emit(.isGood, 0)
    return Part(type: .truth)
  }

  private mutating func memory(
    _ function: ExpressionFunction, _ node: ExpressionNode
  ) throws(ExpressionError) -> Part {
    switch node.kind {
    case .tag, .word: break
    default:
      throw ExpressionError(
        offset: node.range.lowerBound, "'\(function.rawValue)' needs a tag, and '\(shown(node))' is none",
        hint: "for example: \(function.example)")
    }
    let (name, definition) = try tag(node)
    if function == .age {
      usesClock = true
      emit(.age(number(of: name)), 1)
      return Part(type: .number, unit: .of("s"))
    }
    let type = Self.type(of: definition)
    guard type != .text else {
      throw ExpressionError(
        offset: node.range.lowerBound, "'last_good' needs a number or a bool, and '\(name)' is a text",
        hint: "a text can only be compared with == and !=")
    }
    emit(.lastGood(number(of: name)), 1)
    return Part(type: type, unit: ExpressionUnit(definition.unit))
  }

  private mutating func statedUnit(_ values: [ExpressionNode]) throws(ExpressionError) -> Part {
    _ = try number(values[0], for: "as")
    guard case .text(let unit) = values[1].kind, unit.utf8.count <= 32 else {
      throw ExpressionError(
        offset: values[1].range.lowerBound, "'as' needs a unit in quotes, not '\(shown(values[1]))'",
        hint: "for example: \(ExpressionFunction.as.example)")
    }
    return Part(type: .number, unit: ExpressionUnit(unit))
  }
}
