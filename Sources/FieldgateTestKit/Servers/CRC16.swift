/// The check sum of Modbus RTU frames (Modbus over Serial Line 1.02, section 6.2.2): polynomial 0xA001, start 0xFFFF.
enum CRC16 {
  private static let table: [UInt16] = (0..<256).map { index in
    (0..<8).reduce(UInt16(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xa001 : crc >> 1 }
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt16 {
    bytes.reduce(0xffff) { crc, byte in crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] }
  }

  /// The frame with its check sum, low byte first.
  static func framed(_ bytes: [UInt8]) -> [UInt8] {
    let crc = of(bytes)
    return bytes + [UInt8(truncatingIfNeeded: crc), UInt8(crc >> 8)]
  }

  /// Over a frame with its check sum the result is 0.
  static func isValid(_ frame: some Sequence<UInt8>) -> Bool { of(frame) == 0 }
}
