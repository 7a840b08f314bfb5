import Telemetry

/// One mapping of the file, its keys known and each read at most once by its typed readers.
///
/// Every reader returns nil after it has reported a problem, or when the key is absent; whoever needs a value anyway goes
/// on with the default, so that one mistake does not hide the next.
struct Section {
  /// In the words of messages: `device 'boiler'`.
  var title: String
  let node: YAMLNode
  /// Something in it was meant that nobody understood, so what is missing may be no second mistake.
  private(set) var hasUnknownKeys = false
  private var values: [String: YAMLNode] = [:]
  private var keys: [String: YAMLNode] = [:]

  /// Nil, with the problem reported, when `node` is no mapping. Unknown and repeated keys are reported here.
  init?(_ node: YAMLNode, _ title: String, keys known: [String], _ problems: inout ProblemList) {
    guard case .mapping(let entries) = node.content else {
      problems.error(
        node, "\(title) must be a mapping of keys to values, not \(node.kindName)",
        hint: "its keys are: \(known.joined(separator: ", "))")
      return nil
    }
    self.title = title
    self.node = node
    for entry in entries {
      guard case .scalar(let name, _) = entry.key.content else {
        problems.error(entry.key, "a key of \(title) must be a word, not \(entry.key.kindName)")
        continue
      }
      guard known.contains(name) else {
        hasUnknownKeys = true
        problems.error(
          entry.key, "unknown key '\(name)' in \(title)",
          hint: ProblemList.suggestion(for: name, among: known, what: "keys"))
        continue
      }
      if let first = keys[name] {
        problems.error(
          entry.key, "key '\(name)' is given twice in \(title)", hint: "the first is in line \(first.position.line)")
        continue
      }
      keys[name] = entry.key
      values[name] = entry.value
    }
  }

  func has(_ key: String) -> Bool { values[key] != nil }
  func value(_ key: String) -> YAMLNode? { values[key] }
  /// Where the key itself stands, else the section.
  func keyNode(_ key: String) -> YAMLNode { keys[key] ?? node }

  /// Reports a key that must be there.
  func require(_ key: String, example: String, _ problems: inout ProblemList) -> Bool {
    if has(key) { return true }
    problems.error(node, "\(title) has no '\(key)'", hint: "for example: \(key): \(example)")
    return false
  }

  // MARK: Typed values

  /// The text of a scalar that is not empty.
  func text(_ key: String, _ problems: inout ProblemList) -> String? {
    guard let value = values[key] else { return nil }
    guard case .scalar(let text, _) = value.content, !text.isEmpty else {
      problems.error(value, "'\(key)' of \(title) must be a text, not \(value.kindName)")
      return nil
    }
    return text
  }

  /// Letters, digits, `_`, `-` and `.`, 1 to 64 of them.
  func name(_ key: String, example: String, _ problems: inout ProblemList) -> String? {
    guard require(key, example: example, &problems), let text = text(key, &problems), let value = values[key] else {
      return nil
    }
    let isAllowed: (UInt8) -> Bool = {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard text.utf8.allSatisfy(isAllowed), text.utf8.count <= 64 else {
      problems.error(
        value, "'\(text.prefix(70))' cannot be a name",
        hint: "names have 1 to 64 letters (a to z, A to Z), digits and the signs _ - .")
      return nil
    }
    return text
  }

  func integer(_ key: String, _ range: ClosedRange<Int>, _ problems: inout ProblemList) -> Int? {
    guard let value = values[key] else { return nil }
    guard case .scalar(let text, false) = value.content, let number = Int(text), !text.hasPrefix("+") else {
      problems.error(
        value, "'\(key)' of \(title) must be a whole number in decimal, not \(value.kindName)",
        hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    guard range.contains(number) else {
      problems.error(
        value, "'\(key)' of \(title) is \(number), out of range",
        hint: "allowed: \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  func decimal(_ key: String, _ problems: inout ProblemList) -> DecimalNumber? {
    guard let value = values[key] else { return nil }
    guard case .scalar(let text, false) = value.content, let number = DecimalNumber(text: text) else {
      problems.error(
        value, "'\(key)' of \(title) must be a decimal number, not \(value.kindName)",
        hint: "at most 15 digits, 9 of them after the point, for example: \(key): 0.1")
      return nil
    }
    return number
  }

  func flag(_ key: String, _ problems: inout ProblemList) -> Bool? {
    guard let value = values[key] else { return nil }
    switch value.content {
    case .scalar("true", false): return true
    case .scalar("false", false): return false
    default:
      problems.error(value, "'\(key)' of \(title) must be true or false, not \(value.kindName)")
      return nil
    }
  }

  func duration(_ key: String, _ range: ClosedRange<Duration>, _ problems: inout ProblemList) -> Duration? {
    guard let value = values[key] else { return nil }
    let bounds = "allowed: \(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
    guard case .scalar(let text, _) = value.content, let duration = Quantity.duration(text) else {
      var hint = "a number and a unit (ms, s, min, h, d), for example: \(key): 10s"
      if case .scalar(let text, _) = value.content, DecimalNumber(text: text) != nil {
        hint = "did you mean '\(text)s'? Units are ms, s, min, h, d"
      }
      problems.error(value, "'\(key)' of \(title) must be a duration, not \(value.kindName)", hint: hint)
      return nil
    }
    guard range.contains(duration) else {
      problems.error(value, "'\(key)' of \(title) is \(text), out of range", hint: bounds)
      return nil
    }
    return duration
  }

  func size(_ key: String, _ range: ClosedRange<Int64>, _ problems: inout ProblemList) -> Int64? {
    guard let value = values[key] else { return nil }
    guard case .scalar(let text, _) = value.content, let size = Quantity.size(text) else {
      problems.error(
        value, "'\(key)' of \(title) must be a size, not \(value.kindName)",
        hint: "a number and a unit (MB, GB, MiB, GiB), for example: \(key): 2GB")
      return nil
    }
    guard range.contains(size) else {
      problems.error(
        value, "'\(key)' of \(title) is \(text), out of range",
        hint: "allowed: \(Quantity.text(bytes: range.lowerBound)) to \(Quantity.text(bytes: range.upperBound))")
      return nil
    }
    return size
  }

  /// One of the words that an enumeration knows.
  func choice<Choice>(
    _ key: String, _ choices: [(String, Choice)], _ problems: inout ProblemList
  ) -> Choice? {
    guard let value = values[key] else { return nil }
    let known = choices.map(\.0)
    guard case .scalar(let text, _) = value.content else {
      problems.error(
        value, "'\(key)' of \(title) must be one word, not \(value.kindName)",
        hint: "known values: \(known.joined(separator: ", "))")
      return nil
    }
    if let match = choices.first(where: { $0.0 == text }) { return match.1 }
    problems.error(
      value, "'\(key)' of \(title) cannot be '\(text)'",
      hint: ProblemList.suggestion(for: text, among: known, what: "values"))
    return nil
  }

  /// The items of a list; one item alone is not taken for a list.
  func list(_ key: String, limit: Int, example: String, _ problems: inout ProblemList) -> [YAMLNode] {
    guard let value = values[key] else { return [] }
    guard case .sequence(let items) = value.content else {
      problems.error(
        value, "'\(key)' of \(title) must be a list, not \(value.kindName)", hint: "for example:  - \(example)")
      return []
    }
    guard items.count <= limit else {
      problems.error(value, "'\(key)' of \(title) has \(items.count) entries", hint: "allowed: at most \(limit)")
      return []
    }
    return items
  }

  /// A key that is understood and checked, but does nothing in this version.
  func announceUnused(_ key: String, _ problems: inout ProblemList) {
    guard has(key) else { return }
    problems.warning(keyNode(key), "'\(key)' of \(title) is accepted, but this version does not act on it yet")
  }
}
