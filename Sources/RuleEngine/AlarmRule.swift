public import Telemetry

/// One alarm: what raises it, and what it says.
public struct AlarmRule: Hashable, Sendable {
  /// The alarm's name, unique on its gateway.
  public var name: String
  public var condition: Condition
  /// Must be true as well; while it is not, the alarm is suppressed by design.
  public var precondition: Condition?
  public var schedule: Schedule?
  /// The condition must hold this long without a break before the alarm is raised; zero raises at once.
  public var onDelay: Duration
  /// The condition must be gone this long without a break before the alarm clears.
  public var offDelay: Duration
  public var severity: Severity
  /// Nil: the sentence that fits the condition.
  public var message: MessageTemplate?
  /// Alarms that belong together; the first of them to rise is marked.
  public var group: String?
  /// The alarm is to be acknowledged by a person.
  public var needsAcknowledge: Bool
  /// What is done when the alarm changes.
  public var actions: [RuleAction]

  public init(
    name: String, condition: Condition, precondition: Condition? = nil, schedule: Schedule? = nil,
    onDelay: Duration = .zero, offDelay: Duration = .zero, severity: Severity = .medium,
    message: MessageTemplate? = nil, group: String? = nil, needsAcknowledge: Bool = true,
    actions: [RuleAction] = []
  ) {
    self.actions = actions
    self.name = name
    self.condition = condition
    self.precondition = precondition
    self.schedule = schedule
    self.onDelay = onDelay
    self.offDelay = offDelay
    self.severity = severity
    self.message = message
    self.group = group
    self.needsAcknowledge = needsAcknowledge
  }

  /// The tag that the alarm is about: the first of its condition. A condition has at least one.
  public var tag: RuleTag {
    condition.tags.first ?? RuleTag(TagIndex(device: 0, tag: 0), name: "")
  }

  /// All tags it looks at, some perhaps twice: those of the condition, of `when`, and of interlocks.
  public var tags: [RuleTag] {
    var tags = condition.tags + (precondition?.tags ?? [])
    for action in actions { if case .write(let write) = action.kind { tags += write.interlock?.tags ?? [] } }
    return tags
  }

  /// Conditions in it that look at tags themselves.
  public var leafCount: Int {
    var count = condition.leafCount + (precondition?.leafCount ?? 0)
    for action in actions { if case .write(let write) = action.kind { count += write.interlock?.leafCount ?? 0 } }
    return count
  }

  /// `device/tag` of ``tag``.
  public var tagName: String { tag.name }

  /// The same with each tag moved; nil when one of them is gone.
  public func moved(_ place: (TagIndex) -> TagIndex?) -> AlarmRule? {
    guard let condition = condition.moved(place) else { return nil }
    var rule = self
    rule.condition = condition
    if let old = precondition {
      guard let precondition = old.moved(place) else { return nil }
      rule.precondition = precondition
    }
    for index in actions.indices {
      guard case .write(var write) = actions[index].kind, let old = write.interlock else { continue }
      guard let interlock = old.moved(place) else { return nil }
      write.interlock = interlock
      rule.actions[index].kind = .write(write)
    }
    return rule
  }
}
