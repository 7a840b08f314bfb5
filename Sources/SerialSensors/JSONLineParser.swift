/// Reads one line of JSON (RFC 8259) from a sensor.
///
/// Lines come with noise and from small programs: whatever is no JSON is refused as a whole, so that a cut line cannot
/// give a value. One thing is tolerated: a bare word in the place of a value, because small programs print `nan` there; it
/// is no value, and the others of the line are sound.
struct JSONLineParser {
  static let maximumDepth = 32
  static let maximumNodes = 4_096

  private let bytes: [UInt8]
  private var place = 0
  private var nodes = 0

  /// Nil when the line is not one JSON object or array.
  static func parse(_ line: [UInt8]) -> JSONNode? {
    guard let first = line.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
    var parser = Self(bytes: line)
    guard let node = parser.value(depth: 0) else { return nil }
    parser.skipBlanks()
    return parser.place == line.count ? node : nil
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

  private mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { place += 1 }
  }

  private mutating func takes(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard current == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func value(depth: Int) -> JSONNode? {
    nodes += 1
    guard depth < Self.maximumDepth, nodes <= Self.maximumNodes else { return nil }
    skipBlanks()
    switch current {
    case UInt8(ascii: "{"): return object(depth: depth)
    case UInt8(ascii: "["): return array(depth: depth)
    case UInt8(ascii: "\""): return text().map { .text($0) }
    default: return word()
    }
  }

  private mutating func object(depth: Int) -> JSONNode? {
    place += 1
    var members: [(name: [UInt8], value: JSONNode)] = []
    if takes("}") { return .object(members) }
    repeat {
      skipBlanks()
      guard current == UInt8(ascii: "\""), let name = text(), takes(":"), let value = value(depth: depth + 1) else {
        return nil
      }
      members.append((name, value))
    } while takes(",")
    return takes("}") ? .object(members) : nil
  }

  private mutating func array(depth: Int) -> JSONNode? {
    place += 1
    var items: [JSONNode] = []
    if takes("]") { return .array(items) }
    repeat {
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
    } while takes(",")
    return takes("]") ? .array(items) : nil
  }

  private mutating func word() -> JSONNode? {
    let start = place
    while let byte = current {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        place += 1
      default: return place > start ? .word(Array(bytes[start..<place])) : nil
      }
    }
    return nil
  }

  /// The text of a string, its escapes resolved; nil when it does not end, has control characters or is no UTF-8.
  private mutating func text() -> [UInt8]? {
    place += 1
    var text: [UInt8] = []
    while let byte = current {
      place += 1
      switch byte {
      case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self) == nil ? nil : text
      case UInt8(ascii: "\\"):
        guard let escaped = escape() else { return nil }
        text += escaped
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> [UInt8]? {
    guard let byte = current else { return nil }
    place += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      guard var code = unit() else { return nil }
      if (0xd800..<0xdc00).contains(code) {
        guard current == UInt8(ascii: "\\"), place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "u") else {
          return nil
        }
        place += 2
        guard let low = unit(), (0xdc00..<0xe000).contains(low) else { return nil }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      return Unicode.Scalar(code).map { Array(String(Character($0)).utf8) }
    default: return nil
    }
  }

  private mutating func unit() -> UInt32? {
    guard place + 4 <= bytes.count else { return nil }
    defer { place += 4 }
    let digits = bytes[place..<place + 4]
    guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
  }
}
