/// What a configuration may change about the anomaly detector. The shipped default is meant to stay.
///
/// Times are for streams of a sample every ``referenceInterval`` or faster. On slower streams they count samples, one for
/// each reference interval: the default hold-off is 90 samples of an hourly tag (docs/anomalies.md says why).
public struct AnomalySettings: Hashable, Sendable {
  /// After an alarm, how long only a much higher score raises another. Default 7.5 h (90 samples); see ``holdOffLimits``.
  public var holdOff: Duration
  /// What was not seen for so long is new again; nil: never. Default 4,000 samples, 13 d 21 h 20 min; see
  /// ``forgettingLimits``.
  public var forgetting: Duration?
  /// From the first sample, how long no alarm is raised. Default a day (288 samples), the shortest time in which every hour
  /// of the day was seen; see ``learningLimits``. The first ``warmUpSteps`` samples give no score whatever stands here.
  public var learning: Duration

  /// The cadence at which the constants were measured.
  public static let referenceInterval = Duration.seconds(300)
  /// Steps before any score: the range of the values is not known yet.
  public static let warmUpSteps = 50
  /// Steps after which false alarms have come down to their later rate (docs/anomalies.md, the tables).
  public static let settledSteps = 5_000

  public static let holdOffLimits = Duration.zero...Duration.seconds(30 * 86_400)
  /// Below a day a daily rhythm would be news each day. Above, visits are stamped in 16 bits (docs/formats).
  public static let forgettingLimits = Duration.seconds(86_400)...Duration.seconds(3_650 * 86_400)
  public static let learningLimits = Duration.zero...Duration.seconds(90 * 86_400)

  public init(
    holdOff: Duration = .seconds(27_000), forgetting: Duration? = .seconds(1_200_000),
    learning: Duration = .seconds(86_400)
  ) {
    self.holdOff = holdOff
    self.forgetting = forgetting
    self.learning = learning
  }

  /// Every setting is within its limits.
  public var isValid: Bool {
    Self.holdOffLimits.contains(holdOff) && Self.learningLimits.contains(learning)
      && (forgetting.map(Self.forgettingLimits.contains) ?? true)
  }

  /// A time in steps of the detector: reference intervals.
  static func steps(_ time: Duration) -> Double { time / referenceInterval }
}
