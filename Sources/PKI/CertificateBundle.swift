import COpenSSL

/// Several certificates in one piece: a PEM file, or the answer of an EST server.
public struct CertificateBundle {
  public private(set) var certificates: [Certificate]

  package init(_ certificates: [Certificate]) { self.certificates = certificates }

  /// - Parameter path: a file with one certificate or more.
  public init(pemFile path: String) throws(CertificateError) {
    var read: [Certificate] = []
    try PEMFile(path).forEachCertificate { handle throws(CertificateError) in read.append(try Certificate(handle)) }
    certificates = read
  }

  /// Reads an answer of EST (RFC 7030, sections 4.1.3 and 4.2.3): PKCS #7 "certs-only" in base 64.
  ///
  /// - Throws: when it is something else, or holds no certificate.
  public init(certsOnly text: [UInt8]) throws(CertificateError) {
    guard let der = Base64.decode(text) else { throw CertificateError("the answer is not in base 64") }
    var cursor: UnsafePointer<UInt8>?
    let message = der.withUnsafeBufferPointer { buffer in
      cursor = buffer.baseAddress
      return d2i_PKCS7(nil, &cursor, buffer.count)
    }
    guard let message else { throw CertificateError.openSSL("the answer is no PKCS #7 message") }
    defer { PKCS7_free(message) }
    guard OBJ_obj2nid(message.pointee.type) == NID_pkcs7_signed, let signed = message.pointee.d.sign,
      let stack = signed.pointee.cert
    else { throw CertificateError("the answer is a PKCS #7 message without certificates") }
    var read: [Certificate] = []
    for index in 0..<min(OPENSSL_sk_num(stack), Self.most) {
      guard let handle = OPENSSL_sk_value(stack, index) else { continue }
      read.append(try Certificate(OpaquePointer(handle)))
    }
    guard !read.isEmpty else { throw CertificateError("the answer holds no certificate") }
    certificates = read
  }

  /// The side of TLS that shows a certificate.
  public enum Role: Sendable {
    case client
    case server
  }

  /// More than any chain has.
  private static let most: Int32 = 16

  /// Adds those of `other` that are not in it.
  public mutating func add(_ other: CertificateBundle) {
    certificates += other.certificates.filter { certificate(sha256: $0.sha256) == nil }
  }

  /// The certificate whose DER has this SHA-256.
  public func certificate(sha256: [UInt8]) -> Certificate? { certificates.first { $0.sha256 == sha256 } }

  /// The first certificate of this key.
  public func certificate(of key: PrivateKey) -> Certificate? { certificates.first { $0.belongs(to: key) } }

  /// All in PEM form, beginning with `first`.
  public func pem(beginningWith first: Certificate? = nil) -> [UInt8] {
    let rest = certificates.filter { $0.sha256 != first?.sha256 }
    return ((first.map { [$0] } ?? []) + rest).flatMap(\.pem)
  }

  /// Checks that a chain leads from `certificate` over others of this bundle to `root`, for one side of TLS.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970; nil passes over when certificates begin and end.
  ///   - role: whose certificate it is.
  /// - Throws: when it does not, or something on the way is not valid now.
  public func verify(
    _ certificate: Certificate, root: Certificate, now: Int64?, as role: Role = .client
  ) throws(CertificateError) {
    let store = X509_STORE_new()
    let context = X509_STORE_CTX_new()
    let others = OPENSSL_sk_new_null()
    defer {
      X509_STORE_CTX_free(context)
      X509_STORE_free(store)
      // The certificates are ours; only the list is freed.
      OPENSSL_sk_free(others)
      ERR_clear_error()
    }
    for other in certificates { OPENSSL_sk_push(others, UnsafeRawPointer(other.handle)) }
    guard let store, let context, X509_STORE_add_cert(store, root.handle) == 1,
      X509_STORE_CTX_init(context, store, certificate.handle, others) == 1,
      X509_STORE_CTX_set_purpose(context, role == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) == 1
    else { throw CertificateError.openSSL("the chain cannot be checked") }
    if let now {
      X509_STORE_CTX_set_time(context, 0, time_t(now))
    } else {
      X509_STORE_CTX_set_flags(context, UInt(X509_V_FLAG_NO_CHECK_TIME))
    }
    guard X509_verify_cert(context) == 1 else {
      let words = X509_verify_cert_error_string(Int(X509_STORE_CTX_get_error(context)))
      throw CertificateError("its chain does not lead to the root: \(words.map { String(cString: $0) } ?? "unknown")")
    }
  }
}
