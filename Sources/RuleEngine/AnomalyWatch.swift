public import AnomalyDetection
import Telemetry

/// What an `anomaly` condition may say (`docs/rules.md`).
public struct AnomalyCondition: Hashable, Sendable {
  public var settings: AnomalySettings
  /// The alarm clears when no sample was unusual for this long. Default 15 min.
  public var clearAfter: Duration

  public init(_ settings: AnomalySettings = AnomalySettings(), clearAfter: Duration = .seconds(900)) {
    self.settings = settings
    self.clearAfter = clearAfter
  }
}

/// One anomaly condition: the detector, and how long its alarm lasts.
struct AnomalyWatch: Sendable {
  let settings: AnomalySettings
  let clearAfter: Duration
  var detector: AnomalyDetector
  /// When a sample was last unusual; means something while the alarm is active.
  var lastUnusual = MonotonicTime.zero
  /// Of the newest alarm.
  var explanation: AnomalyExplanation?
  /// The newest sample raised an alarm.
  var isNews = false

  init(_ condition: AnomalyCondition) {
    settings = condition.settings
    clearAfter = condition.clearAfter
    detector = AnomalyDetector(condition.settings)
  }

  /// - Parameter isActive: the alarm was active before.
  /// - Returns: whether it is now; nil when the sample was none that can be judged.
  mutating func take(_ value: Double, isActive: Bool, now: MonotonicTime, hourOfDay: Int?) -> Bool? {
    isNews = false
    guard let verdict = detector.step(value, at: now, hourOfDay: hourOfDay) else { return nil }
    if verdict.isUnusual || verdict.isAlarm { lastUnusual = now }
    if let alarm = verdict.alarm {
      explanation = alarm
      isNews = true
      return true
    }
    return isActive && now - lastUnusual < clearAfter
  }
}
