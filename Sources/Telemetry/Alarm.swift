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

/// One change of an alarm's state. Events travel in the alarms lane and are never dropped.
public struct AlarmEvent: Hashable, Sendable {
  public enum Transition: UInt8, Sendable, CaseIterable {
    case raised = 1
    case cleared = 2

    public var name: String {
      switch self {
      case .raised: "raised"
      case .cleared: "cleared"
      }
    }
  }

  public var time: Timestamp
  /// The rule's name, unique on its gateway.
  public var alarm: String
  /// The tag it is about, `device/tag`.
  public var tag: String
  public var transition: Transition
  public var severity: Severity
  /// The value that made the change, in the tag's unit; nil when there was none.
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
