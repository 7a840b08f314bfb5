/// Finds request frames in the bytes of a serial line.
///
/// A frame ends where its function code says, or, for functions unknown here, at a silence. Whatever does not make a
/// frame is thrown away with everything up to the next silence (Modbus over Serial Line 1.02, section 2.5.1.1).
struct RTUFrameReader {
  /// Section 2.5.1: the largest frame.
  static let maximumBytes = 256

  private var bytes: [UInt8] = []
  private var isLost = false

  var isEmpty: Bool { bytes.isEmpty && !isLost }

  /// - Returns: frames with a valid check sum: unit id, function code and data, without the check sum.
  mutating func receive(_ new: some Sequence<UInt8>) -> [[UInt8]] {
    bytes += new
    var frames: [[UInt8]] = []
    while !isLost, let length = Self.requestLength(bytes), bytes.count >= length {
      guard CRC16.isValid(bytes[..<length]) else {
        isLost = true
        break
      }
      frames.append(Array(bytes[..<(length - 2)]))
      bytes.removeFirst(length)
    }
    if bytes.count > Self.maximumBytes { isLost = true }
    if isLost { bytes.removeAll(keepingCapacity: true) }
    return frames
  }

  /// The line was silent for 3.5 characters: what came before is a frame, or nothing.
  mutating func silence() -> [UInt8]? {
    defer {
      bytes.removeAll(keepingCapacity: true)
      isLost = false
    }
    guard bytes.count >= 4, CRC16.isValid(bytes) else { return nil }
    return Array(bytes.dropLast(2))
  }

  /// Nil when it is not known yet, or not at all.
  private static func requestLength(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 2 else { return nil }
    switch bytes[1] {
    case 1...6: return 8
    case 15, 16: return bytes.count >= 7 ? 9 + Int(bytes[6]) : nil
    default: return nil
    }
  }
}
