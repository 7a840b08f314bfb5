/// CRC-32 as in IEEE 802.3 (polynomial 0x04C11DB7, reflected; the check sum of `123456789` is 0xCBF43926).
///
/// Half a byte at a time: a table of 16 is small, and a state is saved once in minutes.
enum StateCheckSum {
  private static let table: [UInt32] = (0..<16).map { half in
    (0..<4).reduce(UInt32(half)) { sum, _ in sum & 1 == 1 ? (sum >> 1) ^ 0xEDB8_8320 : sum >> 1 }
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    var sum = UInt32.max
    for byte in bytes {
      sum = (sum >> 4) ^ table[Int((sum ^ UInt32(byte)) & 15)]
      sum = (sum >> 4) ^ table[Int((sum ^ UInt32(byte >> 4)) & 15)]
    }
    return ~sum
  }
}
