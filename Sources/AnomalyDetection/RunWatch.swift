import Telemetry

/// Watches for a reading that does not change: a stuck sensor gives values that are all known, so nothing else sees it.
struct RunWatch: Hashable, Sendable {
  /// Shorter runs are nothing.
  static let leastSteps = 30.0
  /// How many times the longest run so far a run must be.
  static let factor = 3.0

  private(set) var value = 0.0
  private(set) var steps = 0.0
  private(set) var seconds = 0.0
  private(set) var longestSteps = 0.0
  private(set) var longestSeconds = 0.0
  /// This run has been reported, or was passed over while learning.
  private(set) var isReported = false

  private var limit: Double { max(Self.leastSteps, Self.factor * longestSteps) }
  /// Above 1 the run is unusual.
  private var part: Double { steps / limit }

  /// The run's score on the scale of the other signals: ``AnomalyVerdict/threshold`` or more when it is too long.
  var score: Double { part > 1 ? part * AnomalyVerdict.threshold : 0 }
  var isDue: Bool { part > 1 && !isReported }

  /// - Parameter watched: seconds since the sample before.
  mutating func take(_ next: Double, steps counted: Double, watched: Double) {
    if steps > 0, next == value {
      steps += counted
      seconds += watched
      return
    }
    longestSteps = max(longestSteps, steps)
    longestSeconds = max(longestSeconds, seconds)
    value = next
    steps = counted
    seconds = 0
    isReported = false
  }

  mutating func report() { isReported = true }

  /// Runs as long as this one are usual.
  mutating func learn(steps known: Double, seconds knownSeconds: Double) {
    longestSteps = max(longestSteps, known)
    longestSeconds = max(longestSeconds, knownSeconds)
  }

  func save(to writer: inout StateWriter) {
    for number in [value, steps, seconds, longestSteps, longestSeconds] { writer.put(number) }
    writer.put(UInt8(isReported ? 1 : 0))
  }

  mutating func restore(from reader: inout AnomalyStateReader) throws(AnomalyStateError) {
    value = try reader.double()
    steps = try reader.double()
    seconds = try reader.double()
    longestSteps = try reader.double()
    longestSeconds = try reader.double()
    isReported = try reader.uint8() != 0
    for number in [steps, seconds, longestSteps, longestSeconds] {
      guard number.isFinite, number >= 0 else { throw .inconsistent }
    }
    guard value.isFinite else { throw .inconsistent }
  }
}
