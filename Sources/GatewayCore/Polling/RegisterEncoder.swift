public import Telemetry

/// Turns values into the entries of a write: the inverse of ``RegisterDecoder``.
public enum RegisterEncoder {
  /// The entries that decode to `value`: registers, or 0 and 1 for bit tables.
  ///
  /// A number is taken by any type that holds it exactly: 21 can be written to a float32, 21.0 to an int16, 0 and 1 to
  /// a bool. Nothing is rounded or cut off; only a float16 or float32 takes the nearest value that it has.
  ///
  /// - Parameter existing: what the registers hold now. A point of some bits of its registers needs it, because the other
  ///   bits must stay as they are; whoever writes reads them first. Other points do not look at it.
  public static func encode(
    _ value: Value, as point: RegisterPoint, over existing: [UInt16]? = nil
  ) throws(RegisterEncodingError) -> [UInt16] {
    if point.table.isBits { return [try flag(value) ? 1 : 0] }
    // "Any bit set" is true; what is written is the number 1, in the order of the point.
    if let field = point.field { return try encode(value, in: field, of: point, over: existing) }
    return scatter(try pattern(of: value, as: point.type), count: point.entryCount, order: point.order)
  }

  /// The registers of a string, filled up with zeros.
  public static func encode(text: String, as point: RegisterPoint) throws(RegisterEncodingError) -> [UInt16] {
    guard point.type == .string else {
      throw RegisterEncodingError("'\(text)' is a text, and \(point.type.rawValue) takes none")
    }
    guard var bytes = point.encoding.bytes(of: text) else {
      throw RegisterEncodingError("'\(text)' has letters that \(point.encoding.rawValue) does not have")
    }
    guard !bytes.contains(0), bytes.count <= 2 * point.length else {
      throw RegisterEncodingError(
        "'\(text)' has \(bytes.count) bytes; \(point.length) registers hold \(2 * point.length), none of them zero")
    }
    bytes += repeatElement(0, count: 2 * point.length - bytes.count)
    let words = (0..<point.length).map { index in
      let word = UInt16(bytes[2 * index]) << 8 | UInt16(bytes[2 * index + 1])
      return point.order.bytesAreLittleEndian ? word.byteSwapped : word
    }
    return point.order.wordsAreLittleEndian ? words.reversed() : words
  }

  private static func encode(
    _ value: Value, in field: BitField, of point: RegisterPoint, over existing: [UInt16]?
  ) throws(RegisterEncodingError) -> [UInt16] {
    guard let existing, existing.count == point.entryCount else {
      throw RegisterEncodingError(
        "bits \(field.lowest) to \(field.highest) cannot be written without knowing the others of their registers")
    }
    let whole: UInt64
    if point.type == .bool {
      guard field.count == 1 else { throw RegisterEncodingError("a bool of several bits can be read, but not written") }
      whole = try flag(value) ? 1 : 0
    } else {
      let most = field.count >= 64 ? Int64.max : Int64(1) << Int64(field.count) - 1
      let range =
        point.type.isSigned
        ? (field.count >= 64 ? .min : -(most / 2) - 1)...(field.count >= 64 ? most : most / 2) : 0...most
      whole = try integer(value, "\(field.count) bits of \(point.type.rawValue)", range)
    }
    let old = RegisterDecoder.gather(existing, at: 0, count: existing.count, order: point.order)
    let new = old & ~field.mask | whole << UInt64(field.lowest) & field.mask
    return scatter(new, count: point.entryCount, order: point.order)
  }

  private static func pattern(of value: Value, as type: RegisterType) throws(RegisterEncodingError) -> UInt64 {
    switch type {
    case .bool: return try flag(value) ? 1 : 0
    case .int8, .uint8: return try integer(value, type.rawValue, type == .int8 ? -128...127 : 0...255)
    case .int16: return try integer(value, type.rawValue, Int64(Int16.min)...Int64(Int16.max))
    case .uint16: return try integer(value, type.rawValue, 0...Int64(UInt16.max))
    case .int32: return try integer(value, type.rawValue, Int64(Int32.min)...Int64(Int32.max))
    case .uint32: return try integer(value, type.rawValue, 0...Int64(UInt32.max))
    case .int64: return try integer(value, type.rawValue, .min ... .max)
    case .uint64: return try integer(value, type.rawValue, 0 ... .max)
    case .float16:
      let half = Float16(try number(value, type))
      guard half.isFinite else { throw beyond(value, type.rawValue, "±65504") }
      return UInt64(half.bitPattern)
    case .float32:
      let float = Float(try number(value, type))
      guard float.isFinite else { throw beyond(value, type.rawValue, "±\(Float.greatestFiniteMagnitude)") }
      return UInt64(float.bitPattern)
    case .float64: return try number(value, type).bitPattern
    case .bcd16: return decimal(try integer(value, type.rawValue, 0...9_999))
    case .bcd32: return decimal(try integer(value, type.rawValue, 0...99_999_999))
    case .bcd64: return decimal(try integer(value, type.rawValue, 0...9_999_999_999_999_999))
    case .string: throw RegisterEncodingError("\(text(value)) is a number, and a string takes a text")
    }
  }

  private static func decimal(_ number: UInt64) -> UInt64 {
    var (rest, pattern, shift) = (number, UInt64(0), UInt64(0))
    while rest > 0 {
      pattern |= (rest % 10) << shift
      rest /= 10
      shift += 4
    }
    return pattern
  }

  private static func flag(_ value: Value) throws(RegisterEncodingError) -> Bool {
    switch value {
    case .boolean(let flag): return flag
    case .integer(0): return false
    case .integer(1): return true
    default:
      throw RegisterEncodingError("\(text(value)) is neither true nor false; a bool takes true, false, 1 or 0")
    }
  }

  private static func integer(
    _ value: Value, _ type: String, _ range: ClosedRange<Int64>
  ) throws(RegisterEncodingError) -> UInt64 {
    let whole: Int64? =
      switch value {
      case .boolean: nil
      case .integer(let integer): integer
      case .float32(let float): Int64(exactly: float)
      case .float64(let double): Int64(exactly: double)
      }
    guard let whole else {
      throw RegisterEncodingError("\(text(value)) is no whole number; \(type) takes whole numbers")
    }
    guard range.contains(whole) else { throw beyond(value, type, "\(range.lowerBound) to \(range.upperBound)") }
    return UInt64(bitPattern: whole)
  }

  private static func number(_ value: Value, _ type: RegisterType) throws(RegisterEncodingError) -> Double {
    switch value {
    case .integer(let integer):
      let isExact =
        switch type {
        case .float16: Float16(exactly: integer) != nil || integer.magnitude > 65_504
        case .float32: Float(exactly: integer) != nil
        default: true
        }
      guard let exact = Double(exactly: integer), isExact else {
        throw RegisterEncodingError("\(integer) has more digits than \(type.rawValue) can hold")
      }
      return exact
    case .float32(let float) where float.isFinite: return Double(float)
    case .float64(let double) where double.isFinite: return double
    default: throw RegisterEncodingError("\(text(value)) is no finite number; \(type.rawValue) takes numbers")
    }
  }

  private static func beyond(_ value: Value, _ type: String, _ range: String) -> RegisterEncodingError {
    RegisterEncodingError("\(text(value)) does not fit into \(type), which holds \(range)")
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .boolean(let flag): "\(flag)"
    case .integer(let integer): "\(integer)"
    case .float32(let float): "\(float)"
    case .float64(let double): "\(double)"
    }
  }

  /// The value's bits as registers, in the order of the wire.
  private static func scatter(_ pattern: UInt64, count: Int, order: WordOrder) -> [UInt16] {
    (0..<count).map { position in
      let fromLeast = order.wordsAreLittleEndian ? position : count - 1 - position
      let word = UInt16(truncatingIfNeeded: pattern >> UInt64(16 * fromLeast))
      return order.bytesAreLittleEndian ? word.byteSwapped : word
    }
  }
}

extension RegisterPoint {
  /// The bits that it means, when these are not all of its registers.
  var field: BitField? {
    if let bits { return bits }
    return type == .int8 || type == .uint8 ? .lowByte : nil
  }
}

extension TextEncoding {
  /// Nil when a letter does not exist in it.
  func bytes(of text: String) -> [UInt8]? {
    switch self {
    case .ascii: return text.utf8.allSatisfy { $0 < 0x80 } ? Array(text.utf8) : nil
    case .utf8: return Array(text.utf8)
    case .latin1:
      guard text.unicodeScalars.allSatisfy({ $0.value <= 0xff }) else { return nil }
      return text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }
  }
}
