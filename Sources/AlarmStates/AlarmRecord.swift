public import Telemetry

/// All that is remembered of one alarm: what its events add up to, and what only this gateway needs.
public struct AlarmRecord: Hashable, Sendable {
  public let name: String
  /// `device/tag`; may be empty.
  public var tag: String
  public var severity: Severity
  public var standing: AlarmStanding
  /// Time of the newest event that raised or ended it; nil before the first.
  public var since: Timestamp?
  /// Value and message of that event.
  public var value: Double?
  public var message: String
  /// When shelving runs out.
  public var shelfEnd: MonotonicTime?
  /// Of an alarm its own raisings, of a flood those of all alarms of its device.
  public var watch: RaiseWatch
  /// Changes of it were not shown, because of a flood.
  public var isHeldBack: Bool

  public init(
    name: String, tag: String, severity: Severity, standing: AlarmStanding = AlarmStanding(), since: Timestamp? = nil,
    value: Double? = nil, message: String = "", shelfEnd: MonotonicTime? = nil, watch: RaiseWatch = RaiseWatch(),
    isHeldBack: Bool = false
  ) {
    self.name = name
    self.tag = tag
    self.severity = severity
    self.standing = standing
    self.since = since
    self.value = value
    self.message = message
    self.shelfEnd = shelfEnd
    self.watch = watch
    self.isHeldBack = isHeldBack
  }
}

/// A record as it is kept over a restart.
public struct SavedAlarm: Hashable, Sendable {
  public var record: AlarmRecord
  /// What was left of shelving when it was saved; nil when it was not shelved.
  public var shelfRemaining: Duration?
  /// The machine has not booted since, so that monotonic times in the record still mean something.
  public var isOfThisBoot: Bool

  public init(record: AlarmRecord, shelfRemaining: Duration?, isOfThisBoot: Bool = true) {
    self.record = record
    self.shelfRemaining = shelfRemaining
    self.isOfThisBoot = isOfThisBoot
  }
}
