import Telemetry

/// From numbers to register words and back, written apart from the gateway's decoder: each can show the other's errors.
enum RegisterEncoding {
  static func entries(_ raw: Double, _ point: RegisterPoint) -> [UInt16] {
    switch point.type {
    case .bool: [raw != 0 ? 1 : 0]
    case .int16: words(UInt64(bitPattern: integer(raw, Int16.self)), 1, point.order)
    case .uint16: words(UInt64(bitPattern: integer(raw, UInt16.self)), 1, point.order)
    case .int32: words(UInt64(bitPattern: integer(raw, Int32.self)), 2, point.order)
    case .uint32: words(UInt64(bitPattern: integer(raw, UInt32.self)), 2, point.order)
    case .int64: words(UInt64(bitPattern: integer(raw, Int64.self)), 4, point.order)
    case .float32: words(UInt64(Float(raw).bitPattern), 2, point.order)
    case .float64: words(raw.bitPattern, 4, point.order)
    case .int8: words(UInt64(bitPattern: integer(raw, Int8.self)) & 0xff, 1, point.order)
    case .uint8: words(UInt64(bitPattern: integer(raw, UInt8.self)), 1, point.order)
    case .uint64: words(UInt64(exactly: raw.rounded()) ?? 0, 4, point.order)
    case .float16: words(UInt64(Float16(raw).bitPattern), 1, point.order)
    case .bcd16, .bcd32, .bcd64: words(digits(raw), point.type.registerCount, point.order)
    case .string: Array(repeating: 0, count: point.length)
    }
  }

  static func value(_ entries: [UInt16], _ point: RegisterPoint) -> Double {
    let bits = assembled(entries, point.order)
    switch point.type {
    case .bool: return bits != 0 ? 1 : 0
    case .int16: return Double(Int16(truncatingIfNeeded: bits))
    case .uint16: return Double(UInt16(truncatingIfNeeded: bits))
    case .int32: return Double(Int32(truncatingIfNeeded: bits))
    case .uint32: return Double(UInt32(truncatingIfNeeded: bits))
    case .int64: return Double(Int64(bitPattern: bits))
    case .float32: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: return Double(bitPattern: bits)
    case .int8: return Double(Int8(truncatingIfNeeded: bits))
    case .uint8: return Double(UInt8(truncatingIfNeeded: bits))
    case .uint64: return Double(bits)
    case .float16: return Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bcd16, .bcd32, .bcd64: return Double(String(bits, radix: 16)) ?? .nan
    case .string: return 0
    }
  }

  /// Two bytes a register, zeros behind the end.
  static func entries(_ text: String, _ point: RegisterPoint) -> [UInt16] {
    var bytes = point.encoding == .latin1 ? text.unicodeScalars.map { UInt8(clamping: $0.value) } : Array(text.utf8)
    bytes += [UInt8](repeating: 0, count: max(0, 2 * point.length - bytes.count))
    let words = (0..<point.length).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    return ordered(words, point.order)
  }

  /// The decimal digits of a number, read as hexadecimal ones.
  private static func digits(_ raw: Double) -> UInt64 {
    UInt64(exactly: raw.rounded()).flatMap { UInt64(String($0), radix: 16) } ?? 0
  }

  private static func integer<I: FixedWidthInteger>(_ raw: Double, _: I.Type) -> Int64 {
    let rounded = raw.rounded()
    if let exact = I(exactly: rounded) { return Int64(truncatingIfNeeded: exact) }
    return rounded < 0 ? Int64(truncatingIfNeeded: I.min) : rounded > 0 ? Int64(truncatingIfNeeded: I.max) : 0
  }

  private static func words(_ bits: UInt64, _ count: Int, _ order: WordOrder) -> [UInt16] {
    let bigEndian = (0..<count).map { UInt16(truncatingIfNeeded: bits >> (16 * UInt64(count - 1 - $0))) }
    return ordered(bigEndian, order)
  }

  private static func ordered(_ bigEndian: [UInt16], _ order: WordOrder) -> [UInt16] {
    let words = order.wordsAreLittleEndian ? bigEndian.reversed() : bigEndian
    return order.bytesAreLittleEndian ? words.map(\.byteSwapped) : words
  }

  private static func assembled(_ words: [UInt16], _ order: WordOrder) -> UInt64 {
    let ordered = order.wordsAreLittleEndian ? words.reversed() : words
    return ordered.reduce(0) { $0 << 16 | UInt64(order.bytesAreLittleEndian ? $1.byteSwapped : $1) }
  }
}
