import RuleEngine
import Telemetry
import Testing

/// Each case is a row of readings with the seconds at which they come, and the changes that must follow.
@Suite("Threshold rules")
struct ThresholdMonitorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var comparison = ThresholdRule.Comparison.above
    var hysteresis = 2.0
    var onDelay = Duration.zero
    var isActive = false
    /// Nil is a reading without a value.
    var readings: [(second: Double, value: Double?)]
    /// Seconds and what happened; an on-delay may run out between readings.
    var changes: [(second: Double, change: ThresholdMonitor.Change)]
  }

  static let cases: [Case] = [
    Case(
      testDescription: "raised above the limit, cleared below limit minus hysteresis",
      readings: [(0, 84), (1, 85), (2, 85.1), (3, 84), (4, 83.1), (5, 83), (6, 85)],
      changes: [(2, .raised), (5, .cleared)]),
    Case(
      testDescription: "below works the other way round", comparison: .below,
      readings: [(0, 86), (1, 84.9), (2, 86.9), (3, 87), (4, 80)],
      changes: [(1, .raised), (3, .cleared), (4, .raised)]),
    Case(
      testDescription: "without hysteresis the limit itself is normal", hysteresis: 0,
      readings: [(0, 85), (1, 86), (2, 85), (3, 86)], changes: [(1, .raised), (2, .cleared), (3, .raised)]),
    Case(
      testDescription: "the on-delay runs out between two readings", onDelay: .seconds(3),
      readings: [(0, 90), (2, 91), (10, 91)], changes: [(3, .raised)]),
    Case(
      testDescription: "a value in between starts the on-delay anew", onDelay: .seconds(3),
      readings: [(0, 90), (2, 84), (2.5, 90), (5, 90), (6, 90)], changes: [(5.5, .raised)]),
    Case(
      testDescription: "the on-delay does not run out on values that nobody saw", onDelay: .seconds(3),
      readings: [(0, 90), (1, nil), (9, nil), (10, 90), (12.5, 90), (13, 90)], changes: [(13, .raised)]),
    Case(
      testDescription: "a reading without a value neither raises nor clears",
      readings: [(0, nil), (1, 90), (2, nil), (3, nil), (4, 84), (5, 80)], changes: [(1, .raised), (5, .cleared)]),
    Case(
      testDescription: "not a number and infinity are no values",
      readings: [(0, .nan), (1, .infinity), (2, 90), (3, -.infinity), (4, .nan)], changes: [(2, .raised)]),
    Case(
      testDescription: "an alarm that was active before the start is not raised again", isActive: true,
      readings: [(0, 90), (1, 84), (2, 82)], changes: [(2, .cleared)]),
  ]

  private func rule(_ example: Case) -> ThresholdRule {
    ThresholdRule(
      name: "hot", tag: TagIndex(device: 0, tag: 0), tagName: "boiler/temp", unit: "°C",
      comparison: example.comparison, limit: 85, hysteresis: example.hysteresis, onDelay: example.onDelay)
  }

  private func time(_ second: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(second * 1e9)) }

  @Test("A row of readings gives its changes and no others", arguments: cases)
  func changes(example: Case) {
    var monitor = ThresholdMonitor(rule: rule(example), isActive: example.isActive)
    var found: [(Double, ThresholdMonitor.Change)] = []
    for (second, value) in example.readings {
      // What the engine does: a delay that ran out before the reading is taken first.
      if let deadline = monitor.deadline, deadline <= time(second), let change = monitor.expire(now: deadline) {
        found.append((Double(deadline.nanoseconds) / 1e9, change))
      }
      if let change = monitor.step(value: value, now: time(second)) { found.append((second, change)) }
    }
    #expect(found.map(\.0) == example.changes.map(\.second))
    #expect(found.map(\.1) == example.changes.map(\.change))
  }

  @Test("Nothing is due unless an on-delay runs on values that are seen")
  func deadlines() {
    var monitor = ThresholdMonitor(
      rule: rule(Case(testDescription: "", onDelay: .seconds(5), readings: [], changes: [])))
    #expect(monitor.deadline == nil)
    _ = monitor.step(value: 90, now: time(2))
    #expect(monitor.deadline == time(7) && monitor.expire(now: time(6.9)) == nil)
    _ = monitor.step(value: nil, now: time(3))
    #expect(monitor.deadline == nil && monitor.isHeld)
    #expect(monitor.expire(now: time(100)) == nil)
  }
}
