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
