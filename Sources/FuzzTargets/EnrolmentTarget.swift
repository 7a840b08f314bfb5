import CertificateAuthority
import PKI

/// The body of an EST request at central: base 64, then PKCS #10 with a signature that is checked.
enum EnrolmentTarget {
  static func run(_ bytes: [UInt8]) -> Bool {
    // As it comes, and without the base 64 in front, which hides the rest from small changes.
    let decoded = Base64.decode(bytes).flatMap { try? CertificateRequest(der: $0) }
    guard let request = decoded ?? (try? CertificateRequest(der: bytes)) else { return false }
    precondition(request.keyDigest.count == 32, "a digest of another length")
    let name = Array((request.commonName ?? "x").utf8)
    precondition((1...64).contains(name.count) && name.allSatisfy { (0x20...0x7e).contains($0) }, "an odd name")
    return true
  }

  static var seeds: [[UInt8]] {
    guard let key = try? PrivateKey.make(), let named = try? key.certificateRequest(commonName: "barn-7"),
      let other = try? PrivateKey.make().certificateRequest(commonName: "x")
    else { return [] }
    return [Base64.encode(named), named, other, Base64.encode(Array(named.dropLast())), Array("no request".utf8)]
  }
}
