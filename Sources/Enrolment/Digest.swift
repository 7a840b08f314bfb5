/// A SHA-256, as it stands in a ticket: `sha256:` and 64 hexadecimal digits.
public struct Digest: Hashable, Sendable, CustomStringConvertible {
  public static let byteCount = 32

  public let bytes: [UInt8]

  /// - Parameter bytes: ``byteCount`` of them.
  public init(bytes: [UInt8]) {
    precondition(bytes.count == Self.byteCount, "a SHA-256 has \(Self.byteCount) bytes")
    self.bytes = bytes
  }

  /// With or without `sha256:` in front, in upper or lower case, with or without colons between the bytes. Nil for anything
  /// else.
  public init?(_ text: some StringProtocol) {
    var rest = text.lowercased()[...]
    if rest.hasPrefix("sha256:") { rest = rest.dropFirst(7) }
    let digits = rest.utf8.filter { !" :".utf8.contains($0) }
    guard digits.count == 2 * Self.byteCount else { return nil }
    var read: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
      read.append(high << 4 | low)
    }
    bytes = read
  }

  public var description: String { "sha256:" + hexadecimal }

  /// 64 digits in lower case.
  public var hexadecimal: String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
