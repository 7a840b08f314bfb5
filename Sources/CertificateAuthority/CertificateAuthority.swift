import COpenSSL
public import PKI

/// Central's certificate authority: signs certificates of gateways and of central itself with the issuing key.
///
/// Not `Sendable`: it belongs to the thread that opened it.
public final class CertificateAuthority {
  public let root: Certificate
  public let issuing: Certificate
  private let key: PrivateKey

  /// - Throws: when the key is not that of `issuing`, or `issuing` does not lead to `root`.
  init(root: Certificate, issuing: Certificate, key: PrivateKey) throws(CertificateError) {
    guard issuing.belongs(to: key) else {
      throw CertificateError("the issuing key does not belong to the issuing certificate: take the pair from one place")
    }
    self.root = root
    self.issuing = issuing
    self.key = key
  }

  /// A gateway's certificate: CN is its name, OU is `gateway`, for client authentication.
  ///
  /// - Parameters:
  ///   - name: 1 to 64 letters, digits and `_ - .`
  ///   - seconds: how long it is valid from now on. It begins a little earlier (five minutes, or a tenth of its life), for
  ///     gateways whose clocks are behind.
  ///   - now: seconds since 1970.
  public func gatewayCertificate(
    _ request: CertificateRequest, name: String, validFor seconds: Int64, now: Int64
  ) throws(CertificateError) -> Certificate {
    let content = CertificateContent(
      kind: .gateway, commonName: name, organizationalUnit: "gateway", notBefore: now - min(300, seconds / 10),
      notAfter: min(now + seconds, issuing.notAfter), serial: try CertificateContent.randomSerial())
    return try content.signed(key: request.key, issuer: issuing, issuerKey: key)
  }

  /// Central's own certificate.
  ///
  /// - Parameters:
  ///   - names: one or more.
  ///   - key: central's, which signs nothing but handshakes.
  public func serverCertificate(
    names: [ServerName], key serverKey: PrivateKey, validFor seconds: Int64, now: Int64
  ) throws(CertificateError) -> Certificate {
    precondition(!names.isEmpty, "a server certificate needs a name")
    let content = CertificateContent(
      kind: .server(names), commonName: "fieldgate-central", organizationalUnit: nil,
      notBefore: now - min(300, seconds / 10),
      notAfter: min(now + seconds, issuing.notAfter), serial: try CertificateContent.randomSerial())
    return try content.signed(key: serverKey.handle, issuer: issuing, issuerKey: key)
  }

  /// The answer of EST's `cacerts`: base 64 on one line.
  public func authorities() throws(CertificateError) -> [UInt8] { try CertsOnly.text([issuing, root]) }

  /// The answer of EST's enrolments.
  ///
  /// - Parameter pem: a certificate of this authority.
  public static func answer(_ certificate: Certificate) throws(CertificateError) -> [UInt8] {
    try CertsOnly.text([certificate])
  }
}

/// PKCS #7 "certs-only" (RFC 7030, section 4.1.3), as EST sends certificates.
enum CertsOnly {
  static func text(_ certificates: [Certificate]) throws(CertificateError) -> [UInt8] {
    let message = PKCS7_new()
    defer { PKCS7_free(message) }
    guard let message, PKCS7_set_type(message, NID_pkcs7_signed) == 1, let signed = message.pointee.d.sign,
      let contents = signed.pointee.contents
    else { throw CertificateError.openSSL("no PKCS #7 message can be made") }
    contents.pointee.type = OBJ_nid2obj(NID_pkcs7_data)
    for certificate in certificates {
      guard PKCS7_add_certificate(message, certificate.handle) == 1 else {
        throw CertificateError.openSSL("a certificate cannot be added")
      }
    }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_PKCS7(message, &bytes)
    guard count > 0, let bytes else { throw CertificateError.openSSL("the PKCS #7 message cannot be encoded") }
    defer { CRYPTO_free(bytes, #file, #line) }
    return Base64.encode(Array(UnsafeBufferPointer(start: bytes, count: Int(count))))
  }
}
