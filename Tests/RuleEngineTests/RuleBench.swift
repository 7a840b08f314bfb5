import RuleEngine
import Telemetry

/// Two devices with three tags each, and rules on them, driven by seconds and values.
struct RuleBench {
  static let tags = [
    TagDefinition(
      name: "temp", type: .integer, scaling: Scaling(multiplier: 1, offset: 0, decimals: 1) ?? .identity, unit: "°C"),
    TagDefinition(name: "pump", type: .boolean),
    TagDefinition(
      name: "mode", type: .integer,
      names: [ValueName(value: 0, name: "off"), ValueName(value: 1, name: "heat"), ValueName(value: 2, name: "fault")]),
  ]

  static func tag(_ tag: Int, device: Int = 0) -> RuleTag {
    RuleTag(
      TagIndex(device: device, tag: tag), name: "\(device == 0 ? "boiler" : "tank")/\(tags[tag].name)",
      unit: tags[tag].unit, decimals: tag == 0 ? 1 : nil, names: tags[tag].names)
  }

  static let temp = tag(0)
  static let pump = tag(1)
  static let mode = tag(2)
  static let tankTemp = tag(0, device: 1)

  static func above(_ limit: Double, hysteresis: Double = 2, _ tag: RuleTag = temp) -> Condition {
    .compare(tag, .above, limit: limit, hysteresis: hysteresis)
  }

  /// One scan: nil is a bad reading, absent says nothing of the tag.
  struct Step: Sendable {
    var second: Double
    var device = 0
    var temp: Double?
    var pump: Bool?
    var mode: Int64?
    var isAbsent = false

    init(_ second: Double, _ temp: Double?, pump: Bool? = false, mode: Int64? = 0, device: Int = 0) {
      (self.second, self.temp, self.pump, self.mode, self.device) = (second, temp, pump, mode, device)
    }

    static func absent(_ second: Double) -> Step {
      var step = Step(second, nil)
      step.isAbsent = true
      return step
    }

    var scan: DeviceScan {
      let time = Timestamp(milliseconds: Int64(second * 1_000))
      if isAbsent { return DeviceScan(device: device, time: time, readings: [.absent, .absent, .absent]) }
      return DeviceScan(
        device: device, time: time,
        readings: [
          temp.map { $0.isFinite ? Reading(.integer(Int64(($0 * 10).rounded()))) : .bad(.undecodable) }
            ?? .bad(.timeout),
          pump.map { Reading(.boolean($0)) } ?? .bad(.timeout), mode.map { Reading(.integer($0)) } ?? .bad(.timeout),
        ])
    }
  }

  static func time(_ second: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(second * 1e9)) }

  var engine: RuleEngine
  /// `12 raised hot`, in order.
  private(set) var log: [String] = []
  private(set) var messages: [String] = []

  init(_ rules: [AlarmRule], active: Set<String> = []) {
    engine = RuleEngine(rules: rules, activeAlarms: active)
  }

  mutating func run(_ steps: [Step], until end: Double? = nil, minuteOfWeek: Int? = nil) {
    for step in steps {
      // What the gateway does: delays that ran out before the scan come first.
      expire(until: step.second, minuteOfWeek: minuteOfWeek)
      take(
        engine.step(
          scan: step.scan, tags: Self.tags, now: Self.time(step.second), minuteOfWeek: minuteOfWeek), step.second)
    }
    if let end { expire(until: end, minuteOfWeek: minuteOfWeek) }
  }

  mutating func expire(until second: Double, minuteOfWeek: Int? = nil) {
    while let deadline = engine.deadline, deadline <= Self.time(second) {
      let due = Double(deadline.nanoseconds) / 1e9
      take(
        engine.expire(
          now: deadline, time: Timestamp(milliseconds: Int64(due * 1_000)), minuteOfWeek: minuteOfWeek), due)
    }
  }

  private mutating func take(_ events: [AlarmEvent], _ second: Double) {
    for event in events {
      let shown = second == second.rounded() ? "\(Int(second))" : "\(second)"
      log.append("\(shown) \(event.transition.name) \(event.alarm)")
      messages.append(event.message)
    }
  }
}
