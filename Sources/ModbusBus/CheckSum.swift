/// The check sum of RTU frames (Modbus over serial line 1.02, section 6.2.2).
enum CheckSum {
  /// 0 over a frame with its check sum.
  static func of(_ bytes: some Sequence<UInt8>) -> UInt16 {
    bytes.reduce(0xffff) { sum, byte in
      (0..<8).reduce(sum ^ UInt16(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xa001 : sum >> 1 }
    }
  }
}
