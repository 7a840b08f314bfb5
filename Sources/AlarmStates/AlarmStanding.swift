public import Telemetry

/// What the events of one alarm add up to. Gateway and central both keep it by ``apply(_:)`` and by nothing else, so that
/// the same events give the same picture at both ends (promise G5).
public struct AlarmStanding: Hashable, Sendable {
  /// Something that a person did, and when.
  public struct Mark: Hashable, Sendable {
    public var who: String
    public var time: Timestamp

    public init(who: String, time: Timestamp) {
      self.who = who
      self.time = time
    }
  }

  /// What a person wrote.
  public struct Comment: Hashable, Sendable {
    public var text: String
    public var mark: Mark

    public init(text: String, mark: Mark) {
      self.text = text
      self.mark = mark
    }
  }

  /// Until when an alarm is set aside, and by whom.
  public struct Shelf: Hashable, Sendable {
    /// For people only: the gateway's monotonic clock decides. Nil: not known.
    public var until: Timestamp?
    public var by: Mark

    public init(until: Timestamp?, by: Mark) {
      self.until = until
      self.by = by
    }
  }

  /// The cause holds.
  public var isActive: Bool
  /// Nobody has seen it yet.
  public var isUnacknowledged: Bool
  public var isSuppressed: Bool
  /// It was the first of its group to rise.
  public var isFirstOut: Bool
  public var shelf: Shelf?
  /// Of the newest raising.
  public var raisedAt: Timestamp?
  /// How often it was raised since it was last normal; it stops at 2^31 - 1.
  public var raises: Int
  /// Of the newest raising; nil until somebody has seen it, and once it is cleared.
  public var acknowledgement: Mark?
  /// The newest since it was last normal; an event without a text takes it away.
  public var comment: Comment?

  public init(
    isActive: Bool = false, isUnacknowledged: Bool = false, isSuppressed: Bool = false, isFirstOut: Bool = false,
    shelf: Shelf? = nil, raisedAt: Timestamp? = nil, raises: Int = 0, acknowledgement: Mark? = nil,
    comment: Comment? = nil
  ) {
    self.isActive = isActive
    self.isUnacknowledged = isUnacknowledged
    self.isSuppressed = isSuppressed
    self.isFirstOut = isFirstOut
    self.shelf = shelf
    self.raisedAt = raisedAt
    self.raises = raises
    self.acknowledgement = acknowledgement
    self.comment = comment
  }

  /// What is shown: being set aside hides the rest.
  public var state: AlarmState {
    if isSuppressed { return .suppressed }
    if shelf != nil { return .shelved }
    return underlying
  }

  /// The state without regard to shelving and suppression.
  public var underlying: AlarmState {
    switch (isActive, isUnacknowledged) {
    case (false, false): .normal
    case (true, true): .unacknowledged
    case (true, false): .acknowledged
    case (false, true): .returned
    }
  }

  public var isSetAside: Bool { isSuppressed || shelf != nil }

  /// To be shown, and to be heard by whoever listens for alarms.
  public var isPresentedActive: Bool { isActive && !isSetAside }

  public mutating func apply(_ event: AlarmEvent) {
    let mark = Mark(who: event.who, time: event.time)
    switch event.transition {
    case .raised, .raisedAgain:
      if underlying == .normal {
        raises = 0
        comment = nil
      }
      isActive = true
      isUnacknowledged = true
      acknowledgement = nil
      raisedAt = event.time
      raises = min(raises + 1, Int(Int32.max))
    case .returned:
      isActive = false
      isUnacknowledged = true
    case .cleared:
      isActive = false
      isUnacknowledged = false
      acknowledgement = nil
    case .acknowledged:
      isUnacknowledged = false
      acknowledgement = mark
    case .shelved: shelf = Shelf(until: event.until, by: mark)
    case .unshelved: shelf = nil
    case .suppressed: isSuppressed = true
    case .unsuppressed: isSuppressed = false
    case .commented: comment = event.message.isEmpty ? nil : Comment(text: event.message, mark: mark)
    case .firstOut: isFirstOut = true
    case .firstOutOver: isFirstOut = false
    case .written: break
    }
  }
}
