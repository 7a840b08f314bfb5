import COpenSSL
import Glibc

/// A private key on the elliptic curve P-256, made here and never shown: it goes into a file and nowhere else.
public final class PrivateKey {
  package let handle: OpaquePointer

  private init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { EVP_PKEY_free(handle) }

  /// A new one, from OpenSSL's random generator.
  public static func make() throws(CertificateError) -> PrivateKey {
    let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil)
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard let context, EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
      EVP_PKEY_keygen(context, &key) == 1, let key
    else { throw CertificateError.openSSL("no key could be made") }
    return PrivateKey(key)
  }

  /// - Throws: when the file cannot be read, holds no key, or one with a pass phrase.
  public convenience init(pemFile path: String) throws(CertificateError) {
    self.init(try PEMFile(path).privateKey())
  }

  /// Writes it as PKCS #8 in PEM form to a new file with mode 0600, and waits until it is on the disk.
  ///
  /// - Throws: when the file is there already, or cannot be written; nothing is left then.
  public func write(to path: String) throws(CertificateError) {
    var bytes = try pem()
    defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    defer { close(descriptor) }
    // One call is enough for a few hundred bytes, except on a full disk.
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
      let code = errno
      unlink(path)
      throw Self.failure(path, code)
    }
  }

  /// PKCS #8 in PEM form.
  package func pem() throws(CertificateError) -> [UInt8] {
    let memory = BIO_new(BIO_s_mem())
    defer { BIO_free(memory) }
    guard PEM_write_bio_PKCS8PrivateKey(memory, handle, nil, nil, 0, nil, nil) == 1 else {
      throw CertificateError.openSSL("the key could not be written as PEM")
    }
    return BIO.contents(memory)
  }

  private static func failure(_ path: String, _ code: Int32) -> CertificateError {
    CertificateError("\(path) cannot be written (\(String(cString: strerror(code))))")
  }

  /// A certificate request (PKCS #10, RFC 2986), signed with SHA-256: the subject is the common name alone.
  ///
  /// - Parameter commonName: 1 to 64 printable characters.
  /// - Returns: DER.
  public func certificateRequest(commonName: String) throws(CertificateError) -> [UInt8] {
    let request = X509_REQ_new()
    defer { X509_REQ_free(request) }
    guard let request, let subject = X509_REQ_get_subject_name(request),
      X509_NAME_add_entry_by_NID(
        subject, NID_commonName, MBSTRING_UTF8, Array(commonName.utf8), Int32(commonName.utf8.count), -1, 0) == 1,
      X509_REQ_set_version(request, 0) == 1, X509_REQ_set_pubkey(request, handle) == 1,
      X509_REQ_sign(request, handle, EVP_sha256()) > 0
    else { throw CertificateError.openSSL("no certificate request could be made for '\(commonName.prefix(80))'") }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509_REQ(request, &bytes)
    guard count > 0, let bytes else { throw CertificateError.openSSL("the certificate request cannot be encoded") }
    defer { CRYPTO_free(bytes, #file, #line) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }
}

extension CertificateError {
  /// With the newest words of OpenSSL behind.
  package static func openSSL(_ text: String) -> CertificateError {
    let code = ERR_peek_last_error()
    ERR_clear_error()
    guard code != 0, let words = ERR_reason_error_string(code) else { return CertificateError(text) }
    return CertificateError("\(text) (OpenSSL: \(String(cString: words)))")
  }
}

package enum BIO {
  /// What was written to a BIO in memory.
  package static func contents(_ memory: OpaquePointer?) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(memory)))
    let count = BIO_read(memory, &bytes, Int32(bytes.count))
    return Array(bytes.prefix(max(0, Int(count))))
  }
}
