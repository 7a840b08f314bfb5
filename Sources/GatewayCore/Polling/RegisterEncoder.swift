public import Telemetry

/// Turns values into the entries of a write: the inverse of ``RegisterDecoder``.
public enum RegisterEncoder {
  /// The entries that decode to `value`: registers, or 0 and 1 for bit tables.
  ///
  /// A number is taken by any type that holds it exactly: 21 can be written to a float32, 21.0 to an int16, 0 and 1 to
  /// a bool. Nothing is rounded or cut off; only a float32 takes the nearest value that it has.
  public static func encode(
    _ value: Value, as point: RegisterPoint
  ) throws(RegisterEncodingError) -> [UInt16] {
    if point.type == .bool || point.table.isBits { return [try flag(value) ? 1 : 0] }
    let pattern = try pattern(of: value, as: point.type)
    return scatter(pattern, count: point.entryCount, order: point.order)
  }

  private static func pattern(
    of value: Value, as type: RegisterType
  ) throws(RegisterEncodingError) -> UInt64 {
    switch type {
    case .bool: return try flag(value) ? 1 : 0
    case .int16: return try integer(value, type, Int64(Int16.min)...Int64(Int16.max))
    case .uint16: return try integer(value, type, 0...Int64(UInt16.max))
    case .int32: return try integer(value, type, Int64(Int32.min)...Int64(Int32.max))
    case .uint32: return try integer(value, type, 0...Int64(UInt32.max))
    case .int64: return try integer(value, type, .min ... .max)
    case .float32:
      let float = Float(try number(value, type))
      guard float.isFinite else { throw beyond(value, type, "±\(Float.greatestFiniteMagnitude)") }
      return UInt64(float.bitPattern)
    case .float64: return try number(value, type).bitPattern
    }
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
    _ value: Value, _ type: RegisterType, _ range: ClosedRange<Int64>
  ) throws(RegisterEncodingError) -> UInt64 {
    let whole: Int64? =
      switch value {
      case .boolean: nil
      case .integer(let integer): integer
      case .float32(let float): Int64(exactly: float)
      case .float64(let double): Int64(exactly: double)
      }
    guard let whole else {
      throw RegisterEncodingError("\(text(value)) is no whole number; \(type.rawValue) takes whole numbers")
    }
    guard range.contains(whole) else { throw beyond(value, type, "\(range.lowerBound) to \(range.upperBound)") }
    return UInt64(bitPattern: whole)
  }

  private static func number(_ value: Value, _ type: RegisterType) throws(RegisterEncodingError) -> Double {
    switch value {
    case .integer(let integer):
      guard let exact = Double(exactly: integer), type == .float64 || Float(exactly: integer) != nil else {
        throw RegisterEncodingError("\(integer) has more digits than \(type.rawValue) can hold")
      }
      return exact
    case .float32(let float) where float.isFinite: return Double(float)
    case .float64(let double) where double.isFinite: return double
    default: throw RegisterEncodingError("\(text(value)) is no finite number; \(type.rawValue) takes numbers")
    }
  }

  private static func beyond(_ value: Value, _ type: RegisterType, _ range: String) -> RegisterEncodingError {
    RegisterEncodingError("\(text(value)) does not fit into \(type.rawValue), which holds \(range)")
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
