extension JSONWriter {
  public mutating func member(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  public mutating func member(_ name: String, _ value: some FixedWidthInteger) {
    key(name)
    integer(value)
  }

  public mutating func member(_ name: String, _ value: Double) {
    key(name)
    double(value)
  }

  public mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  /// Left out when there is no value.
  public mutating func member(_ name: String, ifPresent value: String?) {
    if let value { member(name, value) }
  }

  /// Left out when there is no value.
  public mutating func member(_ name: String, ifPresent value: (some FixedWidthInteger)?) {
    if let value { member(name, value) }
  }

  /// Left out when there is no value.
  public mutating func member(_ name: String, ifPresent value: Double?) {
    if let value { member(name, value) }
  }

  /// `null` when there is no value.
  public mutating func member(_ name: String, orNull value: Double?) {
    key(name)
    if let value { double(value) } else { null() }
  }

  /// The fewest digits that read back as the same 32-bit number: `230.1`, where the same value as a ``double(_:)`` would
  /// be 230.10000610351562. NaN and infinities become `null`.
  public mutating func float(_ value: Float) {
    guard value.isFinite else { return null() }
    let text = value.description
    raw((text.hasSuffix(".0") ? text.dropLast(2) : text[...]).utf8)
  }

  /// One object, filled in by `body`.
  public static func object(_ body: (inout JSONWriter) throws -> Void) rethrows -> [UInt8] {
    var json = JSONWriter()
    json.beginObject()
    try body(&json)
    json.endObject()
    return json.take()
  }

  /// One array, filled in by `body`.
  public static func array(_ body: (inout JSONWriter) throws -> Void) rethrows -> [UInt8] {
    var json = JSONWriter()
    json.beginArray()
    try body(&json)
    json.endArray()
    return json.take()
  }

  /// One value, as text: for logs and tests.
  public static func text(_ body: (inout JSONWriter) throws -> Void) rethrows -> String {
    var json = JSONWriter()
    try body(&json)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
