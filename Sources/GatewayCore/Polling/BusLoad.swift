import Telemetry

/// Which part of its time a bus is busy with requests, over the last minute or so.
struct BusLoad: Hashable, Sendable {
  /// The figure covers between one and two of these.
  static let window = Duration.seconds(30)

  private var start: MonotonicTime
  private var busy = Duration.zero
  private var lastLength = Duration.zero
  private var lastBusy = Duration.zero

  init(now: MonotonicTime) {
    start = now
  }

  mutating func add(_ time: Duration, now: MonotonicTime) {
    busy += time
    guard now - start >= Self.window else { return }
    (lastLength, lastBusy) = (now - start, busy)
    (start, busy) = (now, .zero)
  }

  /// 0 to 1.
  func fraction(now: MonotonicTime) -> Double {
    let length = lastLength + max(.zero, now - start)
    guard length > .zero else { return 0 }
    return min(1, (lastBusy + busy) / length)
  }
}
