public import Telemetry

/// Report by exception for one device: which tags of a scan have something to tell.
///
/// A tag without a deadband is reported at every scan. One with a deadband is reported when it is the first reading
/// after ``reset()``, when its quality changed, when its value is farther from the one reported last than the deadband,
/// or when its heartbeat is over. What was not told, because the broker did not take it, stays due: only ``reported``
/// moves the value that the next one is compared with.
public struct ReportFilter: Sendable {
  public struct Rule: Hashable, Sendable {
    /// Nil: every scan.
    public var deadband: Deadband?
    /// With a deadband: the longest time without a report, as long as scans come.
    public var heartbeat: Duration

    public init(deadband: Deadband? = nil, heartbeat: Duration = .seconds(300)) {
      self.deadband = deadband
      self.heartbeat = heartbeat
    }
  }

  private struct Report: Sendable {
    var reading: Reading
    var time: MonotonicTime
  }

  private let rules: [Rule]
  private let hasExceptions: Bool
  private var reports: [Report?]

  /// - Parameter rules: one a tag, in catalogue order.
  public init(rules: [Rule]) {
    self.rules = rules
    hasExceptions = rules.contains { $0.deadband != nil }
    reports = hasExceptions ? Array(repeating: nil, count: rules.count) : []
  }

  /// Indices of the tags to report, in order; absent readings never are.
  ///
  /// - Parameter readings: as many as `tags`.
  public func due(_ readings: [Reading], tags: [TagDefinition], now: MonotonicTime) -> [Int] {
    readings.indices.filter { isDue($0, readings[$0], tags[$0], now) }
  }

  public func hasDue(_ readings: [Reading], tags: [TagDefinition], now: MonotonicTime) -> Bool {
    readings.indices.contains { isDue($0, readings[$0], tags[$0], now) }
  }

  private func isDue(_ tag: Int, _ reading: Reading, _ definition: TagDefinition, _ now: MonotonicTime) -> Bool {
    guard reading.quality.level != .absent else { return false }
    guard let deadband = rules[tag].deadband, let last = reports[tag] else { return true }
    if reading.quality != last.reading.quality || now - last.time >= rules[tag].heartbeat { return true }
    guard reading.bits != last.reading.bits else { return false }
    guard let value = reading.engineeringValue(definition), let reported = last.reading.engineeringValue(definition)
    else { return true }
    return deadband.isExceeded(from: reported, to: value)
  }

  /// A reading was told to the broker.
  public mutating func reported(_ tag: Int, _ reading: Reading, now: MonotonicTime) {
    guard hasExceptions, reading.quality.level != .absent else { return }
    reports[tag] = Report(reading: reading, time: now)
  }

  /// The connection is new: nothing counts as told.
  public mutating func reset() {
    for index in reports.indices { reports[index] = nil }
  }
}
