import Telemetry

/// How often samples come, and for how many steps one counts.
///
/// A step is a sample on streams at the reference cadence or slower; on faster ones a sample counts for its part of the
/// reference interval. The cadence is the stream's own, as it is seen: one late or early sample changes nothing, eight in
/// a row that all came later (or all earlier) by more than a quarter do. So a file of one cadence is counted in whole
/// samples, gaps and all, and a tag that is watched more closely for a while is not taken for one whose time runs faster.
struct SampleCadence: Sendable {
  /// Intervals in a row that must disagree before they are believed.
  static let agreement: Int8 = 8
  private static let reference = Double(AnomalySettings.referenceInterval.wholeNanoseconds)

  /// Nanoseconds between samples; 0 while there was only one.
  private(set) var interval: Int64 = 0
  /// Of the intervals that disagree, the one nearest to `interval`.
  private(set) var candidate: Int64 = 0
  /// How many disagreed in a row: positive when they were longer, negative when shorter.
  private(set) var streak: Int8 = 0
  /// Time of the newest sample, in nanoseconds; nil before the first.
  private(set) var last: Int64?
  /// What a sample counts: above 0, at most 1.
  private(set) var stepsPerSample = 1.0

  init() {}

  /// Nil when the numbers cannot be those of a cadence.
  init?(interval: Int64, candidate: Int64, streak: Int8, last: Int64?, stepsPerSample: Double) {
    guard (0...Self.longest).contains(interval), candidate >= 0, streak.magnitude < Self.agreement, stepsPerSample > 0,
      stepsPerSample <= 1
    else { return nil }
    self.interval = interval
    self.candidate = candidate
    self.streak = streak
    self.last = last
    self.stepsPerSample = stepsPerSample
  }

  /// Takes the time of a sample; says how long, in seconds, the time since the one before counts as watched: a gap counts
  /// as four intervals at most, a step back as none.
  mutating func take(_ time: Int64) -> Double {
    guard let before = last else {
      last = time
      return 0
    }
    last = time
    let (passed, overflow) = time.subtractingReportingOverflow(before)
    guard !overflow, passed > 0 else { return 0 }
    follow(passed)
    return Double(min(passed, 4 * interval)) / 1e9
  }

  private mutating func follow(_ passed: Int64) {
    guard interval > 0 else {
      interval = min(passed, Self.longest)
      return settle()
    }
    if passed > interval + interval / 4 {
      candidate = streak > 0 ? min(candidate, passed) : passed
      streak = max(streak, 0) + 1
    } else if passed < interval - interval / 4 {
      candidate = streak < 0 ? max(candidate, passed) : passed
      streak = min(streak, 0) - 1
    } else {
      streak = 0
      // Within a quarter it follows slowly, so that one odd first interval does not stay.
      interval += (passed - interval) / 64
      return settle()
    }
    guard streak.magnitude == UInt8(Self.agreement) else { return }
    interval = min(candidate, Self.longest)
    streak = 0
    settle()
  }

  /// The weights of all means depend on `stepsPerSample`, so it moves only when it is off by more than a fiftieth. From
  /// nine tenths of the reference interval on a sample is a step.
  private mutating func settle() {
    let part = Double(interval) / Self.reference
    let now = part >= 0.9 ? 1 : part
    if (now - stepsPerSample).magnitude > stepsPerSample / 50 { stepsPerSample = now }
  }

  /// A year, so that four of them can be multiplied.
  private static let longest: Int64 = 31_536_000_000_000_000
}
