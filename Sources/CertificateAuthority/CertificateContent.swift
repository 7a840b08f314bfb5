import COpenSSL
import PKI

/// What a certificate of ours says, and how it is made (RFC 5280).
struct CertificateContent {
  enum Kind {
    case root
    /// Signs certificates of gateways and of central, and no further authorities.
    case issuing
    case gateway
    /// DNS names and IP addresses, checked by ``ServerName``.
    case server([ServerName])
  }

  var kind: Kind
  /// Printable characters, 1 to 64.
  var commonName: String
  var organizationalUnit: String?
  /// Seconds since 1970.
  var notBefore: Int64
  var notAfter: Int64
  /// Up to 20 bytes, the first below 0x80 and not all zero.
  var serial: [UInt8]

  /// 16 random bytes: a serial number nobody can foretell, in which two never meet.
  static func randomSerial() throws(CertificateError) -> [UInt8] {
    var bytes = try RandomBytes.make(16)
    // Positive, and always of the same length.
    bytes[0] = bytes[0] & 0x3f | 0x40
    return bytes
  }

  /// - Parameters:
  ///   - key: the holder's public key.
  ///   - issuer: nil for a certificate that signs itself.
  func signed(key: OpaquePointer, issuer: Certificate?, issuerKey: PrivateKey) throws(CertificateError) -> Certificate {
    let certificate = X509_new()
    defer { X509_free(certificate) }
    guard let certificate, let number = BN_bin2bn(serial, Int32(serial.count), nil) else {
      throw CertificateError.openSSL("no certificate can be made")
    }
    defer { BN_free(number) }
    guard X509_set_version(certificate, 2) == 1,
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil,
      ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(notBefore)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(notAfter)) != nil,
      X509_set_pubkey(certificate, key) == 1, addSubject(to: certificate),
      X509_set_issuer_name(
        certificate, issuer.map { X509_get_subject_name($0.handle) } ?? X509_get_subject_name(certificate)) == 1
    else { throw CertificateError.openSSL("the certificate for \(commonName) cannot be made") }
    for (kind, value) in extensions {
      try add(kind, value, to: certificate, issuer: issuer?.handle ?? certificate)
    }
    guard X509_sign(certificate, issuerKey.handle, EVP_sha256()) > 0 else {
      throw CertificateError.openSSL("the certificate for \(commonName) cannot be signed")
    }
    return try Certificate(certificate)
  }

  private func addSubject(to certificate: OpaquePointer) -> Bool {
    guard let name = X509_get_subject_name(certificate) else { return false }
    let entries = [(NID_organizationalUnitName, organizationalUnit), (NID_commonName, commonName)]
    return entries.allSatisfy { kind, text in
      guard let text else { return true }
      return X509_NAME_add_entry_by_NID(
        name, kind, MBSTRING_UTF8, Array(text.utf8), Int32(text.utf8.count), -1, 0) == 1
    }
  }

  /// In OpenSSL's words for them, x509v3_config(5).
  private var extensions: [(Int32, String)] {
    let identifiers = [
      (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid:always"),
    ]
    switch kind {
    case .root:
      return [
        (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,keyCertSign,cRLSign"), identifiers[0],
      ]
    case .issuing:
      return [
        (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
      ] + identifiers
    case .gateway:
      return [
        (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
        (NID_ext_key_usage, "clientAuth"),
      ] + identifiers
    case .server(let names):
      return [
        (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
        (NID_ext_key_usage, "serverAuth"),
        (NID_subject_alt_name, names.map(\.extensionText).joined(separator: ",")),
      ] + identifiers
    }
  }

  private func add(
    _ kind: Int32, _ value: String, to certificate: OpaquePointer, issuer: OpaquePointer
  ) throws(CertificateError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    guard let made = X509V3_EXT_nconf_nid(nil, &context, kind, value) else {
      throw CertificateError.openSSL("the extension '\(value)' cannot be made")
    }
    defer { X509_EXTENSION_free(made) }
    guard X509_add_ext(certificate, made, -1) == 1 else {
      throw CertificateError.openSSL("the extension '\(value)' cannot be added")
    }
  }
}
