/// Appends JSON (RFC 8259) to a buffer without building a tree: a scan becomes a message in one pass.
///
/// The writer places the commas. Nesting is the caller's: a `begin` without its `end` gives invalid text.
public struct JSONWriter: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// A value was written at this level, so the next one needs a comma before it.
  private var needsComma = false

  public init() {}

  public init(reservingCapacity capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  public mutating func endArray() { close(UInt8(ascii: "]")) }

  /// The name of the next value of an object.
  public mutating func key(_ name: some StringProtocol) {
    separate()
    append(quoted: name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  public mutating func string(_ text: some StringProtocol) {
    separate()
    append(quoted: text)
  }

  public mutating func integer(_ value: some BinaryInteger) {
    separate()
    append(digits: Int64(truncatingIfNeeded: value), isUnsigned: value >= 0 ? UInt64(truncatingIfNeeded: value) : nil)
  }

  /// The shortest text that reads back as the same number; whole numbers without a point. JSON has no infinities and no
  /// NaN: they become null.
  public mutating func double(_ value: Double) {
    separate()
    guard value.isFinite else { return append("null") }
    if value == value.rounded(.towardZero), value.magnitude < 1e15 {
      append(digits: Int64(value), isUnsigned: value >= 0 ? UInt64(value) : nil)
    } else {
      append(value.description)
    }
  }

  public mutating func bool(_ value: Bool) {
    separate()
    append(value ? "true" : "false")
  }

  public mutating func null() {
    separate()
    append("null")
  }

  /// A finite number, or null.
  public mutating func double(_ value: Double?) {
    if let value { double(value) } else { null() }
  }

  /// Text, or null.
  public mutating func string(_ text: String?) {
    if let text { string(text) } else { null() }
  }

  /// Bytes that are JSON already.
  public mutating func raw(_ json: [UInt8]) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// The text written so far.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append(digits value: Int64, isUnsigned: UInt64?) {
    var rest = isUnsigned ?? value.magnitude
    if isUnsigned == nil { bytes.append(UInt8(ascii: "-")) }
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func append(quoted text: some StringProtocol) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case 0..<0x20:
        append("\\u00")
        bytes.append(Self.hexDigit(byte >> 4))
        bytes.append(Self.hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension JSONWriter {
  /// `"name": value` in one call.
  public mutating func member(_ name: String, _ value: String?) {
    key(name)
    string(value)
  }

  public mutating func member(_ name: String, _ value: some BinaryInteger) {
    key(name)
    integer(value)
  }

  public mutating func member(_ name: String, _ value: Double?) {
    key(name)
    double(value)
  }

  public mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// One object, written by `body`.
  public mutating func object(_ body: (inout JSONWriter) -> Void) {
    beginObject()
    body(&self)
    endObject()
  }

  /// `"name": { … }`
  public mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
    key(name)
    object(body)
  }

  /// `"name": [ … ]`
  public mutating func array(_ name: String, _ body: (inout JSONWriter) -> Void) {
    key(name)
    beginArray()
    body(&self)
    endArray()
  }
}
