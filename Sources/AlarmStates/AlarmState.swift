/// Where an alarm stands, after ISA-18.2's state diagram.
public enum AlarmState: String, Hashable, Sendable, CaseIterable {
  case normal
  /// The cause holds, and nobody has seen it.
  case unacknowledged
  /// The cause holds, and somebody has seen it.
  case acknowledged
  /// The cause is gone, and nobody has seen that it was there.
  case returned
  /// A person has set it aside for a time.
  case shelved
  /// The configuration has set it aside: what it warns of means nothing now.
  case suppressed

  /// As a person reads it.
  public var title: String {
    switch self {
    case .normal: "normal"
    case .unacknowledged: "active, not acknowledged"
    case .acknowledged: "active, acknowledged"
    case .returned: "gone, not acknowledged"
    case .shelved: "shelved"
    case .suppressed: "suppressed"
    }
  }
}
