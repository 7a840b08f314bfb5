extension JSONWriter {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Bytes as a text in base 64 (RFC 4648, section 4), with padding.
  public mutating func member(_ name: String, base64 bytes: [UInt8]) {
    var text: [UInt8] = [UInt8(ascii: "\"")]
    text.reserveCapacity((bytes.count + 2) / 3 * 4 + 2)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
      for place in 0..<4 {
        let letter = Self.letters[Int(bits >> (18 - 6 * UInt32(place)) & 63)]
        text.append(place <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    text.append(UInt8(ascii: "\""))
    key(name)
    raw(text)
  }
}
