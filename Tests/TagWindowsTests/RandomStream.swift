import Telemetry

/// Readings of a tag as they come: gaps, equal times, bad ones, late ones.
struct RandomStream: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

  /// The SplitMix64 sequence (Steele, Lea, Flood 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  mutating func operations(_ count: Int, lateness: Int64) -> [ReferenceWindow.Operation] {
    var time = Int64.random(in: -100_000...100_000, using: &self)
    var level = 20.0
    return (0..<count).map { _ in
      switch Int.random(in: 0..<40, using: &self) {
      case 0: time += Int64.random(in: 5_000...60_000, using: &self)
      case 1: time += 200_000
      case 2..<8: break
      case 8..<24: time += 1_000
      default: time += Int64.random(in: 1...2_500, using: &self)
      }
      if Int.random(in: 0..<10, using: &self) == 0 { return .advance(time: time) }
      level += Double(Int.random(in: -6...6, using: &self)) / 4
      if Int.random(in: 0..<60, using: &self) == 0 { level = level > 1_000 ? 20 : 1e9 }
      let back =
        lateness > 0 ? Int64.random(in: 0...lateness * 5 / 4, using: &self) : Int64.random(in: 0...1, using: &self)
      return .sample(time: time - back, value: level, quality: quality())
    }
  }

  private mutating func quality() -> Quality {
    switch Int.random(in: 0..<40, using: &self) {
    case 0..<3: .bad(.timeout)
    case 3: .uncertain(.stale)
    case 4, 5: .uncertain(.outOfRange)
    case 6: .uncertain(.clock)
    case 7: .absent
    default: .good
    }
  }
}
