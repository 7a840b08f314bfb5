import AlarmStates
import Telemetry

/// A book under test, with a clock that the test turns, and all that it gave.
struct BookBench {
  var book: AlarmBook
  var seconds: Int64 = 0
  private(set) var news: [AlarmNews] = []
  private(set) var presented: Set<String> = []

  static let usual = [
    AlarmDefinition(name: "hot", tag: "boiler/temp", device: "boiler", severity: .high),
    AlarmDefinition(
      name: "low_flow", tag: "boiler/flow", device: "boiler", severity: .medium, needsAcknowledge: false),
  ]

  init(_ definitions: [AlarmDefinition] = Self.usual, settings: AlarmBookSettings = AlarmBookSettings()) {
    book = AlarmBook(definitions: definitions, settings: settings, now: .zero)
  }

  var now: MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
  var wall: Timestamp { Timestamp(milliseconds: 1_790_000_000_000 + seconds * 1_000) }

  /// What the newest step gave, in words: `hot raised`.
  private(set) var newest: [String] = []

  private mutating func took(_ outcome: AlarmOutcome) {
    news += outcome.news
    presented = outcome.presented
    newest = outcome.events.map { "\($0.alarm) \($0.transition.name)" }
  }

  mutating func rule(_ name: String, _ transition: AlarmEvent.Transition, value: Double? = 91) {
    let known = book.definition(name)
    took(
      book.take(
        AlarmEvent(
          time: wall, alarm: name, tag: known?.tag ?? "boiler/temp", transition: transition,
          severity: known?.severity ?? .high, value: value, message: "it is \(value ?? 0)"), now: now))
  }

  /// - Returns: why it was refused; nil when it was done.
  @discardableResult
  mutating func person(_ name: String, _ action: AlarmCommand.Action, comment: String = "") -> AlarmRefusal.Reason? {
    let due = book.expire(now: now, time: wall)
    do throws(AlarmRefusal) {
      let command = AlarmCommand(alarm: name, action: action, who: "anna", comment: comment)
      var outcome = try book.perform(command, now: now, time: wall)
      outcome.news = due.news + outcome.news
      outcome.presented.formUnion(due.presented)
      took(outcome)
      return nil
    } catch {
      took(due)
      return error.reason
    }
  }

  mutating func pass(_ seconds: Int64) {
    self.seconds += seconds
    took(book.expire(now: now, time: wall))
  }

  func state(_ name: String) -> AlarmState { book[name]?.standing.state ?? .normal }

  /// As after a restart of the daemon: nothing but what was saved goes on.
  mutating func restart(_ definitions: [AlarmDefinition], isSameBoot: Bool = true) {
    let saved = book.all.compactMap { record -> SavedAlarm? in
      var saved = book.saved(record.name, now: now)
      saved?.isOfThisBoot = isSameBoot
      return saved
    }
    book = AlarmBook(definitions: definitions, settings: book.settings, saved: saved, now: now)
  }
}
