public import Telemetry

/// Keeps a fault that repeats from filling the log: a message of one subject is let through when its text changes or an
/// interval has passed, and then with the number of those held back.
///
/// Bounded: it remembers at most ``maximumSubjects`` subjects and forgets the one heard of longest ago.
public struct LogLimiter: Sendable {
  public static let maximumSubjects = 512

  private struct Entry: Sendable {
    var text: String
    var printedAt: MonotonicTime
    var touchedAt: MonotonicTime
    var suppressed: Int
  }

  private var entries: [String: Entry] = [:]
  private let interval: Duration

  public init(interval: Duration = .seconds(600)) {
    self.interval = interval
  }

  /// The text to print, or nil when it is to be held back.
  public mutating func admit(_ text: String, subject: String, now: MonotonicTime) -> String? {
    guard var entry = entries[subject] else {
      makeRoom()
      entries[subject] = Entry(text: text, printedAt: now, touchedAt: now, suppressed: 0)
      return text
    }
    defer { entries[subject] = entry }
    entry.touchedAt = now
    if entry.text == text, now - entry.printedAt < interval {
      entry.suppressed += 1
      return nil
    }
    // Texts that alternate are held to one a sixtieth of the interval (10 s by default).
    if entry.text != text, now - entry.printedAt < interval / 60 {
      entry.suppressed += 1
      entry.text = text
      return nil
    }
    let note = entry.suppressed > 0 ? "\(text) (\(entry.suppressed) similar not shown)" : text
    entry = Entry(text: text, printedAt: now, touchedAt: now, suppressed: 0)
    return note
  }

  /// Forgets a subject, because its fault is over. True when it had been reported.
  public mutating func clear(subject: String) -> Bool { entries.removeValue(forKey: subject) != nil }

  private mutating func makeRoom() {
    guard entries.count >= Self.maximumSubjects,
      let oldest = entries.min(by: { $0.value.touchedAt < $1.value.touchedAt })?.key
    else { return }
    entries.removeValue(forKey: oldest)
  }
}
