import AnomalyDetection
import RuleEngine
import Telemetry

/// Samples of each second through the rule engine, as the daemon feeds it, timed and counted.
enum RuleLoad: String, CaseIterable {
  /// Only reads the samples out of their scans: what the others are compared with.
  case trivialLoop = "trivial_loop"
  case threshold = "threshold_rule"
  case tenThresholds = "ten_threshold_rules"
  case anomaly = "anomaly_rule"

  /// One device with one tag.
  private static let tags = [TagDefinition(name: "temp", type: .float64, unit: "°C")]

  private var rules: [AlarmRule] {
    switch self {
    case .trivialLoop: []
    case .threshold: [Self.threshold("hot", TagIndex(device: 0, tag: 0), limit: 85)]
    case .tenThresholds:
      (0..<10).map { Self.threshold("hot_\($0)", TagIndex(device: 0, tag: 0), limit: 85 + Double($0)) }
    case .anomaly: [Self.anomaly("odd", TagIndex(device: 0, tag: 0))]
    }
  }

  private static func threshold(_ name: String, _ tag: TagIndex, limit: Double) -> AlarmRule {
    let tag = RuleTag(tag, name: "boiler/temp")
    return AlarmRule(name: name, condition: .compare(tag, .above, limit: limit, hysteresis: 1), onDelay: .seconds(10))
  }

  private static func anomaly(_ name: String, _ tag: TagIndex) -> AlarmRule {
    AlarmRule(name: name, condition: .anomaly(RuleTag(tag, name: "boiler/temp"), AnomalyCondition()))
  }

  private static func scan(_ device: Int, _ second: Int, _ readings: [Reading]) -> DeviceScan {
    DeviceScan(
      device: device, time: Timestamp(milliseconds: 1_700_000_000_000 + Int64(second) * 1_000), readings: readings)
  }

  private static func now(_ second: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: Int64(second + 1) * 1_000_000_000)
  }

  /// Feeds all values, a scan each; a number that depends on all of them, so that nothing can be left out as unused.
  func feed(_ values: [Double]) -> Double {
    let scans = values.enumerated().map { Self.scan(0, $0, [Reading(.float64($1))]) }
    return feed(scans)
  }

  private func feed(_ scans: [DeviceScan]) -> Double {
    guard self != .trivialLoop else {
      return scans.reduce(0) { $0 + ($1.readings[0].engineeringValue(Self.tags[0]) ?? 0) }
    }
    var engine = RuleEngine(rules: rules)
    var events = 0
    for (second, scan) in scans.enumerated() {
      let now = Self.now(second)
      events += engine.step(scan: scan, tags: Self.tags, now: now, minuteOfWeek: second / 60 % 10_080).count
      if let due = engine.deadline, due <= now { events += engine.expire(now: now, time: scan.time).count }
    }
    return Double(events)
  }

  /// Of a sample; the fastest of five rounds.
  func nanoseconds(_ values: [Double]) -> Double {
    let scans = values.enumerated().map { Self.scan(0, $0, [Reading(.float64($1))]) }
    var fastest = Double.infinity
    for _ in 0..<5 {
      var result = 0.0
      fastest = min(fastest, Stopwatch.time { result = feed(scans) }.processor)
      precondition(result.isFinite)
    }
    return fastest / Double(values.count) * 1e9
  }

  /// A gateway of fifty devices with a hundred tags each, one threshold and one anomaly rule a tag, a scan of each device a
  /// second.
  ///
  /// - Returns: the part of a core that its rules take, and the events that came of it.
  static func plant(seconds: Int) -> (share: Double, events: Int) {
    let (devices, tags) = (50, 100)
    let definitions = (0..<tags).map { TagDefinition(name: "t\($0)", type: .float64) }
    let rules = (0..<devices * tags).flatMap { number in
      let place = TagIndex(device: number / tags, tag: number % tags)
      return [threshold("hot_\(number)", place, limit: 85), anomaly("odd_\(number)", place)]
    }
    var engine = RuleEngine(rules: rules)
    let values = WindowLoad.values(count: seconds + tags)
    var events = 0
    var watch = Stopwatch()
    for second in 0..<seconds {
      let scans = (0..<devices).map { device in
        scan(device, second, (0..<tags).map { Reading(.float64(values[second + $0])) })
      }
      watch.run {
        let now = now(second)
        for scan in scans {
          events += engine.step(scan: scan, tags: definitions, now: now, minuteOfWeek: second / 60 % 10_080).count
        }
        if let due = engine.deadline, due <= now {
          events += engine.expire(now: now, time: scans[0].time, minuteOfWeek: second / 60 % 10_080).count
        }
      }
    }
    return (watch.processor / Double(seconds), events)
  }
}
