import Telemetry

/// Samples in the order of their times, of equal times in the order of their coming, until the lateness bound has
/// passed.
struct WaitingSamples: Sendable {
  struct Sample: Hashable, Sendable {
    var time: Int64
    /// No number when the reading tells no value.
    var value: Double
    var quality: Quality
  }

  /// So many wait at most.
  static let limit = 10_000

  /// The sample at index i stands at i modulo the size, a power of two.
  private var ring: ContiguousArray<Sample> = []
  private var head = 0
  private(set) var count = 0

  private func place(_ index: Int) -> Int { index & (ring.count - 1) }

  var isFull: Bool { count >= Self.limit }
  var first: Sample? { count > 0 ? ring[head] : nil }

  /// Behind all that are not later.
  mutating func insert(_ sample: Sample) {
    precondition(count < Self.limit, "more samples wait than are allowed")
    if count == ring.count { grow() }
    var index = head + count
    while index > head, ring[place(index - 1)].time > sample.time {
      ring[place(index)] = ring[place(index - 1)]
      index -= 1
    }
    ring[place(index)] = sample
    count += 1
  }

  mutating func removeFirst() {
    precondition(count > 0, "no sample waits")
    head = place(head + 1)
    count -= 1
  }

  private mutating func grow() {
    let size = max(4, ring.count * 2)
    var samples = ContiguousArray(repeating: Sample(time: 0, value: 0, quality: .absent), count: size)
    for index in 0..<count { samples[index] = ring[place(head + index)] }
    ring = samples
    head = 0
  }

  mutating func shift(by step: Int64) {
    for index in 0..<count { ring[place(head + index)].time += step }
  }

  /// In order.
  var all: [Sample] { (0..<count).map { ring[place(head + $0)] } }
}
