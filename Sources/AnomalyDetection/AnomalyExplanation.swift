/// Why an alarm was raised: what a technician needs to judge it, and what ``AnomalyDetector/learn(_:)`` needs to learn it.
public struct AnomalyExplanation: Hashable, Sendable {
  /// What belongs to one cause only.
  public enum Context: Hashable, Sendable {
    case value
    /// `hour`: 0 to 23, as it was handed in. `mean` and `spread` (one standard deviation): of that hour, in the tag's unit.
    case season(hour: Int, mean: Double, spread: Double)
    /// Means over about the last 50 minutes and the last 28 hours (10 and 333 samples on slow streams), in the tag's unit.
    case shift(recent: Double, longTerm: Double)
    /// Seconds that the reading has not changed, and the longest such time before; gaps count as one interval each.
    case flat(seconds: Double, longestBefore: Double)
  }

  /// What the sample was, in the tag's unit.
  public var value: Double
  public var score: Double
  public var context: Context
  /// What was judged: the value; for `season` the deviation in standard deviations, smoothed; for `shift` the recent mean
  /// less the long-term one, in the tag's unit; for `flat` steps without a change.
  public var signal: Double
  /// The known value of the signal that is nearest to ``signal``; for `flat` the longest run so far, in steps.
  public var nearestKnown: Double
  /// Lowest and highest value of the signal before this sample; for `flat` 0 and the longest run.
  public var usualLow: Double
  public var usualHigh: Double

  public init(
    value: Double, score: Double, context: Context, signal: Double, nearestKnown: Double, usualLow: Double,
    usualHigh: Double
  ) {
    self.value = value
    self.score = score
    self.context = context
    self.signal = signal
    self.nearestKnown = nearestKnown
    self.usualLow = usualLow
    self.usualHigh = usualHigh
  }

  public var cause: AnomalyCause {
    switch context {
    case .value: .value
    case .season: .season
    case .shift: .shift
    case .flat: .flat
    }
  }
}
