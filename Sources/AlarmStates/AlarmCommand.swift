/// What a person wants of an alarm.
public struct AlarmCommand: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    case acknowledge
    /// For so long; nil: for the setting's time.
    case shelve(Duration?)
    case unshelve
    /// Only the comment is wanted.
    case comment
  }

  public var alarm: String
  public var action: Action
  /// Who it is, as far as that is known; cut to ``AlarmEvent/maximumWhoBytes``.
  public var who: String
  /// What the person writes to it, kept as one line; empty: nothing. At most ``maximumCommentBytes`` UTF-8 bytes.
  public var comment: String
  /// Of a command of central; 0: it came from elsewhere.
  public var number: UInt64

  public static let maximumCommentBytes = 256

  public init(alarm: String, action: Action, who: String, comment: String = "", number: UInt64 = 0) {
    self.alarm = alarm
    self.action = action
    self.who = who
    self.comment = comment
    self.number = number
  }
}

/// Why a command was not carried out, in a sentence.
public struct AlarmRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Raw values are the words of the interfaces.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    case unknownAlarm = "unknown-alarm"
    case nothingToAcknowledge = "nothing-to-acknowledge"
    case notShelved = "not-shelved"
    case badDuration = "bad-duration"
    case badComment = "bad-comment"
    /// A flood stands for alarms that are not shown; nobody would see any of them.
    case isFlood = "is-flood"
    /// Central's command came again.
    case answeredBefore = "answered-before"
  }

  public var reason: Reason
  public var description: String

  init(_ reason: Reason, _ description: String) {
    self.reason = reason
    self.description = description
  }
}
