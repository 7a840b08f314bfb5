/// FNV-1a of 64 bits (Fowler, Noll, Vo): quick, and finds what a torn or turned byte does. Against damage and mistakes, not
/// against forgery. Its values stand in files: it never changes.
public enum FNV1a {
  @inlinable
  public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
