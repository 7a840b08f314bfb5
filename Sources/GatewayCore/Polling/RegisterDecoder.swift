public import Telemetry

/// Turns entries of a reply into a tag's raw reading.
public enum RegisterDecoder {
  /// - Parameter entries: as many as ``RegisterPoint/entryCount``; registers, or 0 and 1 for bit tables.
  /// - Returns: a good reading, or a bad one with reason `.undecodable` for a float that is no number: NaN and the
  ///   infinities are how many meters say "no value", and no rule or database can use them.
  public static func decode(_ entries: ArraySlice<UInt16>, as point: RegisterPoint) -> Reading {
    precondition(entries.count == point.entryCount, "a slice of another length than the value")
    if point.table.isBits { return Reading(.boolean(entries.first != 0)) }
    let bits = assemble(entries, point.order)
    switch point.type {
    case .bool: return Reading(.boolean(bits != 0))
    case .int16: return Reading(.integer(Int64(Int16(truncatingIfNeeded: bits))))
    case .uint16, .uint32: return Reading(.integer(Int64(bits)))
    case .int32: return Reading(.integer(Int64(Int32(truncatingIfNeeded: bits))))
    case .int64: return Reading(.integer(Int64(bitPattern: bits)))
    case .float32:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
      return value.isFinite ? Reading(.float32(value)) : .bad(.undecodable)
    case .float64:
      let value = Double(bitPattern: bits)
      return value.isFinite ? Reading(.float64(value)) : .bad(.undecodable)
    }
  }

  /// The value's bits, most significant word and byte first.
  private static func assemble(_ words: ArraySlice<UInt16>, _ order: WordOrder) -> UInt64 {
    var bits: UInt64 = 0
    for index in words.indices {
      let mirrored = words.startIndex + words.endIndex - 1 - index
      let word = words[order.wordsAreLittleEndian ? mirrored : index]
      bits = bits << 16 | UInt64(order.bytesAreLittleEndian ? word.byteSwapped : word)
    }
    return bits
  }
}
