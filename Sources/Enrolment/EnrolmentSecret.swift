/// The one-use secret of a ticket: 130 random bits, written as 26 letters of Crockford's base 32.
///
/// That alphabet leaves out I, L, O and U, so that nothing can be misread on paper: `i` and `l` are read as 1, `o` as 0.
public struct EnrolmentSecret: Hashable, Sendable {
  /// Letters of a secret, five bits each.
  public static let letterCount = 26
  /// Random bytes that ``init(random:)`` needs.
  public static let randomByteCount = 17
  static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  /// The letters alone, in lower case: the form to hash and to compare.
  public let letters: String

  /// - Parameter random: ``randomByteCount`` bytes or more from the system's random number generator; the first 130 bits
  ///   are used.
  public init(random: [UInt8]) {
    precondition(random.count >= Self.randomByteCount, "a secret needs \(Self.randomByteCount) random bytes")
    letters = String(
      decoding: (0..<Self.letterCount).map { index in
        let bit = index * 5
        let pair = UInt16(random[bit / 8]) << 8 | UInt16(bit / 8 + 1 < random.count ? random[bit / 8 + 1] : 0)
        return Self.alphabet[Int(pair >> (11 - bit % 8) & 31)]
      }, as: UTF8.self)
  }

  /// Reads a secret as people write it: upper or lower case, with or without hyphens and spaces. Nil for anything else.
  public init?(_ text: some StringProtocol) {
    var read: [UInt8] = []
    for byte in text.utf8.prefix(256) where !" -\t".utf8.contains(byte) {
      let lower = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
      switch lower {
      case UInt8(ascii: "o"): read.append(UInt8(ascii: "0"))
      case UInt8(ascii: "i"), UInt8(ascii: "l"): read.append(UInt8(ascii: "1"))
      case _ where Self.alphabet.contains(lower): read.append(lower)
      default: return nil
      }
    }
    guard read.count == Self.letterCount, text.utf8.count <= 256 else { return nil }
    letters = String(decoding: read, as: UTF8.self)
  }

  /// In groups of four, as it stands in a ticket: `7k2q-m4xw-…`.
  public var text: String {
    var grouped: [UInt8] = []
    for (index, letter) in letters.utf8.enumerated() {
      if index > 0, index.isMultiple(of: 4) { grouped.append(UInt8(ascii: "-")) }
      grouped.append(letter)
    }
    return String(decoding: grouped, as: UTF8.self)
  }
}

extension EnrolmentSecret: CustomStringConvertible {
  /// Does not tell the secret: what is interpolated into a log or an error by mistake gives nothing away.
  public var description: String { "(secret)" }
}
