import RuleEngine
import Telemetry
import Testing

@Suite("Sentences of alarms")
struct RuleSentenceTests {
  typealias Step = RuleBench.Step

  static let cases: [(Condition, [Step], Double?, [String])] = [
    (
      RuleBench.above(85), [Step(0, 85.3), Step(1, 83)], nil,
      ["boiler/temp is 85.3 °C, above 85 °C", "boiler/temp is back at 83 °C (limit 85 °C, hysteresis 2 °C)"]
    ),
    (
      .outside(RuleBench.temp, 0...99.5, hysteresis: 0), [Step(0, 100), Step(1, 50)], nil,
      ["boiler/temp is 100 °C, outside 0 to 99.5 °C", "boiler/temp is back at 50 °C, within 0 to 99.5 °C"]
    ),
    (
      .isOneOf(RuleBench.mode, [2]), [Step(0, 1, mode: 2), Step(1, 1, mode: 9)], nil,
      ["boiler/mode is fault (2)", "boiler/mode is 9"]
    ),
    (
      .rate(RuleBench.temp, .above, limit: 2, per: .seconds(60), over: .seconds(60)),
      [Step(0, 20), Step(60, 24), Step(120, 24)], nil,
      [
        "boiler/temp rises by 4 °C in 1 min, more than 2 °C",
        "boiler/temp changes no longer by more than 2 °C in 1 min; it is 24 °C",
      ]
    ),
    (
      .rate(RuleBench.temp, .below, limit: -2, per: .seconds(60), over: .seconds(60)),
      [Step(0, 24), Step(60, 20)], nil, ["boiler/temp falls by 4 °C in 1 min, more than 2 °C"]
    ),
    (
      .deviation(RuleBench.temp, from: RuleBench.tankTemp, limit: 5, hysteresis: 0),
      [Step(0, 40, device: 1), Step(1, 46.1), Step(2, 44)], nil,
      [
        "boiler/temp is 46.1 °C, 6.1 °C from tank/temp (40 °C), more than 5 °C",
        "boiler/temp is 44 °C, 4 °C from tank/temp (limit 5 °C)",
      ]
    ),
    (
      .stale(RuleBench.temp, .seconds(300)), [Step(0, 20), Step(400, 21)], nil,
      ["boiler/temp has had no value for 5 min", "boiler/temp has values again: 21 °C"]
    ),
    (
      .flatLine(RuleBench.temp, atLeast: .zero), (0...31).map { Step(Double($0), $0 < 31 ? 20 : 21) }, nil,
      ["boiler/temp stands still at 20 °C since 31 readings", "boiler/temp changes again: 21 °C"]
    ),
    (
      .all([RuleBench.above(85), .not(.isOneOf(RuleBench.mode, [1])), .any([.isOneOf(RuleBench.pump, [1])])]),
      [Step(0, 90, pump: true), Step(1, 80, pump: true)], nil,
      [
        "boiler/temp is 90 °C, above 85 °C and boiler/mode is off (0) and boiler/pump is 1",
        "no longer so; boiler/temp is 80 °C",
      ]
    ),
  ]

  @Test("Inside the hysteresis, where an on-delay can run out, the sentence names the border that holds")
  func hysteresis() {
    var bench = RuleBench([
      AlarmRule(name: "a", condition: RuleBench.above(85), onDelay: .seconds(10)),
      AlarmRule(
        name: "b", condition: .outside(RuleBench.temp, 0...85, hysteresis: 2), onDelay: .seconds(10)),
      AlarmRule(
        name: "c", condition: .deviation(RuleBench.temp, from: RuleBench.tankTemp, limit: 5, hysteresis: 2),
        onDelay: .seconds(10)),
    ])
    bench.run([.init(0, 80, device: 1), .init(1, 86), .init(5, 84)], until: 12)
    #expect(
      bench.messages == [
        "boiler/temp is 84 °C, above 83 °C (limit 85 °C, hysteresis 2 °C) for 10 s",
        "boiler/temp is 84 °C, outside 2 to 83 °C (limit 0 to 85 °C, hysteresis 2 °C) for 10 s",
        "boiler/temp is 84 °C, 4 °C from tank/temp (80 °C), more than 3 °C (limit 5 °C, hysteresis 2 °C) for 10 s",
      ])
  }

  @Test("Each kind of condition says in a sentence why its alarm rose and why it ended", arguments: cases.indices)
  func sentences(index: Int) {
    let (condition, steps, until, expected) = Self.cases[index]
    var bench = RuleBench([AlarmRule(name: "x", condition: condition)])
    bench.run(steps, until: until)
    #expect(bench.messages == expected)
  }

  @Test("An on-delay is part of the sentence, and so is what suppresses an alarm")
  func additions() {
    var bench = RuleBench([
      AlarmRule(
        name: "x", condition: RuleBench.above(85), precondition: .isOneOf(RuleBench.pump, [1]), onDelay: .seconds(90))
    ])
    bench.run([Step(0, 90, pump: true), Step(95, 90, pump: false)])
    #expect(
      bench.messages == [
        "boiler/temp is 90 °C, above 85 °C for 90 s", "suppressed by design: boiler/pump is 0",
        "suppressed by design: boiler/pump is 0",
      ])
  }

  @Test("A message of the user's own has its places filled")
  func template() throws {
    let text = "{name}: {tag} at {value} {unit} > {limit}, {severity} {{sic}}"
    var bench = RuleBench([
      AlarmRule(
        name: "hot", condition: RuleBench.above(85), severity: .critical, message: try MessageTemplate(text))
    ])
    bench.run([Step(0, 91.2), Step(1, 20)])
    #expect(
      bench.messages == [
        "hot: boiler/temp at 91.2 °C > 85, critical {sic}", "over: hot: boiler/temp at 20 °C > 85, critical {sic}",
      ])
  }

  @Test(
    "A place nobody knows and a brace without its partner are told with their place in the text",
    arguments: [("a {nothing} b", "nothing" as String?, 2), ("a {value", nil, 2), ("a } b", nil, 2)])
  func badTemplates(text: String, place: String?, offset: Int) {
    let mistake = #expect(throws: MessageTemplate.Mistake.self) { try MessageTemplate(text) }
    #expect(mistake?.place == place && mistake?.offset == offset)
  }

  @Test("A sentence fits into an event, whatever stands in it")
  func long() throws {
    let text = String(repeating: "ü", count: 290)
    var bench = RuleBench([
      AlarmRule(name: "x", condition: RuleBench.above(85), message: try MessageTemplate(text + "{tag}{tag}"))
    ])
    bench.run([Step(0, 90)])
    #expect(bench.messages[0].utf8.count <= 512)
  }
}
