/// Where a reply ends, from its own bytes: libmodbus knows neither device identifications nor whose echo it reads.
enum RawReply {
  /// The same on a serial line, where a function that nobody asks for is noise, which is soon found out: two bytes.
  static func lengthOnLine(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let function = bytes.first else { return nil }
    return isKnown(function) ? length(bytes) : 2
  }

  private static func isKnown(_ function: UInt8) -> Bool {
    switch function {
    case 1...6, 15...17, 22, 43, 0x80...: true
    default: false
    }
  }

  /// The length of the function code and what follows it, as far as the bytes tell; nil when more are needed to know.
  ///
  /// - Parameter bytes: from the function code on.
  static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let function = bytes.first else { return nil }
    func byte(_ offset: Int) -> Int? {
      offset < bytes.count ? Int(bytes[bytes.startIndex + offset]) : nil
    }
    switch function {
    case 0x80...: return 2
    case 5, 6, 15, 16: return 5
    case 22: return 7
    case 1...4, 17: return byte(1).map { 2 + $0 }
    case 43:
      // Function, type, code, conformity, more follows, next object, number of objects, then id, length and text of each
      // (Modbus Application Protocol 1.1b3, section 6.21).
      guard let count = byte(6) else { return nil }
      var length = 7
      for _ in 0..<count {
        guard let size = byte(length + 1) else { return nil }
        length += 2 + size
      }
      return length
    default: return bytes.count
    }
  }
}
