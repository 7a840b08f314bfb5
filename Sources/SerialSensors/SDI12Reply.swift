/// What stands in the replies of SDI-12 sensors (SDI-12 1.4, section 4.4).
enum SDI12Reply {
  enum Failure: Error, Hashable {
    /// It is not of the form that the command asks for, or of another address.
    case malformed
    case checksum
  }

  /// CRC-16 of section 4.4.12.1 (polynomial A001 reflected, start 0) as three printable characters.
  static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var crc: UInt16 = 0
    for byte in bytes {
      crc ^= UInt16(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xa001 : crc >> 1 }
    }
    return [UInt8(0x40 | crc >> 12), UInt8(0x40 | crc >> 6 & 0x3f), UInt8(0x40 | crc & 0x3f)]
  }

  /// `atttn` or `atttnn`: when the measurement is ready, and of how many values.
  static func announcement(_ line: [UInt8], address: UInt8, digits: ClosedRange<Int>)
    throws(Failure) -> (seconds: Int, values: Int)
  {
    guard line.first == address, digits.contains(line.count - 4),
      line.dropFirst().allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let seconds = Int(String(decoding: line[1..<4], as: UTF8.self)),
      let values = Int(String(decoding: line[4...], as: UTF8.self))
    else { throw .malformed }
    return (seconds, values)
  }

  /// `a+1.5-2`: the values as they are written. Each begins with its sign and has 1 to 7 digits (section 4.4.7).
  static func values(_ line: [UInt8], address: UInt8, hasChecksum: Bool) throws(Failure) -> [[UInt8]] {
    guard line.first == address else { throw .malformed }
    var body = line[...]
    if hasChecksum {
      guard line.count >= 4 else { throw .malformed }
      guard checksum(line.dropLast(3)) == Array(line.suffix(3)) else { throw .checksum }
      body = line.dropLast(3)
    }
    var values: [[UInt8]] = []
    for byte in body.dropFirst() {
      switch byte {
      case UInt8(ascii: "+"), UInt8(ascii: "-"): values.append([byte])
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
        guard !values.isEmpty else { throw .malformed }
        values[values.count - 1].append(byte)
      default: throw .malformed
      }
    }
    guard values.allSatisfy(isValue) else { throw .malformed }
    return values
  }

  private static func isValue(_ text: [UInt8]) -> Bool {
    let digits = text.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return (1...7).contains(digits) && text.count { $0 == UInt8(ascii: ".") } <= 1
  }

  /// `allccccccccmmmmmmvvvx…` as words for people: version, vendor, model, sensor version, the rest.
  static func identification(_ line: [UInt8], address: UInt8) throws(Failure) -> String {
    guard line.first == address, line.count >= 20, line.count <= 33, line.allSatisfy({ (0x20...0x7e).contains($0) })
    else { throw .malformed }
    let part: (Range<Int>) -> String = { range in
      String(decoding: FieldDecoder.trim(line[range.clamped(to: line.indices)]), as: UTF8.self)
    }
    let words = [part(3..<11), part(11..<17), part(17..<20), part(20..<33)].filter { !$0.isEmpty }
    return words.joined(separator: " ") + " (SDI-12 \(part(1..<2)).\(part(2..<3)))"
  }
}
