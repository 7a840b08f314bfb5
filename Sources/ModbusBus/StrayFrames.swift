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
        CheckSum.of(bytes[start..<start + length]) == 0
      {
        found.append((bytes[start], OwedReplies.Shape(function: bytes[start + 1], byteCount: length - 5)))
        start += length
      } else {
        start += 1
      }
    }
    return found
  }
}
