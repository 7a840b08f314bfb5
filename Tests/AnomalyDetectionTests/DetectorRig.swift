import AnomalyDetection
import AnomalyTrials
import Telemetry

/// A detector and the clock of its stream.
struct DetectorRig {
  var detector: AnomalyDetector
  /// Of the stream, in seconds; the hour of the day follows it unless it is frozen.
  var time = 0.0
  var interval: Double
  var hasClock = true

  init(_ settings: AnomalySettings = AnomalySettings(), interval: Double = 300) {
    detector = AnomalyDetector(settings)
    self.interval = interval
  }

  @discardableResult
  mutating func step(_ value: Double) -> AnomalyVerdict? {
    defer { time += interval }
    let hour = hasClock ? Int(time / 3_600) % 24 : nil
    return detector.step(value, at: MonotonicTime(nanoseconds: Int64(time * 1e9)), hourOfDay: hour)
  }

  @discardableResult
  mutating func feed(_ values: some Sequence<Double>) -> [AnomalyVerdict] { values.compactMap { step($0) } }

  /// Has learnt white noise around 100 for a week, with no alarm in the last ten hours.
  static func settledOnNoise(seed: UInt64 = 1, count: Int = 2_100) -> Self {
    var rig = Self()
    let verdicts = rig.feed(SyntheticStream.whiteNoise.values(count: count, seed: seed))
    precondition(!verdicts.suffix(120).contains(where: \.isAlarm), "take another seed")
    return rig
  }
}
