/// CRC-32C (Castagnoli, RFC 3720 appendix B.4), eight bytes a step.
///
/// It finds every change of up to three bits and every burst of up to 32 in a batch of our size, which zstd's optional
/// content check does not promise for the head.
public enum CRC32C {
  private static let polynomial: UInt32 = 0x82f6_3b78

  /// Table k tells what a byte does k bytes further on; one flat array of 8 × 256.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ polynomial : remainder >> 1 }
      tables[byte] = remainder
    }
    for step in 1..<8 {
      for byte in 0..<256 {
        let before = tables[(step - 1) * 256 + byte]
        tables[step * 256 + byte] = before >> 8 ^ tables[Int(before & 0xff)]
      }
    }
    return tables
  }()

  /// Of all the bytes; 0 for none.
  public static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      tables.withUnsafeBufferPointer { table in
        var crc: UInt32 = 0xffff_ffff
        var offset = 0
        while offset + 8 <= buffer.count {
          let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian ^ UInt64(crc)
          crc = 0
          for step in 0..<8 { crc ^= table[(7 - step) * 256 + Int(truncatingIfNeeded: word >> (8 * step)) & 0xff] }
          offset += 8
        }
        while offset < buffer.count {
          crc = crc >> 8 ^ table[Int((crc ^ UInt32(buffer[offset])) & 0xff)]
          offset += 1
        }
        return crc ^ 0xffff_ffff
      }
    }
  }
}
