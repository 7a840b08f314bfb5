/// What the detector says of one sample.
public struct AnomalyVerdict: Hashable, Sendable {
  /// The highest of the signals' scores; 0 during the warm-up. From ``threshold`` on a sample is unusual.
  public var score: Double
  /// The signal with that score; nil when no signal has one.
  public var cause: AnomalyCause?
  public var phase: AnomalyPhase
  /// Set on the sample that raises an alarm, and on no other of the same alarm.
  public var alarm: AnomalyExplanation?

  /// Measured once, for all tags; not a setting.
  public static let threshold = 1.1

  public var isAlarm: Bool { alarm != nil }
  /// Unusual, whether or not it raised an alarm.
  public var isUnusual: Bool { score >= Self.threshold }
}
