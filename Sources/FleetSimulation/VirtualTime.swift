import Telemetry

/// The one clock of a simulation and what is to happen on it, in order of time and then of arrival.
final class VirtualTime {
  private struct Entry {
    var time: MonotonicTime
    var order: Int
    var body: () -> Void

    func isBefore(_ other: Entry) -> Bool { (time, order) < (other.time, other.order) }
  }

  private(set) var now = MonotonicTime.zero
  private var heap: [Entry] = []
  private var order = 0

  func at(_ time: MonotonicTime, _ body: @escaping () -> Void) {
    order += 1
    heap.append(Entry(time: max(time, now), order: order, body: body))
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  func after(_ delay: Duration, _ body: @escaping () -> Void) { at(now + delay, body) }

  /// Runs what is due up to a time; the clock then shows it.
  func run(until end: MonotonicTime) {
    while let first = heap.first, first.time <= end {
      now = max(now, first.time)
      pop()
      first.body()
    }
    now = max(now, end)
  }

  func forget() { heap.removeAll() }

  private func pop() {
    let last = heap.removeLast()
    guard !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}

/// Random numbers from a seed: the same seed gives the same run (the SplitMix64 sequence).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  static func mix(_ value: UInt64) -> UInt64 {
    var mixed = value
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// True so often of a thousand times.
  mutating func chance(_ perMille: Int) -> Bool { Int.random(in: 0..<1_000, using: &self) < perMille }

  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(Int.random(in: range, using: &self))
  }
  mutating func seconds(_ range: ClosedRange<Int>) -> Duration { .seconds(Int.random(in: range, using: &self)) }
}
