public import AnomalyDetection
import Telemetry

/// Feeds a detector with a stream at one cadence, as a gateway does.
public struct AnomalyTrial: Sendable {
  public private(set) var detector: AnomalyDetector
  public let interval: Duration
  private var row = 0

  public init(_ settings: AnomalySettings = AnomalySettings(), interval: Duration = AnomalySettings.referenceInterval) {
    detector = AnomalyDetector(settings)
    self.interval = interval
  }

  public mutating func step(_ value: Double) -> AnomalyVerdict? {
    let time = Int64(row) * interval.wholeNanoseconds
    row += 1
    let hour = Int(time / 3_600_000_000_000 % 24)
    return detector.step(value, at: MonotonicTime(nanoseconds: time), hourOfDay: hour)
  }

  /// Rows that raised an alarm.
  public mutating func alarms(in values: some Sequence<Double>) -> [Int] {
    var rows: [Int] = []
    for (index, value) in values.enumerated() where step(value)?.isAlarm == true { rows.append(index) }
    return rows
  }

  /// Whether an alarm is raised in time when a fault begins with the next sample; the trial itself goes on without it.
  ///
  /// - Parameter rest: what the stream would have been.
  public func finds(_ fault: PlantedFault, in rest: ArraySlice<Double>, sigma: Double) -> Bool {
    var trial = self
    let first = rest.first ?? 0
    for (index, value) in rest.prefix(fault.window).enumerated() {
      let faulty = fault.apply(to: value, at: index, first: first, sigma: sigma)
      if trial.step(faulty)?.isAlarm == true { return true }
    }
    return false
  }
}
