public import Telemetry

/// Judges every reading against the rules of its tag and tells what changed.
///
/// Pure and bounded: its state is one small monitor a rule. The caller supplies both clocks: the monotonic one drives
/// delays, the wall clock only stamps events.
public struct RuleEngine: Sendable {
  private var monitors: [ThresholdMonitor]
  /// Monitors by device, then by tag, so that a scan touches only the rules of its device.
  private var byDevice: [Int: [Int]]

  /// - Parameter activeAlarms: names of the alarms that were active when the state was last saved.
  public init(rules: [ThresholdRule], activeAlarms: Set<String> = []) {
    self.init(monitors: rules.map { ThresholdMonitor(rule: $0, isActive: activeAlarms.contains($0.name)) })
  }

  private init(monitors: [ThresholdMonitor]) {
    self.monitors = monitors
    byDevice = [:]
    for (index, monitor) in monitors.enumerated() { byDevice[monitor.rule.tag.device, default: []].append(index) }
  }

  /// Goes on with other rules: one that is the same as before, on a tag that is the same, keeps all of its state. One that
  /// only has a name in common with an earlier one keeps whether its alarm is active, as over a restart.
  ///
  /// - Parameter place: where a tag of before stands in the new catalogue; nil when it is gone or means something else.
  public func continued(with rules: [ThresholdRule], place: (TagIndex) -> TagIndex?) -> RuleEngine {
    let before = Dictionary(monitors.map { ($0.rule.name, $0) }) { first, _ in first }
    return RuleEngine(
      monitors: rules.map { rule in
        guard let old = before[rule.name] else { return ThresholdMonitor(rule: rule) }
        var same = old.rule
        if let moved = place(old.rule.tag) { same.tag = moved }
        guard same == rule, place(old.rule.tag) != nil else {
          return ThresholdMonitor(rule: rule, isActive: old.state == .active)
        }
        return ThresholdMonitor(rule: rule, continuing: old)
      })
  }

  public var activeAlarms: Set<String> { Set(monitors.lazy.filter { $0.state == .active }.map(\.rule.name)) }

  /// One entry a rule, in the order of the configuration.
  public var states: [ThresholdMonitor] { monitors }

  /// When the next on-delay runs out; nil when none runs.
  public var deadline: MonotonicTime? { monitors.lazy.compactMap(\.deadline).min() }

  /// Takes a scan with the definitions of its device's tags.
  public mutating func step(
    scan: DeviceScan, tags: [TagDefinition], now: MonotonicTime
  ) -> [AlarmEvent] {
    guard let indices = byDevice[scan.device] else { return [] }
    var events: [AlarmEvent] = []
    for index in indices {
      let tag = monitors[index].rule.tag.tag
      let reading = scan.readings[tag]
      // What grew old says nothing about now.
      let value = reading.quality.reason == .stale ? nil : reading.engineeringValue(tags[tag])
      if let change = monitors[index].step(value: value, now: now) {
        events.append(event(monitors[index], change, time: scan.time))
      }
    }
    return events
  }

  /// Raises the alarms whose on-delay ran out without another scan.
  public mutating func expire(now: MonotonicTime, time: Timestamp) -> [AlarmEvent] {
    var events: [AlarmEvent] = []
    for index in monitors.indices {
      if let change = monitors[index].expire(now: now) { events.append(event(monitors[index], change, time: time)) }
    }
    return events
  }

  private func event(_ monitor: ThresholdMonitor, _ change: ThresholdMonitor.Change, time: Timestamp) -> AlarmEvent {
    AlarmEvent(
      time: time, alarm: monitor.rule.name, tag: monitor.rule.tagName,
      transition: change == .raised ? .raised : .cleared, severity: monitor.rule.severity, value: monitor.lastValue,
      message: AlarmText.message(monitor.rule, change, value: monitor.lastValue))
  }
}

/// The sentence of an alarm event.
enum AlarmText {
  static func message(_ rule: ThresholdRule, _ change: ThresholdMonitor.Change, value: Double?) -> String {
    let shown = value.map { quantity($0, rule.unit) } ?? "unknown"
    let limit = quantity(rule.limit, rule.unit)
    switch change {
    case .raised:
      let delay = rule.onDelay > .zero ? " for \(seconds(rule.onDelay))" : ""
      return "\(rule.tagName) is \(shown), \(rule.comparison.rawValue) \(limit)\(delay)"
    case .cleared:
      return "\(rule.tagName) is back at \(shown) (limit \(limit), hysteresis \(quantity(rule.hysteresis, rule.unit)))"
    }
  }

  /// `71.3 °C`; whole numbers without a point.
  static func quantity(_ value: Double, _ unit: String) -> String {
    let whole = value == value.rounded() && value.magnitude < 1e15
    let number = whole ? String(Int64(value)) : value.description
    return unit.isEmpty ? number : "\(number) \(unit)"
  }

  static func seconds(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000) s" : "\(Double(milliseconds) / 1_000) s"
  }
}
