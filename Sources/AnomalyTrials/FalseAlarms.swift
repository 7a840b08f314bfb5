public import AnomalyDetection

/// False alarms on one kind of stream, over many seeds.
public struct FalseAlarms: Sendable {
  /// Alarms per 10,000 steps in steps 750 to 5,000. A step is a sample at the reference cadence.
  public let early: Double
  /// Alarms per 10,000 steps after step 5,000.
  public let late: Double

  /// - Parameters:
  ///   - interval: between samples; the reference interval or a whole part of it.
  ///   - steps: of each stream, more than 5,000.
  public init(
    _ stream: SyntheticStream, seeds: Range<UInt64>, settings: AnomalySettings = AnomalySettings(),
    interval: Duration = AnomalySettings.referenceInterval, steps: Int = 20_000
  ) {
    let samplesPerStep = Int((AnomalySettings.referenceInterval / interval).rounded())
    let (count, perDay) = (steps * samplesPerStep, 288 * samplesPerStep)
    var early = 0
    var late = 0
    for seed in seeds {
      var trial = AnomalyTrial(settings, interval: interval)
      for row in trial.alarms(in: stream.values(count: count, seed: seed, samplesPerDay: perDay)) {
        switch row / samplesPerStep {
        case 750..<5_000: early += 1
        case 5_000...: late += 1
        default: break
        }
      }
    }
    self.early = Double(early * 10_000) / Double(4_250 * seeds.count)
    self.late = Double(late * 10_000) / Double((steps - 5_000) * seeds.count)
  }

  /// How many alarms per 10,000 steps are allowed after step 5,000.
  public static func bar(for stream: SyntheticStream) -> Double {
    switch stream {
    case .studentT3, .randomWalk: 7
    default: 4
    }
  }
}
