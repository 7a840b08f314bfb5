import CArgon2

/// Hashes of passwords that cost whoever guesses as much as us: Argon2id (RFC 9106) with 64 MiB, three passes and one lane,
/// the second of the two settings that the RFC recommends.
public enum PasswordHash {
  /// In KiB.
  static let memory: UInt32 = 64 << 10
  static let passes: UInt32 = 3
  public static let saltBytes = 16
  /// What a password must have, in bytes of UTF-8: below this it can be guessed even so.
  public static let minimumBytes = 12
  public static let maximumBytes = 256

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// - Parameters:
  ///   - password: ``minimumBytes`` to ``maximumBytes``; the caller has checked.
  ///   - salt: ``saltBytes`` random bytes.
  /// - Returns: a text that names the settings too, so that they can change later.
  public static func make(_ password: String, salt: [UInt8]) throws(Failure) -> String {
    precondition(salt.count == saltBytes, "a salt has \(saltBytes) bytes")
    var encoded = [CChar](repeating: 0, count: 256)
    let bytes = Array(password.utf8)
    let code = argon2id_hash_encoded(
      passes, memory, 1, bytes, bytes.count, salt, salt.count, 32, &encoded, encoded.count)
    guard code == ARGON2_OK.rawValue else {
      throw Failure(description: "the password cannot be hashed: \(String(cString: argon2_error_message(code)))")
    }
    return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether `hash` was made of this password. Takes about a tenth of a second and 64 MiB.
  public static func fits(_ password: String, _ hash: String) -> Bool {
    let bytes = Array(password.utf8)
    guard (1...maximumBytes).contains(bytes.count) else { return false }
    return argon2id_verify(hash, bytes, bytes.count) == ARGON2_OK.rawValue
  }
}
