/// Bytes of a line as people can read them.
public enum ShownBytes {
  /// ASCII as it is, tabs and everything else as `\t` or `\xHH`; cut off with `…`.
  public static func text(_ bytes: some Collection<UInt8>, limit: Int = 120) -> String {
    var text = ""
    for byte in bytes {
      guard text.utf8.count < limit else { return text + "…" }
      switch byte {
      case UInt8(ascii: "\\"): text += "\\\\"
      case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
      case 0x09: text += "\\t"
      case 0x0a: text += "\\n"
      case 0x0d: text += "\\r"
      default: text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
      }
    }
    return text
  }
}
