extension TextEncoding {
  /// The text of these bytes, nil when they are none.
  ///
  /// Signs that neither print nor break a line have no place in a name or a state, so bytes with other control characters
  /// are no text.
  public func text(_ bytes: [UInt8]) -> String? {
    guard bytes.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) else { return nil }
    switch self {
    case .ascii: return bytes.allSatisfy { $0 < 0x80 } ? String(decoding: bytes, as: UTF8.self) : nil
    case .utf8: return String(validating: bytes, as: UTF8.self)
    case .latin1: return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
  }
}
