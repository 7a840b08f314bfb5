import RuleEngine
import Telemetry
import Testing

@Suite("The rule engine")
struct RuleEngineTests {
  static let tags = [
    TagDefinition(
      name: "temp", type: .integer, scaling: Scaling(multiplier: 1, offset: 0, decimals: 1) ?? .identity, unit: "°C"),
    TagDefinition(name: "pump", type: .boolean),
  ]

  private func rule(
    _ name: String, device: Int = 0, tag: Int = 0, above limit: Double = 85, hysteresis: Double = 2,
    delay: Duration = .zero
  ) -> AlarmRule {
    let watched = RuleTag(
      TagIndex(device: device, tag: tag), name: "boiler/\(Self.tags[tag].name)", unit: Self.tags[tag].unit)
    return AlarmRule(
      name: name, condition: .compare(watched, .above, limit: limit, hysteresis: hysteresis), onDelay: delay,
      severity: .high)
  }

  private func scan(_ second: Int64, _ tenths: Int64?, pump: Bool = false, device: Int = 0) -> DeviceScan {
    DeviceScan(
      device: device, time: Timestamp(milliseconds: second * 1_000),
      readings: [tenths.map { Reading(.integer($0)) } ?? .bad(.timeout), Reading(.boolean(pump))])
  }

  private func now(_ second: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: second * 1_000_000_000) }

  @Test("Values are judged in the tag's unit, and the event says what happened in a sentence")
  func events() throws {
    var engine = RuleEngine(rules: [rule("hot")])
    #expect(engine.step(scan: scan(1, 850), tags: Self.tags, now: now(1)).isEmpty)
    let raised = try #require(engine.step(scan: scan(2, 853), tags: Self.tags, now: now(2)).first)
    #expect(raised.alarm == "hot" && raised.transition == .raised && raised.value == 85.3 && raised.severity == .high)
    #expect(raised.message == "boiler/temp is 85.3 °C, above 85 °C" && raised.time.milliseconds == 2_000)
    #expect(engine.activeAlarms == ["hot"])
    let cleared = try #require(engine.step(scan: scan(3, 830), tags: Self.tags, now: now(3)).first)
    #expect(cleared.transition == .cleared)
    #expect(cleared.message == "boiler/temp is back at 83 °C (limit 85 °C, hysteresis 2 °C)")
    #expect(engine.activeAlarms.isEmpty)
  }

  @Test("Several rules of a device are judged by one scan, those of other devices by none")
  func rulesOfDevices() {
    let rules = [
      rule("hot"), rule("very_hot", above: 95), rule("other", device: 1),
      rule("runs", tag: 1, above: 0.5, hysteresis: 0),
    ]
    var engine = RuleEngine(rules: rules)
    let events = engine.step(scan: scan(1, 990, pump: true), tags: Self.tags, now: now(1))
    #expect(events.map(\.alarm) == ["hot", "very_hot", "runs"])
    #expect(engine.step(scan: scan(1, 990, device: 2), tags: Self.tags, now: now(1)).isEmpty)
    #expect(engine.statuses.map(\.monitor.state) == [.active, .active, .normal, .active])
  }

  @Test("An on-delay that runs out without another scan raises the alarm with the last value")
  func expiry() throws {
    var engine = RuleEngine(rules: [rule("hot", delay: .seconds(10)), rule("later", delay: .seconds(20))])
    #expect(engine.step(scan: scan(1, 900), tags: Self.tags, now: now(1)).isEmpty)
    #expect(engine.deadline == now(11))
    #expect(engine.expire(now: now(10), time: Timestamp(milliseconds: 0)).isEmpty)
    let event = try #require(engine.expire(now: now(11), time: Timestamp(milliseconds: 11_000)).first)
    #expect(event.alarm == "hot" && event.value == 90 && event.message.hasSuffix("above 85 °C for 10 s"))
    #expect(engine.deadline == now(21))
  }

  @Test("A restart goes on with the alarms that were active")
  func restart() {
    var engine = RuleEngine(rules: [rule("hot"), rule("very_hot", above: 95)], activeAlarms: ["hot", "gone"])
    #expect(engine.activeAlarms == ["hot"])
    #expect(engine.step(scan: scan(1, 900), tags: Self.tags, now: now(1)).isEmpty)
    #expect(engine.step(scan: scan(2, nil), tags: Self.tags, now: now(2)).isEmpty)
    #expect(engine.statuses.map(\.monitor.isHeld) == [true, true])
    #expect(engine.step(scan: scan(3, 800), tags: Self.tags, now: now(3)).map(\.transition) == [.cleared])
  }

  @Test("Over a reload an unchanged rule goes on, a changed one keeps its alarm, a removed one is gone")
  func continued() throws {
    var engine = RuleEngine(rules: [
      rule("slow", delay: .seconds(10)), rule("changed"), rule("removed"), rule("elsewhere", device: 1),
    ])
    _ = engine.step(scan: scan(1, 900), tags: Self.tags, now: now(1))
    _ = engine.step(scan: scan(1, 900, device: 1), tags: Self.tags, now: now(1))
    #expect(engine.activeAlarms == ["changed", "removed", "elsewhere"])
    // A new device stands before the old ones; the second one means something else now.
    var next = engine.continued(
      with: [
        rule("slow", device: 1, delay: .seconds(10)), rule("changed", device: 1, above: 95), rule("new", device: 1),
        rule("elsewhere", device: 2),
      ], now: now(1)
    ) { $0.device == 0 ? TagIndex(device: 1, tag: $0.tag) : nil }
    #expect(next.activeAlarms == ["changed", "elsewhere"])
    #expect(next.deadline == now(11), "the delay that ran goes on")
    let events = next.step(scan: scan(5, 900, device: 1), tags: Self.tags, now: now(5))
    #expect(Set(events.map { "\($0.alarm) \($0.transition.name)" }) == ["changed cleared", "new raised"])
    #expect(next.expire(now: now(11), time: Timestamp(milliseconds: 0)).map(\.alarm) == ["slow"])
  }
}
