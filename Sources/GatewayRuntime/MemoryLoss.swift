import Telemetry

/// What was dropped because memory was full, until the store takes the notice that says so.
struct MemoryLoss {
  /// At most one clock's times are known: those of the boot clock get their places once the wall clock is trusted.
  private var times: ClosedRange<Timestamp>?
  private var hasBootTimes: Bool
  private(set) var count = 0
  private var devices: [String] = []

  /// - Parameter hasBootTime: whether `time`, of the first record that is dropped, is the boot clock's.
  init(time: Timestamp, hasBootTime: Bool) {
    times = time...time
    hasBootTimes = hasBootTime
  }

  /// - Parameters:
  ///   - records: samples or alarm events.
  ///   - device: whose they are; nil: of none.
  mutating func add(_ records: Int, device: String? = nil, time: Timestamp, hasBootTime: Bool) {
    count += records
    if let device, !devices.contains(device) { devices.append(device) }
    // Times of two clocks have no order.
    times = hasBootTime == hasBootTimes ? times.map { min($0.lowerBound, time)...max($0.upperBound, time) } : nil
  }

  /// The wall clock is trusted, and is so much ahead of the boot clock.
  mutating func place(_ offset: Duration) {
    guard hasBootTimes else { return }
    hasBootTimes = false
    times = times.map { ($0.lowerBound + offset)...($0.upperBound + offset) }
  }

  /// The wall clock that they were read from was wrong.
  mutating func forgetTimes() { times = nil }

  /// - Parameter hasBootTimes: whether times are the boot clock's in the frame that it goes into.
  func notice(lane: Lane, hasBootTimes: Bool) -> LossNotice {
    let known = hasBootTimes == self.hasBootTimes ? times : nil
    return LossNotice(
      reason: .memoryFull, lane: lane, firstTime: known?.lowerBound, lastTime: known?.upperBound,
      samples: UInt64(count), devices: devices, detail: "the store took nothing, and memory was full")
  }
}
