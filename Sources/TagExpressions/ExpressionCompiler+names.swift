import Telemetry

/// Which tag a name means, and what to say when it means none.
extension ExpressionCompiler {
  func tag(_ node: ExpressionNode) throws(ExpressionError) -> (name: TagName, definition: TagDefinition) {
    let name: TagName
    let isWord: Bool
    switch node.kind {
    case .tag(let written): (name, isWord) = (written, false)
    case .word(let word): (name, isWord) = (TagName(device: parsed.device, tag: word), true)
    default: preconditionFailure("only names are tags")
    }
    let offset = node.range.lowerBound
    switch tags[name] {
    case .tag(let definition): return (name, definition)
    case .unusable: throw ExpressionError(offset: offset, "'\(name)' is wrong itself", isConsequence: true)
    case .noDevice, .noTag:
      throw isWord ? unknownWord(name.tag, offset) : unknownTag(name, offset)
    }
  }

  private func unknownTag(_ name: TagName, _ offset: Int) -> ExpressionError {
    if let split = missingSpace(name) {
      return ExpressionError(
        offset: offset, "there is no tag '\(name)'", hint: "a minus needs spaces around it: \(split)")
    }
    guard tags[name] == .noTag else {
      return ExpressionError(
        offset: offset, "there is no device '\(name.device)'",
        hint: TagDirectory.suggestion(for: name.device, among: tags.deviceNames, what: "devices"))
    }
    return ExpressionError(
      offset: offset, "device '\(name.device)' has no tag '\(name.tag)'",
      hint: TagDirectory.suggestion(for: name.tag, among: tags.tagNames(of: name.device), what: "tags"))
  }

  private func unknownWord(_ word: String, _ offset: Int) -> ExpressionError {
    let message = "there is no tag '\(word)' in '\(parsed.device)'"
    if let function = ExpressionFunction(rawValue: word) {
      return ExpressionError(
        offset: offset, "'\(word)' is a function", hint: "its values stand in parentheses: \(function.example)")
    }
    if let split = splits(word).first(where: { exists($0.left) && exists($0.right) }) {
      return ExpressionError(
        offset: offset, message, hint: "a minus needs spaces around it: \(split.left) - \(split.right)")
    }
    if let device = tags.deviceNames.first(where: { tags.tagNames(of: $0).contains(word) }) {
      return ExpressionError(offset: offset, message, hint: "did you mean '\(device)/\(word)'?")
    }
    if let nearest = EditDistance.nearest(to: word, among: tags.tagNames(of: parsed.device)) {
      return ExpressionError(offset: offset, message, hint: "did you mean '\(nearest)'?")
    }
    return ExpressionError(
      offset: offset, message, hint: "a tag of another device is written DEVICE/TAG, without spaces")
  }

  // MARK: a/x-b/y

  /// What was meant, when a name holds a minus between what are two names.
  private func missingSpace(_ name: TagName) -> String? {
    for split in splits(name.tag) {
      let left = TagName(device: name.device, tag: split.left)
      if case .tag = tags[left] { return "\(left) - \(split.right)" }
    }
    for split in splits(name.device) where exists(split.left) {
      let right = TagName(device: split.right, tag: name.tag)
      if case .tag = tags[right] { return "\(split.left) - \(right)" }
    }
    return nil
  }

  /// At each minus, the longest left side first.
  private func splits(_ text: String) -> [(left: String, right: String)] {
    text.indices.reversed().filter { text[$0] == "-" && $0 > text.startIndex }.map { place in
      (String(text[..<place]), String(text[text.index(after: place)...]))
    }.filter { !$0.right.isEmpty }
  }

  /// Is a tag of the same device, or a number.
  private func exists(_ word: String) -> Bool {
    if Double(word) != nil { return true }
    if case .tag = tags[TagName(device: parsed.device, tag: word)] { return true }
    return false
  }
}
