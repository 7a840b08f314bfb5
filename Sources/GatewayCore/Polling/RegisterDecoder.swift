public import Telemetry

/// Turns the entries of a reply into readings.
public enum RegisterDecoder {
  /// Reads one value.
  ///
  /// A bool on a register table is "any bit set". A float that is not a number or infinite gives
  /// `bad(.undecodable)`; entries that do not reach to the value's end give `bad(.malformedReply)`.
  ///
  /// - Parameters:
  ///   - entries: of one reply: registers, or 0 and 1 for bit tables.
  ///   - offset: of the value's first entry.
  public static func decode(_ entries: [UInt16], at offset: Int, as point: RegisterPoint) -> Reading {
    let count = point.entryCount
    guard offset >= 0, offset <= entries.count - count else { return .bad(.malformedReply) }
    guard !point.table.isBits else { return Reading(.boolean(entries[offset] != 0)) }
    let pattern = gather(entries, at: offset, count: count, order: point.order)
    switch point.type {
    case .bool: return Reading(.boolean(pattern != 0))
    case .int16: return Reading(.integer(Int64(Int16(truncatingIfNeeded: pattern))))
    case .int32: return Reading(.integer(Int64(Int32(truncatingIfNeeded: pattern))))
    case .uint16, .uint32: return Reading(.integer(Int64(pattern)))
    case .int64: return Reading(.integer(Int64(bitPattern: pattern)))
    case .float32:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: pattern))
      return value.isFinite ? Reading(.float32(value)) : .bad(.undecodable)
    case .float64:
      let value = Double(bitPattern: pattern)
      return value.isFinite ? Reading(.float64(value)) : .bad(.undecodable)
    }
  }

  /// The value's bits, most significant first, whatever order they came in.
  private static func gather(_ entries: [UInt16], at offset: Int, count: Int, order: WordOrder) -> UInt64 {
    var pattern: UInt64 = 0
    for position in 0..<count {
      let word = entries[offset + (order.wordsAreLittleEndian ? count - 1 - position : position)]
      pattern = pattern << 16 | UInt64(order.bytesAreLittleEndian ? word.byteSwapped : word)
    }
    return pattern
  }
}
