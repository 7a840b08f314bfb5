import Telemetry

/// Which devices of a bus have fallen silent, and when they are asked again.
///
/// Every question to a dead device costs all others of its bus a whole time-out. So after ``threshold`` scans in a row
/// without any reply a device is asked more rarely, so that all silent devices together take about a tenth of the bus's
/// time; it is back at its pace with its first reply. A device that has its bus for itself is asked at every scan.
struct SilentDevices: Sendable {
  static let threshold = 3
  /// A pause is this many times as long as the question it follows, for each silent device.
  static let share = 10
  static let longestPause = Duration.seconds(30)

  private struct Entry: Sendable {
    var failures = 0
    var askAgain = MonotonicTime.zero
  }

  private var entries: [Entry]
  private var silentCount = 0

  init(count: Int) {
    entries = Array(repeating: Entry(), count: count)
  }

  /// - Parameter kept: for each device of a new list the place that it had here, nil for a new one.
  func rearranged(kept: [Int?]) -> Self {
    var silent = Self(count: kept.count)
    for (index, old) in kept.enumerated() { if let old { silent.entries[index] = entries[old] } }
    silent.silentCount = silent.entries.count { $0.failures >= Self.threshold }
    return silent
  }

  /// The device is silent, and it is not yet time to ask again.
  func isPausing(_ position: Int, now: MonotonicTime) -> Bool {
    entries.count > 1 && entries[position].failures >= Self.threshold && now < entries[position].askAgain
  }

  /// Scans in a row that got no reply when they asked.
  func failures(_ position: Int) -> Int { entries[position].failures }

  /// A scan got no reply at all, and took so long to find out.
  mutating func failed(_ position: Int, cost: Duration, now: MonotonicTime) {
    entries[position].failures += 1
    if entries[position].failures == Self.threshold { silentCount += 1 }
    entries[position].askAgain = now + min(cost * Self.share * max(1, silentCount), Self.longestPause)
  }

  /// The device sent a reply of any kind.
  mutating func answered(_ position: Int) {
    if entries[position].failures >= Self.threshold { silentCount -= 1 }
    entries[position].failures = 0
  }
}
