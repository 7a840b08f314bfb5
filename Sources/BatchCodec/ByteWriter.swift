/// Appends the primitive encodings of `docs/formats/batch.md` to a buffer. Fixed-width numbers are little-endian.
struct ByteWriter {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  mutating func append(fixed value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// LEB128: seven bits a byte, least significant first, top bit set on all but the last byte; 1 to 10 bytes.
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  mutating func append(varint value: Int) { append(varint: UInt64(value)) }

  /// Small magnitudes of both signs become small varints.
  mutating func append(zigzag value: Int64) { append(varint: ZigZag.encode(value)) }

  /// Length, then UTF-8.
  mutating func append(text: String) {
    append(varint: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// Residuals of 1, 2, 4 or 8 bits, the first in the least significant bits of a byte; the last byte is filled with 0.
  mutating func append(packed residuals: [Int64], bits: Int) {
    var byte: UInt8 = 0
    var used = 0
    for residual in residuals {
      byte |= UInt8(truncatingIfNeeded: residual) << UInt8(used)
      used += bits
      if used == 8 {
        bytes.append(byte)
        byte = 0
        used = 0
      }
    }
    if used > 0 { bytes.append(byte) }
  }

  /// The byte number `plane` of each residual, counted from the least significant, 0 to 7.
  mutating func append(plane: Int, of residuals: [Int64]) {
    let shift = Int64(8 * plane)
    for residual in residuals { bytes.append(UInt8(truncatingIfNeeded: residual >> shift)) }
  }

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }
}

enum ZigZag {
  static func encode(_ value: Int64) -> UInt64 { UInt64(bitPattern: value << 1 ^ value >> 63) }
  static func decode(_ value: UInt64) -> Int64 { Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }

  /// Bytes that the varint of the zigzag takes, 1 to 10.
  static func length(_ value: Int64) -> Int {
    let bits = 64 - (encode(value) | 1).leadingZeroBitCount
    return (bits + 6) / 7
  }
}
