import RuleEngine
import Telemetry
import Testing

@Suite("Actions of rules")
struct RuleActionTests {
  private static func rule(_ actions: [RuleAction]) -> AlarmRule {
    AlarmRule(name: "hot", condition: RuleBench.above(85), actions: actions)
  }

  private static let write = WriteAction(
    device: "boiler", tag: "pump", value: .flag(false), interlock: .isOneOf(RuleBench.mode, [1]),
    atMostEvery: .seconds(60))

  /// Runs scans and gathers what is to be done.
  private static func run(_ rule: AlarmRule, _ steps: [RuleBench.Step]) -> [String] {
    var engine = RuleEngine(rules: [rule])
    return work(&engine, steps)
  }

  private static func work(_ engine: inout RuleEngine, _ steps: [RuleBench.Step]) -> [String] {
    var done: [String] = []
    for step in steps {
      let now = RuleBench.time(step.second)
      for event in engine.step(scan: step.scan, tags: RuleBench.tags, now: now) {
        for due in engine.actions(for: event, now: now) {
          switch due.work {
          case .publish(let topic, let payload, let isRetained):
            done.append("\(Int(step.second)) \(topic) \(payload) \(isRetained)")
          case .note(let text), .held(let text): done.append("\(Int(step.second)) \(text)")
          case .write(let write): done.append("\(Int(step.second)) \(write.device)/\(write.tag) \(write.value)")
          }
        }
      }
    }
    return done
  }

  @Test("Messages and notes are filled and done at the change they wait for, and at no other")
  func triggers() throws {
    let rule = Self.rule([
      RuleAction(
        .publish(topic: "plant/horn", payload: try MessageTemplate("{name} at {value} {unit}"), isRetained: true)),
      RuleAction(on: .cleared, .note(try MessageTemplate("back at {value}"))),
    ])
    #expect(
      Self.run(rule, [.init(0, 90), .init(1, 91), .init(2, 80), .init(3, 80)]) == [
        "0 plant/horn hot at 90 °C true", "2 back at 80",
      ])
  }

  @Test("A write waits for its interlock, which forbids while it is unknown, and for its pace")
  func writes() {
    let rule = Self.rule([RuleAction(.write(Self.write))])
    let steps: [RuleBench.Step] = [
      .init(0, 90, mode: 0), .init(1, 80, mode: nil), .init(2, 90, mode: nil), .init(3, 80, mode: 1),
      .init(4, 90, mode: 1), .init(5, 80, mode: 1), .init(6, 90, mode: 1), .init(63, 80, mode: 1),
      .init(64, 90, mode: 1),
    ]
    #expect(
      Self.run(rule, steps) == [
        "0 boiler/pump is not written: its 'only-if' does not hold",
        "2 boiler/pump is not written: its 'only-if' is unknown", "4 boiler/pump flag(false)",
        "6 boiler/pump is not written: at most every 1 min", "64 boiler/pump flag(false)",
      ])
  }

  @Test("The pace of writes holds over a restart and a reload")
  func pace() throws {
    let rule = Self.rule([RuleAction(.write(Self.write))])
    var engine = RuleEngine(rules: [rule])
    #expect(Self.work(&engine, [.init(0, 90, mode: 1), .init(1, 80, mode: 1)]) == ["0 boiler/pump flag(false)"])
    var again = RuleEngine(rules: [rule])
    try again.restore(engine.saved(now: RuleBench.time(1)), now: RuleBench.time(1))
    // The time that the daemon was off counts for the pace.
    var later = RuleEngine(rules: [rule])
    try later.restore(engine.saved(now: RuleBench.time(1)), elapsed: .seconds(59), now: RuleBench.time(2))
    #expect(Self.work(&later, [.init(2, 90, mode: 1)]) == ["2 boiler/pump flag(false)"])
    var reloaded = engine.continued(with: [rule], now: RuleBench.time(1)) { $0 }
    let held = ["30 boiler/pump is not written: at most every 1 min"]
    #expect(Self.work(&again, [.init(30, 90, mode: 1)]) == held)
    #expect(Self.work(&reloaded, [.init(30, 90, mode: 1)]) == held)
  }
}
