import COpenSSL

/// Base 64 (RFC 4648), as EST's bodies are written: on one line (RFC 8951), and read with or without line breaks.
public enum Base64 {
  public static func encode(_ bytes: [UInt8]) -> [UInt8] {
    // OpenSSL writes a zero at the end.
    var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
    return Array(text.prefix(Int(count)))
  }

  /// Nil when the text is something else.
  public static func decode(_ text: [UInt8]) -> [UInt8]? {
    let letters = text.filter { !" \r\n\t".utf8.contains($0) }
    guard !letters.isEmpty, letters.count.isMultiple(of: 4), letters.count <= 1 << 24 else { return nil }
    let padding = letters.suffix(2).count { $0 == UInt8(ascii: "=") }
    var bytes = [UInt8](repeating: 0, count: letters.count / 4 * 3)
    let count = EVP_DecodeBlock(&bytes, letters, Int32(letters.count))
    guard count >= padding else {
      ERR_clear_error()
      return nil
    }
    return Array(bytes.prefix(Int(count) - padding))
  }
}
