/// Finds whole replies in bytes that nobody waited for.
enum StrayFrames {
  /// Units and shapes of the RTU replies to reads, in their order; bytes that make no frame with a right check sum are
  /// stepped over.
  static func replies(in bytes: [UInt8]) -> [(unit: UInt8, shape: OwedReplies.Shape)] {
    var found: [(unit: UInt8, shape: OwedReplies.Shape)] = []
    var start = 0
    // Unit, function, byte count, data, check sum (Modbus over serial line 1.02, section 2.3).
    while start + 5 <= bytes.count {
      let length = 5 + Int(bytes[start + 2])
      if (1...4).contains(bytes[start + 1]), start + length <= bytes.count,
        checkSum(bytes[start..<start + length]) == 0
      {
        found.append((bytes[start], OwedReplies.Shape(function: bytes[start + 1], byteCount: length - 5)))
        start += length
      } else {
        start += 1
      }
    }
    return found
  }

  /// Section 6.2.2; 0 over a frame with its check sum.
  private static func checkSum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    bytes.reduce(0xffff) { sum, byte in
      (0..<8).reduce(sum ^ UInt16(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xa001 : sum >> 1 }
    }
  }
}
