import Glibc

/// A small random generator that a seed determines: the same seed gives the same numbers on every machine.
///
/// The algorithm is Steele, Lea and Flood's SplitMix (OOPSLA 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// For a random test: takes its seed from `FIELDGATE_SEED` or from the system, and prints it with the way to replay it.
  ///
  /// - Parameter test: what to give to `swift test --filter` to run this test alone.
  public static func announced(for test: String) -> Self {
    let given = getenv("FIELDGATE_SEED").flatMap { UInt64(String(cString: $0)) }
    let seed = given ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("\(test): seed \(seed); replay with FIELDGATE_SEED=\(seed) swift test --filter \(test)")
    return Self(seed: seed)
  }

  /// A well-spread hash of 64 bits: neighbouring inputs give unrelated outputs.
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
