/// How urgent an alarm is, after ISA-18.2's advice to use three or four priorities.
public enum Severity: UInt8, Sendable, CaseIterable, Comparable {
  case low = 1
  case medium = 2
  case high = 3
  case critical = 4

  public var name: String {
    switch self {
    case .low: "low"
    case .medium: "medium"
    case .high: "high"
    case .critical: "critical"
    }
  }

  public init?(name: some StringProtocol) {
    guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One change of an alarm's state, or one write to a tag. Events travel in the alarms lane and are never dropped.
public struct AlarmEvent: Hashable, Sendable {
  public enum Transition: UInt8, Sendable, CaseIterable {
    case raised = 1
    case cleared = 2
    /// No change of an alarm: a value was written, or should have been, and the message says by whom and what came of it.
    case written = 3
    /// Somebody has seen it.
    case acknowledged = 4
    /// Set aside by a person until ``AlarmEvent/until``.
    case shelved = 5
    case unshelved = 6
    /// Set aside by design: the condition under which its rule means something does not hold.
    case suppressed = 7
    case unsuppressed = 8
    /// The message is what somebody wrote.
    case commented = 9
    /// It was active, and its cause came again or got worse: it is to be acknowledged anew.
    case raisedAgain = 10
    /// Its cause is gone, and it is still to be acknowledged; ``cleared`` says that nothing is owed.
    case returned = 11
    /// It was the first of its group.
    case firstOut = 12
    /// Its group is quiet and acknowledged again.
    case firstOutOver = 13

    public var name: String {
      switch self {
      case .raised: "raised"
      case .cleared: "cleared"
      case .written: "written"
      case .acknowledged: "acknowledged"
      case .shelved: "shelved"
      case .unshelved: "unshelved"
      case .suppressed: "suppressed"
      case .unsuppressed: "unsuppressed"
      case .commented: "commented"
      case .raisedAgain: "raised again"
      case .returned: "returned"
      case .firstOut: "first-out"
      case .firstOutOver: "first-out over"
      }
    }

    /// The cause of the alarm came or went.
    public var isActivity: Bool {
      switch self {
      case .raised, .cleared, .raisedAgain, .returned: true
      default: false
      }
    }
  }

  /// Longest ``who``, in UTF-8 bytes.
  public static let maximumWhoBytes = 64

  /// The name that the events of writes have in place of a rule's.
  public static let writes = "write"

  public var time: Timestamp
  /// The rule's name, unique on its gateway; of a write ``writes``.
  public var alarm: String
  /// The tag it is about, `device/tag`.
  public var tag: String
  public var transition: Transition
  public var severity: Severity
  /// The value that made the change, or that was to be written, in the tag's unit; nil when there was none.
  public var value: Double?
  /// One sentence for people; at most 512 UTF-8 bytes.
  public var message: String
  /// Who did it, at most ``maximumWhoBytes`` UTF-8 bytes; empty when nobody did. Events 1 to 3 name nobody.
  public var who: String
  /// Until when an alarm is shelved; nil with every other transition.
  public var until: Timestamp?
  /// The number of central's command that it answers; 0: none does.
  public var command: UInt64

  public init(
    time: Timestamp, alarm: String, tag: String, transition: Transition, severity: Severity, value: Double?,
    message: String, who: String = "", until: Timestamp? = nil, command: UInt64 = 0
  ) {
    self.who = who
    self.until = until
    self.command = command
    self.time = time
    self.alarm = alarm
    self.tag = tag
    self.transition = transition
    self.severity = severity
    self.value = value
    self.message = message
  }
}
