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

    public var name: String {
      switch self {
      case .raised: "raised"
      case .cleared: "cleared"
      case .written: "written"
      }
    }
  }

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

  public init(
    time: Timestamp, alarm: String, tag: String, transition: Transition, severity: Severity, value: Double?,
    message: String
  ) {
    self.time = time
    self.alarm = alarm
    self.tag = tag
    self.transition = transition
    self.severity = severity
    self.value = value
    self.message = message
  }
}
