public import Telemetry

/// What is done when an alarm changes (`docs/rules.md`). No action runs a program.
public struct RuleAction: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A message to the broker on the gateway; the topic as it is written.
    case publish(topic: String, payload: MessageTemplate, isRetained: Bool)
    /// A write to a tag, with all the guards of one that a person gives.
    case write(WriteAction)
    /// A sentence that goes to central with the alarms.
    case note(MessageTemplate)
    /// A device is scanned more often while the cause of the alarm holds; the trigger does not matter.
    case scan(ScanAction)
  }

  /// Default: when the alarm is raised.
  public var trigger: AlarmEvent.Transition
  public var kind: Kind

  public init(on trigger: AlarmEvent.Transition = .raised, _ kind: Kind) {
    self.trigger = trigger
    self.kind = kind
  }

  /// Triggers by the words of the configuration.
  public static let triggers: [(name: String, transition: AlarmEvent.Transition)] = [
    ("raised", .raised), ("cleared", .cleared), ("raised-again", .raisedAgain),
  ]
}

/// A device that is watched closely while an alarm's cause holds.
public struct ScanAction: Hashable, Sendable {
  public var device: String
  /// Its scan interval meanwhile; shorter than its own.
  public var every: Duration

  public init(device: String, every: Duration) {
    self.device = device
    self.every = every
  }
}

/// A write that a rule asks for.
public struct WriteAction: Hashable, Sendable {
  public enum Value: Hashable, Sendable {
    case flag(Bool)
    case number(Double)
    case text(String)
  }

  public var device: String
  public var tag: String
  public var value: Value
  /// The interlock: without it being true nothing is written. An unknown one forbids, too.
  public var interlock: Condition?
  /// No more often than this; 1 s to 7 d, default 1 min.
  public var atMostEvery: Duration

  public init(
    device: String, tag: String, value: Value, interlock: Condition? = nil, atMostEvery: Duration = .seconds(60)
  ) {
    self.device = device
    self.tag = tag
    self.value = value
    self.interlock = interlock
    self.atMostEvery = atMostEvery
  }
}

/// An action whose time has come.
public struct DueAction: Hashable, Sendable {
  public enum Work: Hashable, Sendable {
    case publish(topic: String, payload: String, isRetained: Bool)
    case write(WriteAction)
    case note(String)
    /// It is not done, and why: a sentence.
    case held(String)
  }

  /// Of the alarm.
  public var alarm: String
  public var work: Work
}
