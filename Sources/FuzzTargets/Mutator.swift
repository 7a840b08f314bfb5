/// Changes inputs at random, as a fuzzer does: for the short run in the tests, which needs no fuzzer.
public struct Mutator: Sendable {
  private var state: UInt64
  private let corpus: [[UInt8]]
  private let maximumBytes: Int

  /// - Parameter corpus: at least one input.
  public init(seed: UInt64, corpus: [[UInt8]], maximumBytes: Int) {
    precondition(!corpus.isEmpty)
    state = seed
    self.corpus = corpus
    self.maximumBytes = maximumBytes
  }

  /// One of the corpus, with one to four changes.
  public mutating func next() -> [UInt8] {
    var bytes = corpus[below(corpus.count)]
    for _ in 0...below(4) { change(&bytes) }
    return Array(bytes.prefix(maximumBytes))
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
    let place = below(bytes.count)
    switch below(7) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = [0, 0xff, 0x7f, 0x80, 0x20, 0x0a, 0x22, 0x30][below(8)]
    case 2: bytes.insert(UInt8(below(256)), at: place)
    case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + below(8)))
    case 4:
      let end = min(bytes.count, place + 1 + below(16))
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5: bytes.removeSubrange(place...)
    default:
      let other = corpus[below(corpus.count)]
      guard !other.isEmpty else { return }
      bytes.replaceSubrange(place..., with: other[min(place, other.count - 1)...])
    }
  }

  /// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
  private mutating func below(_ count: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ z >> 31) % UInt64(count))
  }
}
