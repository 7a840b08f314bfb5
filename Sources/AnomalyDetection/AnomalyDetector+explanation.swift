extension AnomalyDetector {
  func explanation(
    of cause: AnomalyCause, score: Double, value: Double, _ findings: Findings
  ) -> AnomalyExplanation {
    let base = origin ?? 0
    switch cause {
    case .value:
      let found = findings.value
      return AnomalyExplanation(
        value: value, score: score, context: .value, signal: value, nearestKnown: found.nearest + base,
        usualLow: found.low + base, usualHigh: found.high + base)
    case .season:
      let found = findings.season
      return AnomalyExplanation(
        value: value, score: score,
        context: .season(
          hour: findings.usual.hour, mean: findings.usual.mean + base, spread: findings.usual.variance.squareRoot()),
        signal: deviation, nearestKnown: found.nearest, usualLow: found.low, usualHigh: found.high)
    case .shift:
      let found = findings.shift
      return AnomalyExplanation(
        value: value, score: score,
        context: .shift(recent: means.fast + base, longTerm: means.slow + base), signal: means.shift,
        nearestKnown: found.nearest, usualLow: found.low, usualHigh: found.high)
    case .flat:
      return AnomalyExplanation(
        value: value, score: score, context: .flat(seconds: run.seconds, longestBefore: run.longestSeconds),
        signal: run.steps, nearestKnown: run.longestSteps, usualLow: 0, usualHigh: run.longestSteps)
    }
  }

  /// Takes a technician's answer "this is normal" to an alarm: what was judged becomes known, and alarms are no longer
  /// held off.
  public mutating func learn(_ alarm: AnomalyExplanation) {
    switch alarm.context {
    case .value: known.learn(alarm.signal - (origin ?? alarm.signal))
    case .season: knownDeviations.learn(alarm.signal)
    case .shift: knownShifts.learn(alarm.signal)
    case .flat(let seconds, _): run.learn(steps: alarm.signal, seconds: seconds)
    }
    gate = AlarmGate()
  }

  /// Makes a value known that no alarm of this detector told of; see ``learn(_:)``. Nothing happens when it is no number or
  /// beyond ``greatestMagnitude``, or when there was no sample yet.
  public mutating func learn(value: Double) {
    guard value.magnitude <= Self.greatestMagnitude, let origin else { return }
    known.learn(value - origin)
    gate = AlarmGate()
  }
}
