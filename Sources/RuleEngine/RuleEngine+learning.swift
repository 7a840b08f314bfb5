import AnomalyDetection
import Telemetry

/// What people tell the detectors, and what detectors tell people.
extension RuleEngine {
  /// "This is normal": the detectors of an alarm learn what they last found unusual.
  ///
  /// - Parameter value: of the alarm's event, for a detector that has forgotten over a restart what it found.
  /// - Returns: false when the alarm is none of an anomaly, or there is nothing to learn.
  public mutating func learn(_ alarm: String, value: Double?) -> Bool {
    guard let rule = rules.firstIndex(where: { $0.name == alarm }) else { return false }
    var hasLearned = false
    for leaf in program.places[rule].leaves {
      guard case .anomaly(let watch) = leaves[leaf].kind else { continue }
      if let explanation = anomalies[watch].explanation {
        anomalies[watch].detector.learn(explanation)
      } else if let value {
        anomalies[watch].detector.learn(value: value)
      } else {
        continue
      }
      anomalies[watch].explanation = nil
      // It clears with the next sample that raises nothing anew.
      leaves[leaf].isLatched = false
      hasLearned = true
    }
    return hasLearned
  }

  /// How much the detector of a rule knows; nil when it has none.
  public func learning(_ rule: Int) -> RuleLearning? {
    for leaf in program.places[rule].leaves {
      if case .anomaly(let watch) = leaves[leaf].kind { return RuleLearning(anomalies[watch].detector) }
    }
    return nil
  }
}

/// How far an anomaly rule has come.
public struct RuleLearning: Hashable, Sendable {
  /// `warm-up`: no scores; `learning`: no alarms; `settling`: more false alarms than later; `settled`.
  public var phase: String
  /// The part of the learning time that is over, 0 to 1.
  public var progress: Double

  init(_ detector: AnomalyDetector) {
    progress = detector.progress
    switch detector.phase {
    case .warmUp: phase = "warm-up"
    case .learning: phase = "learning"
    case .settling: phase = "settling"
    case .settled: phase = "settled"
    }
  }
}
