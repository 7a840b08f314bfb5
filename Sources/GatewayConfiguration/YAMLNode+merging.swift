extension YAMLNode {
  /// The value of a key of a mapping.
  func member(_ key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { entry in
      if case .scalar(key, _) = entry.key.content { true } else { false }
    }?.value
  }

  /// The same at another place of another file, and whole numbers under the keys of `addresses` with `offset` added.
  func moved(to position: FilePosition, addresses: [String] = [], by offset: Int = 0) -> YAMLNode {
    switch content {
    case .scalar: return YAMLNode(content, at: position)
    case .sequence(let items): return YAMLNode(.sequence(items.map { $0.moved(to: position) }), at: position)
    case .mapping(let entries):
      let moved = entries.map { entry -> Entry in
        var value = entry.value.moved(to: position)
        if offset != 0, case .scalar(let key, _) = entry.key.content, addresses.contains(key),
          case .scalar(let text, false) = value.content, let address = Int(text)
        {
          value = YAMLNode(.scalar("\(address + offset)", isQuoted: false), at: position)
        }
        return Entry(key: entry.key.moved(to: position), value: value)
      }
      return YAMLNode(.mapping(moved), at: position)
    }
  }

  /// A mapping with the entries of another, which count where both have one. Stands where the other does.
  func overridden(by other: YAMLNode) -> YAMLNode {
    guard case .mapping(let mine) = content, case .mapping(let theirs) = other.content else { return other }
    let names = theirs.compactMap { entry -> String? in
      if case .scalar(let name, _) = entry.key.content { name } else { nil }
    }
    let kept = mine.filter { entry in
      if case .scalar(let name, _) = entry.key.content { !names.contains(name) } else { true }
    }
    return YAMLNode(.mapping(kept + theirs), at: other.position)
  }
}
