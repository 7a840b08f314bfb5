/// How a value is kept in frames and batches. Register types (``RegisterType``) map onto these five.
public enum ValueType: UInt8, Sendable, CaseIterable {
  case boolean = 0
  /// A signed 64-bit integer, as it came from the registers.
  case integer = 1
  case float32 = 2
  case float64 = 3
  /// A text. The reading's bits say nothing; the text stands beside the readings of its scan or column.
  case text = 4

  public var name: String {
    switch self {
    case .boolean: "bool"
    case .integer: "integer"
    case .float32: "float32"
    case .float64: "float64"
    case .text: "text"
    }
  }
}

/// One raw value that is a number, before its tag's ``Scaling``. Texts are no part of it, so that numbers are copied without
/// reference counts.
public enum Value: Hashable, Sendable {
  case boolean(Bool)
  case integer(Int64)
  case float32(Float)
  case float64(Double)

  public var type: ValueType {
    switch self {
    case .boolean: .boolean
    case .integer: .integer
    case .float32: .float32
    case .float64: .float64
    }
  }

  /// The value's bits in 64: 0 or 1, the integer, or the IEEE 754 pattern (zero-extended for float32).
  public var bits: Int64 {
    switch self {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): value
    case .float32(let value): Int64(value.bitPattern)
    case .float64(let value): Int64(bitPattern: value.bitPattern)
    }
  }

  /// The inverse of ``bits``; for `float32` the upper 32 bits are ignored. Bits of a text are those of an integer.
  public init(type: ValueType, bits: Int64) {
    switch type {
    case .boolean: self = .boolean(bits != 0)
    case .integer, .text: self = .integer(bits)
    case .float32: self = .float32(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: self = .float64(Double(bitPattern: UInt64(bitPattern: bits)))
    }
  }
}
