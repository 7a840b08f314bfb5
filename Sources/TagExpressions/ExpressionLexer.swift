/// Cuts the text of an expression into words.
struct ExpressionLexer {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// All of them, ``ExpressionToken/Kind/end`` last.
  static func tokens(_ text: String) throws(ExpressionError) -> [ExpressionToken] {
    var lexer = Self(text)
    var tokens: [ExpressionToken] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private mutating func next() throws(ExpressionError) -> ExpressionToken {
    while let byte = peek(), [0x20, 0x09, 0x0a, 0x0d].contains(byte) { offset += 1 }
    let start = offset
    guard let byte = peek() else { return ExpressionToken(kind: .end, range: start..<start) }
    let kind: ExpressionToken.Kind
    if Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true) {
      kind = try number()
    } else if Self.isLetter(byte) || byte == UInt8(ascii: "_") {
      kind = name()
    } else if byte == UInt8(ascii: "{") {
      kind = try braces()
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      kind = try text(quote: byte)
    } else {
      kind = .sign(try sign())
    }
    return ExpressionToken(kind: kind, range: start..<offset)
  }

  private func peek(_ ahead: Int = 0) -> UInt8? { offset + ahead < bytes.count ? bytes[offset + ahead] : nil }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    isDigit(byte) || isLetter(byte) || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
  }

  private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Letters, digits, `_`, `-`, `.` as far as they go.
  private mutating func nameBytes() -> String {
    let start = offset
    while let byte = peek(), Self.isNameByte(byte) { offset += 1 }
    return string(start..<offset)
  }

  private mutating func name() -> ExpressionToken.Kind {
    let first = nameBytes()
    guard peek() == UInt8(ascii: "/"), let after = peek(1), Self.isNameByte(after) else { return .word(first) }
    offset += 1
    return .tag(TagName(device: first, tag: nameBytes()))
  }

  private mutating func braces() throws(ExpressionError) -> ExpressionToken.Kind {
    let start = offset
    guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "}")) else {
      throw ExpressionError(offset: start, "'{' has no '}'", hint: "a tag in braces is {DEVICE/TAG}")
    }
    offset = end + 1
    let inner = string(start + 1..<end).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    let parts = inner.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
      throw ExpressionError(
        offset: start, "'{\(inner.prefix(70))}' is no tag", hint: "a tag in braces is {DEVICE/TAG}")
    }
    return .tag(TagName(device: parts[0], tag: parts[1]))
  }

  private mutating func text(quote: UInt8) throws(ExpressionError) -> ExpressionToken.Kind {
    let start = offset
    guard let end = bytes[(start + 1)...].firstIndex(of: quote) else {
      throw ExpressionError(offset: start, "the quote is not closed")
    }
    offset = end + 1
    return .text(string(start + 1..<end))
  }

  private mutating func number() throws(ExpressionError) -> ExpressionToken.Kind {
    let start = offset
    while let byte = peek(), Self.isDigit(byte) || byte == UInt8(ascii: ".") { offset += 1 }
    if let mark = peek(), mark | 0x20 == UInt8(ascii: "e") {
      let isSigned = peek(1) == UInt8(ascii: "-") || peek(1) == UInt8(ascii: "+")
      if peek(isSigned ? 2 : 1).map(Self.isDigit) == true {
        offset += isSigned ? 2 : 1
        while let byte = peek(), Self.isDigit(byte) { offset += 1 }
      }
    }
    let text = string(start..<offset)
    // Units and names that begin with a digit.
    if let byte = peek(), Self.isLetter(byte) || byte == UInt8(ascii: "_") || byte >= 0x80 || byte == UInt8(ascii: ".")
    {
      let rest = string(offset..<bytes.count).prefix { !$0.isWhitespace && !"+*^(),<>=!}\"'".contains($0) }
      throw ExpressionError(
        offset: start, "'\(text)\(rest.prefix(40))' is no number",
        hint: rest.contains("/")
          ? "a tag whose device begins with a digit stands in braces: {\(text)\(rest.prefix(100))}"
          : "numbers are decimal and have no unit, for example 0.5")
    }
    guard let value = Double(text), value.isFinite else {
      throw ExpressionError(offset: start, "'\(text.prefix(40))' is no number", hint: "for example 12, 0.5 or 1e-3")
    }
    return .number(value)
  }

  private static let signs = ["<=", ">=", "==", "!=", "+", "-", "*", "/", "%", "^", "(", ")", ",", "<", ">"]
  /// What other languages write.
  private static let foreign: [(sign: String, ours: String)] = [
    ("&&", "and"), ("||", "or"), ("**", "^"), ("<>", "!="), ("=", "=="), ("!", "not"), ("&", "and"), ("|", "or"),
    ("≤", "<="), ("≥", ">="), ("≠", "!="), ("×", "*"), ("·", "*"), ("÷", "/"), ("−", "-"), ("–", "-"), (":", "/"),
    ("?", "if(condition, a, b)"), (";", ","), ("[", "("), ("]", ")"),
  ]

  private mutating func sign() throws(ExpressionError) -> String {
    let rest = bytes[offset...]
    func begins(_ sign: String) -> Bool { rest.starts(with: sign.utf8) }
    let mistaken = Self.foreign.first { begins($0.sign) }
    let known = Self.signs.first(where: begins)
    // Two signs that are ours one by one, such as **.
    if let mistaken, known.map({ $0.utf8.count < mistaken.sign.utf8.count }) ?? true {
      throw ExpressionError(
        offset: offset, "'\(mistaken.sign)' means nothing here", hint: "did you mean '\(mistaken.ours)'?")
    }
    if let known {
      offset += known.utf8.count
      return known
    }
    let character = String(decoding: rest.prefix(16), as: UTF8.self).first.map(String.init) ?? ""
    throw ExpressionError(offset: offset, "'\(character)' means nothing here", hint: "see docs/computed.md")
  }
}
