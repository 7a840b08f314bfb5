import Glibc
public import PKI

/// A name or an address under which gateways reach central, as it stands in central's certificate.
public struct ServerName: Hashable, Sendable, CustomStringConvertible {
  /// In lower case.
  public let text: String
  let isAddress: Bool

  /// - Parameter text: a DNS name (letters, digits, hyphens and points, 253 characters at most) or an IPv4 or IPv6 address,
  ///   which may stand in brackets.
  /// - Throws: for anything else.
  public init(_ text: String) throws(CertificateError) {
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    var address = in6_addr()
    isAddress = inet_pton(AF_INET, bare, &address) == 1 || inet_pton(AF_INET6, bare, &address) == 1
    guard isAddress || Self.isDNSName(bare) else {
      throw CertificateError(
        "'\(text.prefix(80))' is neither a host name such as central.example nor an IP address; leave out https:// "
          + "and the port")
    }
    self.text = bare.lowercased()
  }

  private static func isDNSName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy {
          switch $0 {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    }
  }

  public var description: String { text }

  var extensionText: String { (isAddress ? "IP:" : "DNS:") + text }
}
