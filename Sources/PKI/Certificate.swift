import COpenSSL

/// One X.509 certificate.
public final class Certificate {
  package let handle: OpaquePointer
  /// From when until when it is valid, seconds since 1970.
  public let notBefore: Int64
  public let notAfter: Int64

  /// Keeps a reference of its own.
  package init(_ handle: OpaquePointer) throws(CertificateError) {
    (notBefore, notAfter) = try CertificateIdentity.validity(handle)
    X509_up_ref(handle)
    self.handle = handle
  }

  deinit { X509_free(handle) }

  /// Its serial number: hexadecimal digits in lower case, without leading zeros beyond whole bytes.
  public var serial: String {
    guard let number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(handle), nil) else { return "" }
    defer { BN_free(number) }
    guard let text = BN_bn2hex(number) else { return "" }
    defer { CRYPTO_free(text, #file, #line) }
    return String(cString: text).lowercased()
  }

  /// SHA-256 of its DER.
  public var sha256: [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 32
    X509_digest(handle, EVP_sha256(), &digest, &count)
    return digest
  }

  /// The only common name of its subject; nil when there is none, several, or one with odd characters.
  /// It may sign other certificates (basicConstraints with CA:TRUE).
  public var isAuthority: Bool { X509_check_ca(handle) == 1 }

  public var commonName: String? { (try? CertificateIdentity(handle))?.commonName }

  /// - Parameter der: one certificate.
  public convenience init(der: [UInt8]) throws(CertificateError) {
    let read = der.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      return d2i_X509(nil, &cursor, buffer.count)
    }
    guard let read else { throw CertificateError.openSSL("this is no X.509 certificate") }
    defer { X509_free(read) }
    try self.init(read)
  }

  /// DER; empty when OpenSSL has no memory.
  public var der: [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509(handle, &bytes)
    guard count > 0, let bytes else { return [] }
    defer { CRYPTO_free(bytes, #file, #line) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }

  /// PEM, with a line feed at its end.
  public var pem: [UInt8] {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    guard PEM_write_bio_X509(memory, handle) == 1 else { return [] }
    return BIO.contents(memory)
  }

  /// Whether it is the certificate of this key.
  public func belongs(to key: PrivateKey) -> Bool {
    defer { ERR_clear_error() }
    return X509_check_private_key(handle, key.handle) == 1
  }
}
