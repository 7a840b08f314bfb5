/// CRC-32 as in IEEE 802.3 (polynomial 0x04C11DB7, reflected; the check sum of `123456789` is 0xCBF43926).
///
/// Bit by bit: a state is a kilobyte and is saved once in minutes.
enum StateCheckSum {
  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
