/// From the words of an expression to its tree, by recursive descent. Precedence: `docs/computed.md`.
struct ExpressionParser {
  private let tokens: [ExpressionToken]
  private var position = 0
  private var depth = 0
  private var parts = 0

  private init(_ tokens: [ExpressionToken]) { self.tokens = tokens }

  static func tree(_ text: String) throws(ExpressionError) -> ExpressionNode {
    guard text.utf8.count <= 4 * ExpressionLimits.characters, text.count <= ExpressionLimits.characters else {
      throw ExpressionError(
        offset: 0, "an expression of \(text.count) characters", hint: "allowed: \(ExpressionLimits.characters)")
    }
    var parser = Self(try ExpressionLexer.tokens(text))
    let tree = try parser.alternative()
    guard parser.token.kind == .end else { throw parser.unexpected() }
    return tree
  }

  private var token: ExpressionToken { tokens[position] }

  private func isSign(_ sign: String) -> Bool { token.kind == .sign(sign) }
  private func isWord(_ word: String) -> Bool { token.kind == .word(word) }

  /// Takes the next token, which is not the last.
  @discardableResult private mutating func take() -> ExpressionToken {
    defer { position += 1 }
    return token
  }

  private mutating func node(
    _ kind: ExpressionNode.Kind, _ range: Range<Int>, mark: Int? = nil
  ) throws(ExpressionError) -> ExpressionNode {
    parts += 1
    guard parts <= ExpressionLimits.parts else {
      throw ExpressionError(
        offset: range.lowerBound, "the expression has more than \(ExpressionLimits.parts) parts",
        hint: "make a computed tag of a part of it")
    }
    return ExpressionNode(kind: kind, range: range, mark: mark ?? range.lowerBound)
  }

  /// One level deeper, as long as that is allowed.
  private mutating func nested(
    _ body: (inout Self) throws(ExpressionError) -> ExpressionNode
  ) throws(ExpressionError) -> ExpressionNode {
    depth += 1
    guard depth <= ExpressionLimits.depth else {
      throw ExpressionError(
        offset: token.range.lowerBound, "nested more than \(ExpressionLimits.depth) deep",
        hint: "make a computed tag of a part of it")
    }
    let result = try body(&self)
    depth -= 1
    return result
  }

  private mutating func joined(
    _ left: ExpressionNode, _ right: ExpressionNode, _ operation: ExpressionNode.Operator, _ mark: Int
  ) throws(ExpressionError) -> ExpressionNode {
    try node(.binary(operation, left, right), left.range.lowerBound..<right.range.upperBound, mark: mark)
  }

  // MARK: From the loosest to the tightest

  private mutating func alternative() throws(ExpressionError) -> ExpressionNode {
    var left = try conjunction()
    while isWord("or") {
      let mark = take().range.lowerBound
      left = try joined(left, try conjunction(), .or, mark)
    }
    return left
  }

  private mutating func conjunction() throws(ExpressionError) -> ExpressionNode {
    var left = try negation()
    while isWord("and") {
      let mark = take().range.lowerBound
      left = try joined(left, try negation(), .and, mark)
    }
    return left
  }

  private mutating func negation() throws(ExpressionError) -> ExpressionNode {
    guard isWord("not") else { return try comparison() }
    let start = take().range.lowerBound
    let inner = try nested { parser throws(ExpressionError) in try parser.negation() }
    return try node(.not(inner), start..<inner.range.upperBound)
  }

  private static let comparisons: [ExpressionNode.Operator] = [
    .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual,
  ]

  private func sign(among known: [ExpressionNode.Operator]) -> ExpressionNode.Operator? {
    guard case .sign(let sign) = token.kind else { return nil }
    return known.first { $0.rawValue == sign }
  }

  private mutating func comparison() throws(ExpressionError) -> ExpressionNode {
    let left = try sum()
    guard let operation = sign(among: Self.comparisons) else { return left }
    let mark = take().range.lowerBound
    let result = try joined(left, try sum(), operation, mark)
    guard let second = sign(among: Self.comparisons) else { return result }
    throw ExpressionError(
      offset: token.range.lowerBound, "a comparison has two sides, and '\(second.rawValue)' would be the second one",
      hint: "for example: 1 < a/x and a/x < 5")
  }

  private mutating func sum() throws(ExpressionError) -> ExpressionNode {
    var left = try product()
    while let operation = sign(among: [.add, .subtract]) {
      let mark = take().range.lowerBound
      left = try joined(left, try product(), operation, mark)
    }
    return left
  }

  private mutating func product() throws(ExpressionError) -> ExpressionNode {
    var left = try prefixed()
    while let operation = sign(among: [.multiply, .divide, .remainder]) {
      let mark = take().range.lowerBound
      left = try joined(left, try prefixed(), operation, mark)
    }
    return left
  }

  private mutating func prefixed() throws(ExpressionError) -> ExpressionNode {
    guard isSign("-") else { return try power() }
    let start = take().range.lowerBound
    let inner = try nested { parser throws(ExpressionError) in try parser.prefixed() }
    return try node(.negated(inner), start..<inner.range.upperBound)
  }

  private mutating func power() throws(ExpressionError) -> ExpressionNode {
    let base = try primary()
    guard isSign("^") else { return base }
    let mark = take().range.lowerBound
    let exponent = try nested { parser throws(ExpressionError) in try parser.prefixed() }
    return try joined(base, exponent, .power, mark)
  }

  private mutating func primary() throws(ExpressionError) -> ExpressionNode {
    let first = token
    switch first.kind {
    case .number(let value):
      take()
      return try node(.number(value), first.range)
    case .text(let text):
      take()
      return try node(.text(text), first.range)
    case .tag(let name):
      take()
      return try node(.tag(name), first.range)
    case .word(let word): return try named(word, first)
    case .sign("("):
      take()
      var inner = try nested { parser throws(ExpressionError) in try parser.alternative() }
      let end = token.range.upperBound
      try close(first)
      inner.range = first.range.lowerBound..<end
      return inner
    case .sign, .end: throw unexpected()
    }
  }

  private mutating func named(_ word: String, _ first: ExpressionToken) throws(ExpressionError) -> ExpressionNode {
    if ["and", "or", "not"].contains(word) { throw unexpected() }
    take()
    guard isSign("(") else {
      if word == "true" || word == "false" { return try node(.truth(word == "true"), first.range) }
      return try node(.word(word), first.range)
    }
    guard let function = ExpressionFunction(rawValue: word) else {
      throw ExpressionError(
        offset: first.range.lowerBound, "there is no function '\(word.prefix(70))'",
        hint: TagDirectory.suggestion(
          for: word, among: ExpressionFunction.allCases.map(\.rawValue), what: "functions"))
    }
    let open = take()
    var values: [ExpressionNode] = []
    while !isSign(")") || !values.isEmpty {
      values.append(try nested { parser throws(ExpressionError) in try parser.alternative() })
      guard isSign(",") else { break }
      take()
    }
    let end = token.range.upperBound
    try close(open)
    guard function.arguments.contains(values.count) else {
      throw ExpressionError(
        offset: first.range.lowerBound, "'\(word)' needs \(Self.count(function.arguments)), and has \(values.count)",
        hint: "for example: \(function.example)")
    }
    return try node(.call(function, values), first.range.lowerBound..<end)
  }

  private static func count(_ range: ClosedRange<Int>) -> String {
    let words = ["no value", "one value", "two values", "three values"]
    let first = words.indices.contains(range.lowerBound) ? words[range.lowerBound] : "\(range.lowerBound) values"
    guard range.count > 1 else { return first }
    return range.upperBound == ExpressionLimits.parts ? "\(first) or more" : "\(first) or \(range.upperBound)"
  }

  private mutating func close(_ open: ExpressionToken) throws(ExpressionError) {
    guard !isSign(")") else {
      take()
      return
    }
    guard token.kind == .end else { throw unexpected() }
    throw ExpressionError(offset: open.range.lowerBound, "the parenthesis is not closed", hint: "add ')'")
  }

  // MARK: What is out of place

  private func unexpected() -> ExpressionError {
    let offset = token.range.lowerBound
    let isFirst = position == 0
    let before = isFirst ? nil : tokens[position - 1]
    let expectsValue = before.map { Self.expectsValue(after: $0) } ?? true
    switch token.kind {
    case .end:
      return isFirst
        ? ExpressionError(offset: offset, "the expression is empty", hint: "for example: boiler/supply_temp + 1")
        : ExpressionError(offset: offset, "the expression ends where a value should stand")
    case .sign(")") where !expectsValue:
      return ExpressionError(offset: offset, "')' has no '('")
    case .sign(",") where !expectsValue:
      return ExpressionError(
        offset: offset, "',' stands between values of a function only", hint: "a decimal point is a '.'")
    case .sign(let sign):
      return ExpressionError(offset: offset, "a value should stand here, not '\(sign)'")
    case .word(let word) where expectsValue:
      return ExpressionError(offset: offset, "a value should stand here, not '\(word)'")
    case .word, .number, .text, .tag:
      return ExpressionError(offset: offset, "an operator is missing here", hint: "for example + - * / or 'and'")
    }
  }

  private static func expectsValue(after token: ExpressionToken) -> Bool {
    switch token.kind {
    case .sign(")"): false
    case .sign: true
    case .word(let word): ["and", "or", "not"].contains(word)
    case .number, .text, .tag, .end: false
    }
  }
}
