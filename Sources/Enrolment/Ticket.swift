public import Telemetry

/// A one-use enrolment paper for one gateway: where central is, how to recognise it, and a secret.
///
/// Its text is meant for files, for paper and for QR codes, see docs/identity.md.
public struct Ticket: Hashable, Sendable {
  /// More than any ticket has.
  public static let maximumBytes = 2_048
  static let title = "fieldgate ticket"
  static let version = 1

  /// The gateway's name: 1 to 64 letters, digits and `_ - .`, and the common name of its certificate.
  public var gateway: String
  /// Where the gateway stands; only for people and for central's lists.
  public var site: String?
  /// `https://HOST[:PORT]`
  public var url: String
  /// SHA-256 of the DER of central's root certificate.
  public var root: Digest
  public var secret: EnrolmentSecret
  /// Central takes it until then; whole seconds.
  public var expires: Timestamp
  /// SHA-256 of the root of the signed updates, where there is one.
  public var updateRoot: Digest?

  /// - Precondition: the texts are such as ``isName(_:)``, ``isSite(_:)`` and ``isURL(_:)`` let pass.
  public init(
    gateway: String, site: String? = nil, url: String, root: Digest, secret: EnrolmentSecret, expires: Timestamp,
    updateRoot: Digest? = nil
  ) {
    precondition(
      Self.isName(gateway) && Self.isURL(url) && site.map(Self.isSite) ?? true, "a ticket that none could read")
    self.gateway = gateway
    self.site = site
    self.url = url
    self.root = root
    self.secret = secret
    self.expires = Timestamp(milliseconds: expires.milliseconds - expires.milliseconds % 1_000)
    self.updateRoot = updateRoot
  }

  /// The whole ticket, with a line feed at its end.
  public var text: String {
    let lines = ["\(Self.title) \(Self.version)"] + fields.map { "\($0.key): \($0.value)" } + ["check: \(checkSum)"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// In the order of the text and of the check sum.
  private var fields: [(key: String, value: String)] {
    let all: [(String, String?)] = [
      ("gateway", gateway), ("site", site), ("url", url), ("ca", root.description),
      ("update-root", updateRoot?.description),
      ("secret", secret.text), ("expires", expiryText),
    ]
    return all.compactMap { key, value in value.map { (key, $0) } }
  }

  /// Without the fraction of a second that every other time has: it must be typed.
  private var expiryText: String { String(expires.iso8601.prefix(19)) + "Z" }

  /// Four digits over all values, which tell a slip in typing from a ticket that central does not know: CRC-16/CCITT-FALSE
  /// (polynomial 0x1021, begun with 0xFFFF) of the lines `key: value` without spaces at the ends.
  ///
  /// It finds every change within 16 bits in a row, so every single wrong letter, and two swapped neighbours.
  var checkSum: String {
    var sum: UInt16 = 0xffff
    for byte in fields.map({ "\($0.key): \($0.value)\n" }).joined().utf8 {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
    }
    let digits = String(sum, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension Ticket {
  /// Whether it can be the name of a gateway.
  public static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
          true
        default: false
        }
      }
  }

  /// Whether it can be the name of a site: 1 to 64 characters (256 bytes at most) without control characters, and no space
  /// at the ends.
  public static func isSite(_ text: String) -> Bool {
    (1...64).contains(text.count) && text.utf8.count <= 256 && text.first != " " && text.last != " "
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
  }

  /// Whether it is `https://HOST` or `https://HOST:PORT`, in at most 300 bytes.
  public static func isURL(_ text: String) -> Bool {
    guard text.hasPrefix("https://"), text.utf8.count <= 300 else { return false }
    let rest = text.dropFirst("https://".count)
    guard rest.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), !rest.contains(where: { "/?#@\\\"'".contains($0) })
    else {
      return false
    }
    let host: Substring
    let port: Substring
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return false }
      (host, port) = (rest[rest.index(after: rest.startIndex)..<end], rest[rest.index(after: end)...])
    } else {
      let colon = rest.firstIndex(of: ":") ?? rest.endIndex
      (host, port) = (rest[..<colon], rest[colon...])
    }
    guard !host.isEmpty else { return false }
    return port.isEmpty || (port.hasPrefix(":") && (1...65_535).contains(Int(port.dropFirst()) ?? 0))
  }
}
