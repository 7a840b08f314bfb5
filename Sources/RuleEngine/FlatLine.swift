import Telemetry

/// Finds a reading that stands still: a run of identical readings longer than max(30 samples, 3 times the longest run so
/// far). The longest run is learned, so a value that rests often, such as a setpoint, raises nothing.
struct FlatLine: Hashable, Sendable {
  static let minimumRun = 30
  static let factor = 3

  let atLeast: Duration
  var bits: Int64 = 0
  /// Readings of the run that goes on; 0 before the first and after a gap.
  var run = 0
  var since = MonotonicTime.zero
  /// Among the runs that ended.
  var longest = 0

  init(atLeast: Duration) {
    self.atLeast = atLeast
  }

  /// - Returns: the value stands still.
  mutating func take(_ bits: Int64, at now: MonotonicTime) -> Bool {
    if run > 0, bits == self.bits {
      run += 1
    } else {
      end()
      self.bits = bits
      run = 1
      since = now
    }
    return run > max(Self.minimumRun, Self.factor * longest) && now - since >= atLeast
  }

  /// A reading without a value ends a run.
  mutating func end() {
    longest = max(longest, run)
    run = 0
  }
}
