public import Telemetry

/// Turns the entries of a reply into readings.
public enum RegisterDecoder {
  /// Reads one value.
  ///
  /// A bool on a register table is "any of its bits set". What the type cannot be (a float that is not a number or
  /// infinite, a digit above 9 in BCD, an unsigned number above 2^63 - 1, bytes that are no text) gives
  /// `bad(.undecodable)`; entries that do not reach to the value's end give `bad(.malformedReply)`. The bits of a good
  /// text are 0; the text itself comes from ``text(_:at:as:)``.
  ///
  /// - Parameters:
  ///   - entries: of one reply: registers, or 0 and 1 for bit tables.
  ///   - offset: of the value's first entry.
  public static func decode(_ entries: [UInt16], at offset: Int, as point: RegisterPoint) -> Reading {
    let count = point.entryCount
    guard offset >= 0, offset <= entries.count - count else { return .bad(.malformedReply) }
    guard !point.table.isBits else { return Reading(.boolean(entries[offset] != 0)) }
    if point.type == .string {
      return text(entries, at: offset, as: point) == nil ? .bad(.undecodable) : Reading(bits: 0, quality: .good)
    }
    var pattern = gather(entries, at: offset, count: count, order: point.order)
    if let field = point.bits {
      pattern = (pattern & field.mask) >> UInt64(field.lowest)
      if point.type.isSigned { return Reading(.integer(extended(pattern, bits: field.count))) }
    }
    return decode(pattern, as: point.type)
  }

  private static func decode(_ pattern: UInt64, as type: RegisterType) -> Reading {
    switch type {
    case .bool: return Reading(.boolean(pattern != 0))
    case .int8: return Reading(.integer(extended(pattern, bits: 8)))
    case .uint8: return Reading(.integer(Int64(pattern & 0xff)))
    case .int16: return Reading(.integer(extended(pattern, bits: 16)))
    case .int32: return Reading(.integer(extended(pattern, bits: 32)))
    case .uint16, .uint32: return Reading(.integer(Int64(pattern)))
    case .int64: return Reading(.integer(Int64(bitPattern: pattern)))
    case .uint64: return Int64(exactly: pattern).map { Reading(.integer($0)) } ?? .bad(.undecodable)
    case .float16:
      let value = Float(Float16(bitPattern: UInt16(truncatingIfNeeded: pattern)))
      return value.isFinite ? Reading(.float32(value)) : .bad(.undecodable)
    case .float32:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: pattern))
      return value.isFinite ? Reading(.float32(value)) : .bad(.undecodable)
    case .float64:
      let value = Double(bitPattern: pattern)
      return value.isFinite ? Reading(.float64(value)) : .bad(.undecodable)
    case .bcd16, .bcd32, .bcd64:
      return decimal(pattern, digits: type.registerCount * 4).map { Reading(.integer($0)) } ?? .bad(.undecodable)
    case .string: return .bad(.undecodable)
    }
  }

  /// The text of a string, without the zeros and spaces that fill it up; nil when its bytes are no text.
  ///
  /// The first zero ends it.
  public static func text(_ entries: [UInt16], at offset: Int, as point: RegisterPoint) -> String? {
    guard offset >= 0, point.length > 0, offset <= entries.count - point.length else { return nil }
    let words = entries[offset..<offset + point.length]
    var bytes: [UInt8] = []
    for word in point.order.wordsAreLittleEndian ? Array(words.reversed()) : Array(words) {
      let pair = [UInt8(word >> 8), UInt8(word & 0xff)]
      bytes += point.order.bytesAreLittleEndian ? pair.reversed() : pair
    }
    if let end = bytes.firstIndex(of: 0) { bytes.removeSubrange(end...) }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    let start = bytes.firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.endIndex
    bytes.removeSubrange(..<start)
    return point.encoding.text(bytes)
  }

  /// The sign bit of the lowest `bits` bits, repeated upwards.
  private static func extended(_ pattern: UInt64, bits: Int) -> Int64 {
    let shift = Int64(64 - bits)
    return Int64(bitPattern: pattern << UInt64(shift)) >> shift
  }

  private static func decimal(_ pattern: UInt64, digits: Int) -> Int64? {
    var value: Int64 = 0
    for position in (0..<digits).reversed() {
      let digit = Int64(pattern >> UInt64(4 * position) & 15)
      guard digit <= 9 else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  /// The value's bits, most significant first, whatever order they came in.
  static func gather(_ entries: [UInt16], at offset: Int, count: Int, order: WordOrder) -> UInt64 {
    var pattern: UInt64 = 0
    for position in 0..<count {
      let word = entries[offset + (order.wordsAreLittleEndian ? count - 1 - position : position)]
      pattern = pattern << 16 | UInt64(order.bytesAreLittleEndian ? word.byteSwapped : word)
    }
    return pattern
  }
}
