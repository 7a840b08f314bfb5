import COpenSSL

/// SHA-256 (FIPS 180-4).
public enum SHA256 {
  /// - Returns: 32 bytes.
  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    var count: UInt32 = 32
    EVP_Digest(bytes, bytes.count, &digest, &count, EVP_sha256(), nil)
    return digest
  }
}

/// Bytes from OpenSSL's random generator, which is seeded by the kernel.
public enum RandomBytes {
  /// - Throws: when the generator has no seed, which no Linux of today lets happen.
  public static func make(_ count: Int) throws(CertificateError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw CertificateError.openSSL("no random bytes to be had") }
    return bytes
  }
}
