/// How register words are read as a value.
public enum RegisterType: String, Sendable, CaseIterable {
  case bool
  /// The low byte of a register, unless bits say another.
  case int8
  case uint8
  case int16
  case uint16
  case int32
  case uint32
  case int64
  /// Values above 2^63 - 1 cannot be kept and are undecodable.
  case uint64
  case float16
  case float32
  case float64
  /// Binary-coded decimal, one digit in four bits: 4, 8 and 16 digits, no sign.
  case bcd16
  case bcd32
  case bcd64
  /// As many registers as its point says.
  case string

  /// Registers of 16 bits that one value takes; at least this many for a string.
  public var registerCount: Int {
    switch self {
    case .bool, .int8, .uint8, .int16, .uint16, .float16, .bcd16, .string: 1
    case .int32, .uint32, .float32, .bcd32: 2
    case .int64, .uint64, .float64, .bcd64: 4
    }
  }

  public var valueType: ValueType {
    switch self {
    case .bool: .boolean
    case .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64, .bcd16, .bcd32, .bcd64: .integer
    case .float16, .float32: .float32
    case .float64: .float64
    case .string: .text
    }
  }

  /// Whole numbers below 0 are among its values.
  public var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64: true
    default: false
    }
  }

  /// Its values are taken from some bits of the registers only.
  public var takesBits: Bool {
    switch self {
    case .bool, .int8, .uint8, .int16, .uint16, .int32, .uint32, .int64, .uint64: true
    case .float16, .float32, .float64, .bcd16, .bcd32, .bcd64, .string: false
    }
  }
}

/// A run of bits of a value: bit 0 is the least significant of the whole value, whatever its order on the wire.
public struct BitField: Hashable, Sendable {
  /// 0 to 63.
  public var lowest: Int
  /// 1 to 64, at most as many as there are from `lowest` on.
  public var count: Int

  public init(lowest: Int, count: Int) {
    self.lowest = lowest
    self.count = count
  }

  public static let lowByte = Self(lowest: 0, count: 8)
  public static let highByte = Self(lowest: 8, count: 8)

  public var highest: Int { lowest + count - 1 }
  /// Ones at the field's bits.
  public var mask: UInt64 { (count >= 64 ? .max : (1 << UInt64(count)) - 1) << UInt64(lowest) }
}

/// How the bytes of a string stand for letters.
public enum TextEncoding: String, Sendable, CaseIterable {
  /// Bytes above 127 make the reading undecodable.
  case ascii
  case utf8 = "utf-8"
  /// ISO 8859-1: each byte is the Unicode scalar of its number.
  case latin1 = "latin-1"
}
