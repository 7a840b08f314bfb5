public import PKI

/// A certificate that central made for us, judged: nothing of it is written before it is known to be of use.
public struct EnrolmentAnswer {
  /// PEM: the certificate, and what leads from it to the root, without the root.
  public var chain: [UInt8]
  public var facts: CertificateFacts

  /// - Parameters:
  ///   - answer: of EST: the certificate alone, or with what leads to the root.
  ///   - authorities: EST's `cacerts`, for what the answer leaves out.
  ///   - key: ours, of which it must be.
  ///   - root: where its chain must lead to.
  ///   - name: which its common name must be.
  ///   - now: seconds since 1970.
  /// - Throws: when it is of no use; what is wrong.
  public init(
    _ answer: [UInt8], authorities: [UInt8], key: PrivateKey, root: Certificate, name: String, now: Int64
  ) throws(IdentityError) {
    var bundle: CertificateBundle
    do throws(CertificateError) {
      bundle = try CertificateBundle(certsOnly: answer)
      bundle.add(try CertificateBundle(certsOnly: authorities))
    } catch {
      throw Self.unusable(error)
    }
    guard let own = bundle.certificate(of: key) else {
      throw IdentityError("central answered with a certificate of another key", next: "tell the operator")
    }
    guard own.commonName == name else {
      throw IdentityError(
        "central answered with a certificate for '\(own.commonName ?? "nobody")'", next: "tell the operator")
    }
    do throws(CertificateError) {
      try bundle.verify(own, root: root, now: now)
    } catch {
      throw Self.unusable(error)
    }
    let others = bundle.certificates.filter { $0.sha256 != own.sha256 && $0.sha256 != root.sha256 }
    chain = own.pem + others.flatMap(\.pem)
    facts = CertificateFacts(own)
  }

  private static func unusable(_ error: CertificateError) -> IdentityError {
    IdentityError(
      "central's answer is of no use: \(error)", next: "is this box's clock right (timedatectl)? Then tell the operator"
    )
  }
}
