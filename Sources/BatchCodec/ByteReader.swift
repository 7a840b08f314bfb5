/// Reads what ``ByteWriter`` wrote. Every read checks that the bytes are there; counts are checked by the caller before
/// anything of that size is allocated.
struct ByteReader {
  private let bytes: [UInt8]
  private(set) var offset: Int
  private let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  var remaining: Int { end - offset }

  func truncated(_ what: String) -> CodecError {
    CodecError(.truncated, offset: offset, "the bytes end inside \(what)")
  }

  mutating func byte(_ what: String) throws(CodecError) -> UInt8 {
    guard offset < end else { throw truncated(what) }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type, _ what: String) throws(CodecError) -> Number {
    let size = MemoryLayout<Number>.size
    guard remaining >= size else { throw truncated(what) }
    defer { offset += size }
    return bytes.withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
  }

  mutating func varint(_ what: String) throws(CodecError) -> UInt64 {
    // Most numbers are small.
    if offset < end, bytes[offset] < 0x80 {
      defer { offset += 1 }
      return UInt64(bytes[offset])
    }
    return try longVarint(what)
  }

  private mutating func longVarint(_ what: String) throws(CodecError) -> UInt64 {
    var result: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let next = try byte(what)
      let part = UInt64(next & 0x7f)
      guard shift < 63 || (shift == 63 && part <= 1) else {
        throw CodecError(.malformed, offset: offset, "\(what): a varint of more than 64 bits")
      }
      result |= part << shift
      if next & 0x80 == 0 { return result }
      shift += 7
    }
  }

  mutating func zigzag(_ what: String) throws(CodecError) -> Int64 { ZigZag.decode(try varint(what)) }

  /// A count or length of at most `limit`.
  mutating func count(_ what: String, limit: Int) throws(CodecError) -> Int {
    let start = offset
    let value = try varint(what)
    guard value <= UInt64(limit) else {
      throw CodecError(.limitExceeded, offset: start, "\(what) is \(value); at most \(limit) are allowed")
    }
    return Int(value)
  }

  mutating func text(_ what: String, limit: Int) throws(CodecError) -> String {
    let length = try count("length of \(what)", limit: limit)
    guard remaining >= length else { throw truncated(what) }
    defer { offset += length }
    guard let text = String(validating: bytes[offset..<offset + length], as: UTF8.self) else {
      throw CodecError(.malformed, offset: offset, "\(what) is not UTF-8")
    }
    return text
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int, _ what: String) throws(CodecError) -> ArraySlice<UInt8> {
    guard remaining >= count else { throw truncated(what) }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  /// Residuals as ``ByteWriter/append(packed:bits:)`` wrote them, each with `base` added, modulo 2^64.
  mutating func unpack(_ count: Int, bits: Int, base: Int64, into result: inout [Int64]) throws(CodecError) {
    let packed = try take((count * bits + 7) / 8, "packed residuals")
    let mask = UInt8(truncatingIfNeeded: 1 << bits - 1)
    var rest = count
    for byte in packed {
      var shifted = byte
      for _ in 0..<min(rest, 8 / bits) {
        result.append(base &+ Int64(shifted & mask))
        shifted = bits == 8 ? 0 : shifted >> UInt8(bits)
      }
      rest -= min(rest, 8 / bits)
      guard shifted == 0 else { throw CodecError(.malformed, offset: offset, "bits behind the last residual") }
    }
  }

  /// Passes over the next `count` bytes.
  mutating func skip(_ count: Int, _ what: String) throws(CodecError) {
    guard remaining >= count else { throw truncated(what) }
    offset += count
  }

  /// Passes over what ``unpack(_:bits:base:into:)`` would read.
  mutating func skipPacked(_ count: Int, bits: Int) throws(CodecError) {
    try skip((count * bits + 7) / 8, "packed residuals")
    let used = count * bits & 7
    guard used == 0 || bytes[offset - 1] >> UInt8(used) == 0 else {
      throw CodecError(.malformed, offset: offset, "bits behind the last residual")
    }
  }

  /// Passes over these bytes if they come next; says whether they did.
  mutating func skip(_ expected: ArraySlice<UInt8>) -> Bool {
    guard remaining >= expected.count else { return false }
    let isSame = bytes.withUnsafeBytes { mine in
      expected.withUnsafeBytes { theirs in
        var index = 0
        while index + 8 <= theirs.count {
          let word = theirs.loadUnaligned(fromByteOffset: index, as: UInt64.self)
          guard mine.loadUnaligned(fromByteOffset: offset + index, as: UInt64.self) == word else { return false }
          index += 8
        }
        while index < theirs.count {
          guard mine[offset + index] == theirs[index] else { return false }
          index += 1
        }
        return true
      }
    }
    if isSame { offset += expected.count }
    return isSame
  }

  /// What was read since `start`.
  func bytes(from start: Int) -> ArraySlice<UInt8> { bytes[start..<offset] }

  func expectEnd(_ what: String) throws(CodecError) {
    guard offset == end else {
      throw CodecError(.malformed, offset: offset, "\(end - offset) bytes too many in \(what)")
    }
  }
}
