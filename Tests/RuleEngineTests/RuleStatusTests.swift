import RuleEngine
import Telemetry
import Testing

@Suite("How rules stand, for people")
struct RuleStatusTests {
  @Test("The delay that runs is the one that is named, and none while the state is held")
  func delays() {
    var bench = RuleBench([
      AlarmRule(name: "hot", condition: RuleBench.above(85), onDelay: .seconds(10), offDelay: .seconds(10))
    ])
    func delay() -> RuleStatus.Delay? { bench.engine.statuses[0].delay }
    bench.run([.init(1, 80)])
    #expect(delay() == nil)
    bench.run([.init(2, 90)])
    #expect(delay() == .on)
    bench.run([.init(3, nil)])
    #expect(delay() == nil && bench.engine.statuses[0].monitor.isHeld)
    bench.run([.init(4, 90), .init(14, 90)])
    #expect(delay() == nil && bench.engine.statuses[0].monitor.isActive)
    bench.run([.init(15, 80)])
    #expect(delay() == .off && bench.engine.statuses[0].monitor.isActive)
  }

  @Test("A held rule names the tags and conditions of which nothing is known, those of 'when' too, interlocks not")
  func holds() {
    func rule(_ name: String, _ condition: Condition, when: Condition? = nil, onlyIf: Condition? = nil) -> AlarmRule {
      let write = onlyIf.map { WriteAction(device: "boiler", tag: "pump", value: .flag(false), interlock: $0) }
      return AlarmRule(
        name: name, condition: condition, precondition: when, actions: write.map { [RuleAction(.write($0))] } ?? [])
    }
    let runs = Condition.isOneOf(RuleBench.pump, [1])
    let isFast = Condition.rate(RuleBench.temp, .above, limit: 1, per: .seconds(60), over: .seconds(300))
    var bench = RuleBench([
      rule("when", RuleBench.above(85), when: runs), rule("interlock", RuleBench.above(85), onlyIf: runs),
      rule("rate", isFast), rule("both", .all([RuleBench.above(85), .isOneOf(RuleBench.mode, [2])])),
    ])
    func sentences() -> [String] { bench.engine.statuses.map { $0.holds.map(\.sentence).joined(separator: ", ") } }
    bench.run([.init(1, 80, pump: nil)])
    #expect(
      sentences() == ["no value of boiler/pump", "", "the values of boiler/temp do not cover 5 min yet", ""])
    bench.run([.init(2, nil, pump: nil, mode: nil)])
    #expect(
      sentences() == [
        "no value of boiler/temp, no value of boiler/pump", "no value of boiler/temp", "no value of boiler/temp",
        "no value of boiler/temp, no value of boiler/mode",
      ])
    #expect(bench.engine.statuses[0].missing == ["boiler/temp", "boiler/pump"])
    bench.run([.init(3, 80, pump: true)])
    #expect(sentences()[0].isEmpty && bench.engine.statuses[0].missing.isEmpty)
  }
}
