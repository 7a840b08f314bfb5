public import Telemetry

/// Finds unusual samples in the stream of one tag, without a model, a look ahead or a setting that fits the tag.
///
/// Each of three signals (the value, its deviation from the hour of the day, the shift of its recent mean) is compared
/// with what is known of it; a fourth rule watches for readings that do not change. docs/anomalies.md tells the recipe and
/// what it reaches. A detector is a value of fixed size: a sample allocates nothing and costs a bounded number of steps.
public struct AnomalyDetector: Sendable {
  /// Greater magnitudes are no readings, and their squares would not fit.
  public static let greatestMagnitude = 1e18
  /// Bound of a deviation: far beyond what is unusual, and within what single precision can hold.
  static let greatestDeviation = 1e12

  private var settings: AnomalySettings
  private var holdOff: Double
  private var learning: Double
  /// Units of the visit stamps.
  private var forgetting: UInt16?
  private var weights = SmoothingWeights(stepsPerSample: 1)

  /// The first value, from which all others are counted: single precision then suffices for meters with long numbers.
  var origin: Double?
  /// Samples so far, at the reference cadence; fast ones count in parts.
  var steps = 0.0
  /// The same of the season signal, which stands still while the hour of the day is not known.
  var seasonSteps = 0.0
  /// The smoothed deviation from the hour of the day.
  var deviation = 0.0
  var cadence = SampleCadence()
  var means = StreamMeans()
  var hours = HourProfile()
  var run = RunWatch()
  var gate = AlarmGate()
  var known = NoveltySet(capacity: 32, width: 0.04)
  var knownDeviations = NoveltySet(capacity: 16, width: 0.08)
  var knownShifts = NoveltySet(capacity: 16, width: 0.20)

  /// - Parameter settings: must be valid (``AnomalySettings/isValid``).
  public init(_ settings: AnomalySettings = AnomalySettings()) {
    precondition(settings.isValid, "the caller checks the settings, and names the place of a wrong one")
    self.settings = settings
    holdOff = AnomalySettings.steps(settings.holdOff)
    learning = AnomalySettings.steps(settings.learning)
    forgetting = settings.forgetting.map {
      UInt16((AnomalySettings.steps($0) / NoveltySet.stepsPerUnit).rounded(.up))
    }
  }

  public var phase: AnomalyPhase {
    if steps < Double(AnomalySettings.warmUpSteps) { return .warmUp }
    if steps < learning { return .learning }
    return steps < Double(AnomalySettings.settledSteps) ? .settling : .settled
  }

  /// The part of the learning time that is over, 0 to 1.
  public var progress: Double {
    min(1, steps / max(learning, Double(AnomalySettings.warmUpSteps)))
  }

  /// Takes a sample of good quality. Samples of bad quality are never handed in: a detector would learn them.
  ///
  /// - Parameters:
  ///   - value: in the tag's unit.
  ///   - time: of a clock that is not set: it says how often samples come. In a replay, the time of the row.
  ///   - hourOfDay: 0 to 23 in the site's time; nil when no trusted clock tells it (the season signal then stands still).
  /// - Returns: nil for what is no number or beyond ``greatestMagnitude``; the detector is as before.
  public mutating func step(_ value: Double, at time: MonotonicTime, hourOfDay: Int?) -> AnomalyVerdict? {
    precondition(hourOfDay.map((0..<24).contains) ?? true, "hours of a day are 0 to 23")
    guard value.magnitude <= Self.greatestMagnitude else { return nil }
    if origin == nil { origin = value }
    let offset = value - (origin ?? 0)
    let watched = cadence.take(time.nanoseconds)
    if cadence.stepsPerSample != weights.steps { weights = SmoothingWeights(stepsPerSample: cadence.stepsPerSample) }

    let phase = phase
    run.take(value, steps: weights.steps, watched: watched)
    let ofValue = known.take(offset, steps: steps, isWarm: phase > .warmUp, forgetting: forgetting)
    let (ofSeason, usual) = takeSeason(offset, hourOfDay)
    means.take(offset, steps: steps, weights)
    let ofShift = knownShifts.take(means.shift, steps: steps, isWarm: phase > .warmUp, forgetting: forgetting)

    var verdict = AnomalyVerdict(score: 0, cause: nil, phase: phase, alarm: nil)
    if phase > .warmUp {
      verdict = judge(Findings(value: ofValue, season: ofSeason, shift: ofShift, usual: usual), value, phase)
    }
    steps += weights.steps
    return verdict
  }

  /// What the signals said of one sample.
  struct Findings {
    var value: NoveltySet.Finding
    var season: NoveltySet.Finding
    var shift: NoveltySet.Finding
    /// What is usual in the hour.
    var usual: Usual
  }

  /// An hour of the day before the sample.
  struct Usual {
    var hour: Int
    /// Relative to ``origin``.
    var mean: Double
    /// With what keeps a quiet hour from making everything unusual.
    var variance: Double

    /// How far a value is from the mean, in standard deviations.
    func deviation(of value: Double) -> Double {
      guard variance > 0 else { return 0 }
      let deviation = (value - mean) / variance.squareRoot()
      return min(max(deviation, -AnomalyDetector.greatestDeviation), AnomalyDetector.greatestDeviation)
    }
  }

  private mutating func takeSeason(_ offset: Double, _ hour: Int?) -> (NoveltySet.Finding, Usual) {
    guard let hour else { return (.nothing, Usual(hour: 0, mean: 0, variance: 0)) }
    let isWarm = seasonSteps >= Double(AnomalySettings.warmUpSteps)
    let before = hours.take(offset, hour: hour, weights)
    let usual = Usual(hour: hour, mean: before.mean, variance: Double(before.variance) + 0.05 * means.variance)
    let now = before.steps >= HourProfile.leastSteps ? usual.deviation(of: offset) : 0
    deviation += weights.season * (now - deviation)
    var finding = knownDeviations.take(deviation, steps: seasonSteps, isWarm: isWarm, forgetting: forgetting)
    if !isWarm { finding.score = 0 }
    seasonSteps += weights.steps
    return (finding, usual)
  }

  private mutating func judge(_ findings: Findings, _ value: Double, _ phase: AnomalyPhase) -> AnomalyVerdict {
    var cause = AnomalyCause.value
    var score = findings.value.score
    if findings.season.score > score { (cause, score) = (.season, findings.season.score) }
    if findings.shift.score > score { (cause, score) = (.shift, findings.shift.score) }
    let isRaised = gate.take(score: score, steps: steps, holdOff: holdOff)
    // A run is reported once and takes no part in the hold-off: neither hides the other.
    let isFlat = !isRaised && run.isDue
    if isFlat { run.report() }
    if isFlat || run.score > score && !isRaised { (cause, score) = (.flat, run.score) }
    var verdict = AnomalyVerdict(score: score, cause: score > 0 ? cause : nil, phase: phase, alarm: nil)
    if phase > .learning, isRaised || isFlat {
      verdict.alarm = explanation(of: cause, score: score, value: value, findings)
    }
    return verdict
  }
}
