/// One value of a JSON text.
indirect enum JSONNode: Hashable, Sendable {
  case object([(name: [UInt8], value: JSONNode)])
  case array([JSONNode])
  case text([UInt8])
  /// A number, a word, or what sensors print in their place (`nan`): as it was written.
  case word([UInt8])

  static func == (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.object(let left), .object(let right)):
      left.count == right.count && zip(left, right).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    case (.array(let left), .array(let right)): left == right
    case (.text(let left), .text(let right)), (.word(let left), .word(let right)): left == right
    default: false
    }
  }

  func hash(into hasher: inout Hasher) {
    switch self {
    case .object(let members): hasher.combine(members.count)
    case .array(let items): hasher.combine(items)
    case .text(let text), .word(let text): hasher.combine(text)
    }
  }

  /// What stands at a path of names and, in arrays, of numbers from 0. Of repeated names the last counts.
  func value(at path: ArraySlice<[UInt8]>) -> JSONNode? {
    guard let step = path.first else { return self }
    switch self {
    case .object(let members):
      return members.last { $0.name == step }?.value.value(at: path.dropFirst())
    case .array(let items):
      guard let index = Int(String(decoding: step, as: UTF8.self)), items.indices.contains(index) else { return nil }
      return items[index].value(at: path.dropFirst())
    case .text, .word: return nil
    }
  }
}
