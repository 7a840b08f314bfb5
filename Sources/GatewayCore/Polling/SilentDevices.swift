import Telemetry

/// Which devices of a bus do not answer, and when they are asked again.
///
/// Every question to a dead device costs the others of its bus a whole time-out. So between two questions in vain, to
/// whichever devices, the bus works for the others for a while, and a device that fell silent is asked less and less often.
/// It is back at its pace with its first reply; then all others are asked soon, too, because a line that was cut brings back
/// several at once. A device that has its bus for itself is asked at every scan.
struct SilentDevices: Sendable {
  /// Scans in a row without a reply after which a device counts as silent.
  static let threshold = 3
  /// The first pause of a silent device, and the time between two questions to silent devices, as multiples of what a
  /// question costs: together they take at most an eleventh of the bus's time.
  static let share = 10
  /// Pauses double up to the larger of these …
  static let longestPause = Duration.seconds(30)
  static let longestShare = 64
  /// … but not beyond this.
  static let longestPauseOfAll = Duration.seconds(600)
  /// When no device answers there is nobody to protect.
  static let longestPauseAlone = Duration.seconds(5)

  private struct Entry: Sendable {
    var failures = 0
    var askAgain = MonotonicTime.zero
    var reason = Quality.Reason.timeout
  }

  private var entries: [Entry]
  private var silentCount = 0
  /// No device that failed is asked before.
  private var nextQuestion = MonotonicTime.zero

  init(count: Int) {
    entries = Array(repeating: Entry(), count: count)
  }

  /// - Parameter kept: for each device of a new list the place that it had here, nil for a new one.
  func rearranged(kept: [Int?]) -> Self {
    var silent = Self(count: kept.count)
    for (index, old) in kept.enumerated() { if let old { silent.entries[index] = entries[old] } }
    silent.silentCount = silent.entries.count { $0.failures >= Self.threshold }
    silent.nextQuestion = nextQuestion
    return silent
  }

  /// The device did not answer its last scan, and it is not yet time to ask again.
  func isPausing(_ position: Int, now: MonotonicTime) -> Bool {
    let entry = entries[position]
    guard entries.count > 1, entry.failures > 0 else { return false }
    return now < nextQuestion || (entry.failures >= Self.threshold && now < entry.askAgain)
  }

  /// A reply that did not come is worth waiting for once more: the device answered its last scan, and no other device has
  /// just cost the bus a time-out.
  func mayWaitAgain(_ position: Int, now: MonotonicTime) -> Bool {
    entries[position].failures == 0 && now >= nextQuestion
  }

  /// Scans in a row that got no reply when they asked.
  func failures(_ position: Int) -> Int { entries[position].failures }

  func isSilent(_ position: Int) -> Bool { entries[position].failures >= Self.threshold }

  /// What the scans in between say.
  func reason(_ position: Int) -> Quality.Reason { entries[position].reason }

  /// A scan got no reply at all, and took so long to find out.
  mutating func failed(_ position: Int, reason: Quality.Reason, cost: Duration, now: MonotonicTime) {
    entries[position].failures += 1
    entries[position].reason = reason
    let failures = entries[position].failures
    if failures == Self.threshold { silentCount += 1 }
    guard silentCount < entries.count else {
      nextQuestion = now
      entries[position].askAgain = now + min(cost * Self.share, Self.longestPauseAlone)
      return
    }
    nextQuestion = now + cost * (failures < Self.threshold ? 1 : Self.share)
    entries[position].askAgain = now + Self.pause(cost: cost, failures: failures - Self.threshold)
  }

  /// - Parameter failures: questions in vain beyond the first that counted.
  static func pause(cost: Duration, failures: Int) -> Duration {
    let longest = min(max(longestPause, cost * longestShare), longestPauseOfAll)
    return min(cost * (share << min(max(0, failures), 16)), longest)
  }

  /// The device sent a reply of any kind.
  mutating func answered(_ position: Int, now: MonotonicTime) {
    guard entries[position].failures > 0 else { return }
    if isSilent(position) {
      silentCount -= 1
      nextQuestion = now
      for index in entries.indices { entries[index].askAgain = now }
    }
    entries[position].failures = 0
  }
}
