import COpenSSL
import Glibc

/// A file with certificates or a private key in PEM form.
struct PEMFile: ~Copyable {
  /// More than any chain of certificates has.
  static let maximumBytes = 256 << 10

  private let path: String
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  /// Owner and permissions when it was opened.
  let status: stat

  init(_ path: String) throws(CertificateError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.failure(path, errno) }
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.maximumBytes)
    let count = read(descriptor, buffer.baseAddress, buffer.count)
    guard count >= 0 else {
      let code = errno
      buffer.deallocate()
      throw Self.failure(path, code)
    }
    self.path = path
    self.status = status
    bytes = UnsafeMutableBufferPointer(start: buffer.baseAddress, count: count)
  }

  deinit {
    // A key may stand in it.
    OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    bytes.deallocate()
  }

  private static func failure(_ path: String, _ code: Int32) -> CertificateError {
    let advice =
      switch code {
      case ENOENT, ENOTDIR: "put it there, or name another file"
      case EACCES, EPERM:
        "the service's user must own it (chown fieldgate, chmod 600), and other users check it with sudo"
      case EISDIR: "name a file, not a directory"
      default: "see: ls -l"
      }
    return CertificateError("\(path) cannot be read (\(String(cString: strerror(code)))): \(advice)")
  }

  /// Calls `body` with each certificate, which is freed afterwards.
  ///
  /// - Throws: when there is none.
  func forEachCertificate(_ body: (OpaquePointer) throws(CertificateError) -> Void) throws(CertificateError) {
    let reader = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
    defer {
      BIO_free(reader)
      // The end of the file is an error to OpenSSL, and the next caller's errors must be its own.
      ERR_clear_error()
    }
    var count = 0
    while let certificate = PEM_read_bio_X509(reader, nil, nil, nil) {
      defer { X509_free(certificate) }
      count += 1
      try body(certificate)
    }
    guard count > 0 else { throw CertificateError("\(path) holds no certificate in PEM form") }
  }

  /// Whether it holds the private key of a certificate.
  ///
  /// - Throws: as ``privateKey()``.
  func isKey(of certificate: OpaquePointer) throws(CertificateError) -> Bool {
    let key = try privateKey()
    defer {
      EVP_PKEY_free(key)
      ERR_clear_error()
    }
    return X509_check_private_key(certificate, key) == 1
  }

  /// The caller frees it.
  ///
  /// - Throws: when it holds no key, or one with a pass phrase, which nobody is there to type.
  func privateKey() throws(CertificateError) -> OpaquePointer {
    let reader = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
    defer {
      BIO_free(reader)
      ERR_clear_error()
    }
    // OpenSSL asks the terminal for a pass phrase unless it is given a function, here one that knows none.
    guard let key = PEM_read_bio_PrivateKey(reader, nil, { _, _, _, _ in 0 }, nil) else {
      throw CertificateError("\(path) holds no private key in PEM form that can be used without a pass phrase")
    }
    return key
  }
}
