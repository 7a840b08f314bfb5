/// Random numbers from a seed, of another family than the poller's own (xorshift64*).
struct PollingTestGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
    _ = next()
  }

  mutating func next() -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return state &* 0x2545_f491_4f6c_dd1d
  }

  /// True once in `denominator` times.
  mutating func chance(_ denominator: Int) -> Bool { Int.random(in: 0..<denominator, using: &self) == 0 }
}
