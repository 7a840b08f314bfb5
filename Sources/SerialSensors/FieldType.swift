public import Telemetry

/// How the text of a field becomes a value.
public enum FieldType: String, Sendable, CaseIterable {
  /// A decimal number, with or without a sign, point and exponent.
  case number
  /// A whole number in decimal.
  case integer
  /// One of two words.
  case bool
  /// A whole number in hexadecimal, with or without `0x`.
  case hex
  /// The field's text as it stands, without blanks around it.
  case string

  public var valueType: ValueType {
    switch self {
    case .number: .float64
    case .integer, .hex: .integer
    case .bool: .boolean
    case .string: .text
    }
  }
}
