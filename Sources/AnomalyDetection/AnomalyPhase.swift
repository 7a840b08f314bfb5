/// How much a detector knows. Times are those of a stream at the reference cadence or faster.
public enum AnomalyPhase: UInt8, Hashable, Comparable, Sendable, CaseIterable {
  /// No scores yet.
  case warmUp
  /// Scores, but no alarms: ``AnomalySettings/learning`` is not over.
  case learning
  /// Alarms, of which two to three times as many are false as later (until ``AnomalySettings/settledSteps``).
  case settling
  case settled

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
