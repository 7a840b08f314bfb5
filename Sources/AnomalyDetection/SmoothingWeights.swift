/// The weight of a new sample in each of the detector's means, at one cadence.
///
/// Given for a step; a sample that counts for a part w of one has the weight 1 - (1 - a)^w, so that w samples of a step
/// together weigh what one sample of a whole step weighs.
struct SmoothingWeights: Hashable, Sendable {
  /// The steps a sample counts.
  let steps: Double
  /// Of the deviation from the hour: about three steps.
  let season: Double
  /// Of an hour's own mean and variance, once they have seen 20 steps.
  let hour: Double
  /// Of the variance of the whole stream.
  let variance: Double
  let fast: Double
  let slow: Double

  init(stepsPerSample: Double) {
    steps = stepsPerSample
    season = Self.weight(0.3, stepsPerSample)
    hour = Self.weight(0.05, stepsPerSample)
    variance = Self.weight(0.002, stepsPerSample)
    fast = Self.weight(0.1, stepsPerSample)
    slow = Self.weight(0.003, stepsPerSample)
  }

  /// 1 - (1 - a)^part, for a part above 0 and at most 1.
  ///
  /// By square roots, one for each binary digit of the part: pure targets have no library of powers, and square roots are
  /// exact to the last bit on every machine.
  static func weight(_ a: Double, _ part: Double) -> Double {
    guard part < 1 else { return a }
    var root = 1 - a
    var power = 1.0
    var rest = part
    for _ in 0..<48 {
      root = root.squareRoot()
      rest *= 2
      if rest >= 1 {
        power *= root
        rest -= 1
      }
    }
    return 1 - power
  }
}
