import COpenSSL
public import PKI

/// What somebody asks a certificate for: PKCS #10 (RFC 2986), whose signature proves that the asker has the key.
public final class CertificateRequest {
  /// More than any request with a key that is taken has.
  public static let maximumBytes = 16 << 10

  /// The only common name of its subject; nil when it has none.
  public let commonName: String?
  /// SHA-256 of its public key (SubjectPublicKeyInfo, DER): two requests with one key have the same.
  public let keyDigest: [UInt8]
  let key: OpaquePointer

  /// Why a request is not taken.
  public enum Refusal: Error, Hashable, Sendable {
    /// It is no request, or its signature does not fit its key.
    case unreadable(String)
    /// Its key is of a kind or a size that is not taken.
    case key(String)
  }

  /// - Parameter der: the request alone.
  public init(der: [UInt8]) throws(Refusal) {
    defer { ERR_clear_error() }
    guard der.count <= Self.maximumBytes else {
      throw .unreadable("a request has \(Self.maximumBytes) bytes at most")
    }
    let (request, used) = der.withUnsafeBufferPointer { buffer in
      var cursor = buffer.baseAddress
      let request = d2i_X509_REQ(nil, &cursor, buffer.count)
      return (request, request == nil ? 0 : (cursor.map { $0 - buffer.baseAddress! } ?? 0))
    }
    guard let request else { throw .unreadable("this is no certificate request (PKCS #10)") }
    defer { X509_REQ_free(request) }
    guard used == der.count else { throw .unreadable("\(der.count - used) bytes follow the request") }
    guard let key = X509_REQ_get_pubkey(request) else { throw .key("its public key cannot be read") }
    do throws(Refusal) {
      try Self.check(key)
      // Only now: verifying with an absurd key can take long.
      guard X509_REQ_verify(request, key) == 1 else { throw .unreadable("its signature does not fit its key") }
      commonName = try Self.commonName(request)
      keyDigest = try Self.digest(key)
    } catch {
      EVP_PKEY_free(key)
      throw error
    }
    self.key = key
  }

  deinit { EVP_PKEY_free(key) }

  /// P-256, P-384 or P-521, or RSA of 2,048 to 4,096 bits.
  private static func check(_ key: OpaquePointer) throws(Refusal) {
    switch EVP_PKEY_get_base_id(key) {
    case EVP_PKEY_EC:
      var name = [CChar](repeating: 0, count: 64)
      var count = 0
      guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
        throw .key("its curve has no name")
      }
      let curve = String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard ["prime256v1", "secp384r1", "secp521r1"].contains(curve) else {
        throw .key("its curve is \(curve); P-256, P-384 and P-521 are taken")
      }
    case EVP_PKEY_RSA:
      let bits = EVP_PKEY_get_bits(key)
      guard (2_048...4_096).contains(bits) else {
        throw .key("its RSA key has \(bits) bits; 2,048 to 4,096 are taken")
      }
    default: throw .key("its key is neither of a NIST curve nor RSA")
    }
  }

  private static func commonName(_ request: OpaquePointer) throws(Refusal) -> String? {
    guard let subject = X509_REQ_get_subject_name(request),
      X509_NAME_get_index_by_NID(subject, NID_commonName, -1) >= 0
    else { return nil }
    do throws(CertificateError) {
      return try CertificateIdentity.only(NID_commonName, in: subject, "common name")
    } catch {
      throw .unreadable(error.description)
    }
  }

  private static func digest(_ key: OpaquePointer) throws(Refusal) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(key, &bytes)
    guard count > 0, let bytes else { throw .key("its public key cannot be encoded") }
    defer { CRYPTO_free(bytes, #file, #line) }
    return SHA256.digest(Array(UnsafeBufferPointer(start: bytes, count: Int(count))))
  }
}
