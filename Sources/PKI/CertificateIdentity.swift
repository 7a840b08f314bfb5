import COpenSSL

/// Who a certificate says its holder is. The chain must have been verified before any of it is believed.
public struct CertificateIdentity: Hashable, Sendable {
  /// The subject's only common name (CN).
  public var commonName: String
  /// The subject's only organizational unit (OU), by which central tells gateways from operators; nil when there is none.
  public var organizationalUnit: String?
  /// Seconds since 1970 from which it is valid.
  public var notBefore: Int64
  /// Seconds since 1970 from which it is not valid any more.
  public var notAfter: Int64

  /// - Parameter der: the certificate's DER bytes.
  /// - Throws: when it is no certificate, or its subject has no common name, several, or one with odd characters.
  public init(der: [UInt8]) throws(CertificateError) {
    let certificate = der.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      return d2i_X509(nil, &cursor, buffer.count)
    }
    guard let certificate else { throw CertificateError("this is no X.509 certificate") }
    defer { X509_free(certificate) }
    try self.init(certificate)
  }

  /// - Parameter pemFile: a file whose first certificate is read.
  public init(pemFile path: String) throws(CertificateError) {
    var first: Self?
    try PEMFile(path).forEachCertificate { certificate throws(CertificateError) in
      if first == nil { first = try Self(certificate) }
    }
    guard let first else { throw CertificateError("\(path) holds no certificate") }
    self = first
  }

  init(_ certificate: OpaquePointer) throws(CertificateError) {
    guard let subject = X509_get_subject_name(certificate) else { throw CertificateError("it has no subject") }
    guard let name = try Self.only(NID_commonName, in: subject, "common name") else {
      throw CertificateError("its subject has no common name")
    }
    commonName = name
    organizationalUnit = try Self.only(NID_organizationalUnitName, in: subject, "organizational unit")
    (notBefore, notAfter) = try Self.validity(certificate)
  }

  /// From when until when, seconds since 1970.
  static func validity(_ certificate: OpaquePointer) throws(CertificateError) -> (from: Int64, until: Int64) {
    (try seconds(X509_get0_notBefore(certificate)), try seconds(X509_get0_notAfter(certificate)))
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) throws(CertificateError) -> Int64 {
    var days: Int32 = 0
    var seconds: Int32 = 0
    guard let epoch = ASN1_TIME_set(nil, 0) else { throw CertificateError("no memory") }
    defer { ASN1_TIME_free(epoch) }
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else {
      throw CertificateError("its validity cannot be read")
    }
    return Int64(days) * 86_400 + Int64(seconds)
  }

  /// The one entry of a kind. Two would let the holder choose which of them is believed, so they are refused.
  package static func only(
    _ kind: Int32, in subject: OpaquePointer, _ what: String
  ) throws(CertificateError) -> String? {
    let index = X509_NAME_get_index_by_NID(subject, kind, -1)
    guard index >= 0 else { return nil }
    guard X509_NAME_get_index_by_NID(subject, kind, index) < 0 else {
      throw CertificateError("its subject has more than one \(what)")
    }
    var bytes: UnsafeMutablePointer<UInt8>?
    let length = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)))
    guard length >= 0, let bytes else { throw CertificateError("its \(what) is no text") }
    defer { CRYPTO_free(bytes, #file, #line) }
    let text = String(decoding: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
      throw CertificateError("its \(what) is not 1 to 64 printable characters")
    }
    return text
  }
}

/// Why a certificate cannot be used, in one line.
public struct CertificateError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  package init(_ description: String) { self.description = description }
}
