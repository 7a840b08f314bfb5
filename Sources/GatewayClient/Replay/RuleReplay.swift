import GatewayConfiguration
import RuleEngine
import Telemetry

/// The rules of a configuration over the recorded values of one tag: the engine that the daemon runs, with the rows' own time
/// as its clock.
struct RuleReplay {
  /// What became of one row.
  struct Result: Equatable {
    /// An anomaly alarm was raised, perhaps once more.
    var isAnomaly = false
    var events: [AlarmEvent] = []
  }

  struct Mistake: Error, CustomStringConvertible {
    var description: String
  }

  /// The rules that watch the tag.
  let rules: [AlarmRule]
  let tag: RuleTag
  private var engine: RuleEngine
  private let device: DeviceDefinition
  private let anomalyRules: Set<String>
  private var start: Timestamp?
  private var now = RuleReplay.begin
  private(set) var counts: [String: Int] = [:]
  private(set) var rows = 0
  private(set) var badRows = 0
  /// Rows whose time is before that of the row before; they are taken at its time.
  private(set) var rowsBackInTime = 0
  private(set) var firstTime: Timestamp?
  private(set) var lastTime: Timestamp?

  /// A day, so that nothing is younger than the engine.
  private static let begin = MonotonicTime(nanoseconds: 86_400_000_000_000)

  init(_ settings: GatewaySettings, tag name: String) throws(Mistake) {
    let devices = settings.catalogue.devices
    var found: TagIndex?
    for (device, definition) in devices.enumerated() {
      for (place, tag) in definition.tags.enumerated() where "\(definition.name)/\(tag.name)" == name {
        found = TagIndex(device: device, tag: place)
      }
    }
    guard let found else {
      let names = devices.flatMap { device in device.tags.map { "\(device.name)/\($0.name)" } }
      let hint = EditDistance.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
      throw Mistake(
        description:
          "the configuration has no tag '\(name)'; \(hint ?? "its tags: \(names.prefix(12).joined(separator: ", "))")")
    }
    rules = settings.rules.filter { rule in
      rule.tags.contains { $0.index == found }
    }
    guard let first = rules.first else {
      throw Mistake(
        description: "no rule of the configuration watches '\(name)'; add one, for example: "
          + "{ name: odd, tag: \(name), anomaly: {} }")
    }
    tag = first.tags.first { $0.index == found } ?? RuleTag(found, name: name)
    engine = RuleEngine(rules: rules, start: Self.begin)
    // The file's values are in the tag's unit already, whatever its registers hold.
    var device = devices[found.device]
    device.tags[found.tag].type = .float64
    device.tags[found.tag].scaling = .identity
    self.device = device
    anomalyRules = Set(rules.filter { $0.condition.hasAnomaly }.map(\.name))
  }

  /// Tags that the rules look at and the file has no values of: conditions on them stay unknown.
  var missingTags: [String] {
    var names: [String] = []
    for rule in rules {
      for other in rule.tags
      where other.index != tag.index && !names.contains(other.name) {
        names.append(other.name)
      }
    }
    return names
  }

  /// - Parameter value: nil is a reading without a value.
  mutating func take(_ time: ReplayTime, _ value: Double?) -> Result {
    take(time, value.map { Reading(.float64($0)) } ?? .bad(.sensorFault))
  }

  /// - Parameter reading: a `float64` in the tag's unit, as good as it was.
  mutating func take(_ time: ReplayTime, _ reading: Reading) -> Result {
    rows += 1
    firstTime = firstTime ?? time.time
    let start = self.start ?? time.time
    self.start = start
    var reached = Self.begin + (time.time - start)
    if reached < now {
      rowsBackInTime += 1
      reached = now
    }
    lastTime = max(lastTime ?? time.time, time.time)
    var result = Result()
    while let due = engine.deadline, due <= reached {
      let stamp = start + (due - Self.begin)
      add(engine.expire(now: due, time: stamp, minuteOfWeek: time.minuteOfWeek), to: &result)
    }
    now = reached
    var readings = [Reading](repeating: .absent, count: device.tags.count)
    let isNumber = reading.engineeringValue(device.tags[tag.index.tag])?.isFinite ?? false
    if !isNumber { badRows += 1 }
    readings[tag.index.tag] = reading.quality.hasValue && !isNumber ? .bad(.undecodable) : reading
    let scan = DeviceScan(device: tag.index.device, time: time.time, readings: readings)
    add(engine.step(scan: scan, tags: device.tags, now: now, minuteOfWeek: time.minuteOfWeek), to: &result)
    return result
  }

  private mutating func add(_ events: [AlarmEvent], to result: inout Result) {
    for event in events {
      if event.transition == .raised || event.transition == .raisedAgain {
        counts[event.alarm, default: 0] += 1
        if anomalyRules.contains(event.alarm) { result.isAnomaly = true }
      }
      result.events.append(event)
    }
  }

  /// How far the detectors have come, by rule.
  var learning: [(rule: String, state: RuleLearning)] {
    rules.indices.compactMap { index in engine.learning(index).map { (rules[index].name, $0) } }
  }
}

extension Condition {
  fileprivate var hasAnomaly: Bool {
    switch self {
    case .anomaly: true
    case .all(let parts), .any(let parts): parts.contains { $0.hasAnomaly }
    case .not(let part): part.hasAnomaly
    default: false
    }
  }
}
