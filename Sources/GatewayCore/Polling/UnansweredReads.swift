import Telemetry

/// Reads to which a device says nothing though it answers others: some devices are silent about what they do not have,
/// rather than to refuse it. Asked at every scan, each would cost a time-out, and the reads behind it their answers.
struct UnansweredReads: Sendable {
  /// Times in a row after which a read is asked more rarely.
  static let threshold = 2

  private struct Entry: Sendable {
    var failures = 0
    var askAgain = MonotonicTime.zero
  }

  private var entries: [ReadRequest: Entry] = [:]

  var isEmpty: Bool { entries.isEmpty }

  func contains(_ request: ReadRequest) -> Bool { entries[request] != nil }

  /// Reads that are asked more rarely.
  var rare: Set<ReadRequest> { Set(entries.filter { $0.value.failures >= Self.threshold }.keys) }

  func isPausing(_ request: ReadRequest, now: MonotonicTime) -> Bool {
    entries[request].map { $0.failures >= Self.threshold && now < $0.askAgain } ?? false
  }

  /// Pauses grow as those of silent devices do.
  mutating func add(_ request: ReadRequest, cost: Duration, now: MonotonicTime) {
    var entry = entries[request] ?? Entry()
    entry.failures += 1
    entry.askAgain = now + SilentDevices.pause(cost: cost, failures: entry.failures - Self.threshold)
    entries[request] = entry
  }

  /// The plan has changed.
  mutating func keep(only requests: Set<ReadRequest>) {
    entries = entries.filter { requests.contains($0.key) }
  }

  mutating func remove(_ request: ReadRequest) {
    entries[request] = nil
  }
}
