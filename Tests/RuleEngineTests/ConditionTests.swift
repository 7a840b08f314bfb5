import RuleEngine
import Telemetry
import Testing

/// Each case is a rule, a row of scans with the seconds at which they come, and the events that must follow.
@Suite("Conditions of rules")
struct ConditionTests {
  typealias Step = RuleBench.Step

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var condition: Condition
    var precondition: Condition?
    var onDelay = Duration.zero
    var offDelay = Duration.zero
    var isActive = false
    var steps: [Step]
    var until: Double?
    var events: [String]

    init(
      _ text: String, _ condition: Condition, when precondition: Condition? = nil, on: Double = 0, off: Double = 0,
      active: Bool = false, _ steps: [Step], until: Double? = nil, _ events: [String]
    ) {
      testDescription = text
      self.condition = condition
      self.precondition = precondition
      onDelay = .milliseconds(Int64(on * 1_000))
      offDelay = .milliseconds(Int64(off * 1_000))
      isActive = active
      self.steps = steps
      self.until = until
      self.events = events
    }
  }

  private static func temps(_ values: [(Double, Double?)]) -> [Step] { values.map { Step($0.0, $0.1) } }
  private static func every(_ seconds: Double, from: Double = 0, _ values: [Double?]) -> [Step] {
    values.enumerated().map { Step(from + Double($0.offset) * seconds, $0.element) }
  }

  private static let thresholds: [Case] = [
    Case(
      "raised above the limit, cleared at limit minus hysteresis", RuleBench.above(85),
      temps([(0, 84), (1, 85), (2, 85.1), (3, 84), (4, 83.1), (5, 83), (6, 85)]), ["2 raised x", "5 cleared x"]),
    Case(
      "below works the other way round", .compare(RuleBench.temp, .below, limit: 85, hysteresis: 2),
      temps([(0, 86), (1, 84.9), (2, 86.9), (3, 87), (4, 80)]), ["1 raised x", "3 cleared x", "4 raised x"]),
    Case(
      "without hysteresis the limit itself is normal", RuleBench.above(85, hysteresis: 0),
      temps([(0, 85), (1, 86), (2, 85), (3, 86)]), ["1 raised x", "2 cleared x", "3 raised x"]),
    Case(
      "the on-delay runs out between two readings", RuleBench.above(85), on: 3,
      temps([(0, 90), (2, 91), (10, 91)]), ["3 raised x"]),
    Case(
      "a value in between starts the on-delay anew", RuleBench.above(85), on: 3,
      temps([(0, 90), (2, 82), (2.5, 90), (5, 90), (6, 90)]), ["5.5 raised x"]),
    Case(
      "the on-delay does not run out on values that nobody saw", RuleBench.above(85), on: 3,
      temps([(0, 90), (1, nil), (9, nil), (10, 90), (12.5, 90), (13, 90)]), ["13 raised x"]),
    Case(
      "the off-delay must pass without a break", RuleBench.above(85), off: 5,
      temps([(0, 90), (1, 80), (4, 90), (5, 80), (8, 80)]), until: 20, ["0 raised x", "10 cleared x"]),
    Case(
      "the off-delay does not run out on values that nobody saw", RuleBench.above(85), off: 5,
      temps([(0, 90), (1, 80), (2, nil), (20, nil), (30, 80)]), until: 40, ["0 raised x", "35 cleared x"]),
    Case(
      "a reading without a value neither raises nor clears", RuleBench.above(85),
      temps([(0, nil), (1, 90), (2, nil), (3, nil), (4, 84), (5, 80)]), ["1 raised x", "5 cleared x"]),
    Case(
      "a scan that says nothing of the tag changes nothing, and the delay goes on", RuleBench.above(85), on: 3,
      [Step(0, 90), .absent(1), .absent(2)], until: 5, ["3 raised x"]),
    Case(
      "an alarm that was active before the start is not raised again, and keeps its hysteresis",
      RuleBench.above(85), active: true, temps([(0, 90), (1, 84), (2, 82)]), ["2 cleared x"]),
    Case(
      "outside of a range on either side", .outside(RuleBench.temp, 0...120, hysteresis: 5),
      temps([(0, 0), (1, -0.1), (2, 4), (3, 5), (4, 121), (5, 116), (6, 115)]),
      ["1 raised x", "3 cleared x", "4 raised x", "6 cleared x"]),
  ]

  private static let states: [Case] = [
    Case(
      "one of some values", .isOneOf(RuleBench.mode, [1, 2]),
      [Step(0, 1), Step(1, 1, mode: 2), Step(2, 1, mode: 1), Step(3, 1, mode: 7), Step(4, 1, mode: nil)],
      ["1 raised x", "3 cleared x"]),
    Case(
      "a bool equals true", .isOneOf(RuleBench.pump, [1]),
      [Step(0, 1), Step(1, 1, pump: true), Step(2, 1, pump: nil), Step(3, 1, pump: false)],
      ["1 raised x", "3 cleared x"]),
    Case(
      "stale counts from the last value, also when nothing comes", .stale(RuleBench.temp, .seconds(10)),
      temps([(1, 20), (5, 20), (6, nil), (30, 21)]), until: 50, ["15 raised x", "30 cleared x", "40 raised x"]),
    Case(
      "a tag that never had a value is as old as the start", .stale(RuleBench.temp, .seconds(10)),
      [], until: 20, ["10 raised x"]),
    Case(
      "stale with an on-delay", .stale(RuleBench.temp, .seconds(10)), on: 5, temps([(1, 20)]), until: 20,
      ["16 raised x"]),
    Case(
      "a flat line: more than 30 identical readings", .flatLine(RuleBench.temp, atLeast: .zero),
      every(1, [7, 8] + Array(repeating: 9.0, count: 32) + [10]), ["32 raised x", "34 cleared x"]),
    Case(
      "a flat line is longer than three times the longest run so far", .flatLine(RuleBench.temp, atLeast: .zero),
      every(1, Array(repeating: 7.0, count: 20) + Array(repeating: 8.0, count: 61)), ["80 raised x"]),
    Case(
      "a flat line lasts at least so long as asked", .flatLine(RuleBench.temp, atLeast: .seconds(50)),
      every(1, Array(repeating: 7.0, count: 60)), ["50 raised x"]),
    Case(
      "a gap ends a run", .flatLine(RuleBench.temp, atLeast: .zero),
      every(1, Array(repeating: 7.0, count: 25) + [nil] + Array(repeating: 7.0, count: 30)), []),
  ]

  private static let changes: [Case] = [
    Case(
      "faster than 2 a minute, measured over a minute",
      .rate(RuleBench.temp, .above, limit: 2, per: .seconds(60), over: .seconds(60)),
      every(10, [20, 20, 20, 20, 20, 20, 20, 20, 21, 22.5, 23, 23, 23, 23, 23, 23]), ["90 raised x", "140 cleared x"]),
    Case(
      "falling faster is below a negative limit",
      .rate(RuleBench.temp, .below, limit: -2, per: .seconds(60), over: .seconds(60)),
      every(10, [20, 19, 18, 17, 16, 15, 14]), ["60 raised x"]),
    Case(
      "a rate is unknown until values cover the period",
      .rate(RuleBench.temp, .above, limit: 1, per: .seconds(1), over: .seconds(10)),
      every(1, [0, 5, 10, 15, 20, 25, 30, 35, 40, nil, 50, 60, 70]), []),
    Case(
      "a distance from another tag of another device",
      .deviation(RuleBench.temp, from: RuleBench.tankTemp, limit: 5, hysteresis: 1),
      [
        Step(0, 50), Step(1, 44, device: 1), Step(2, 48.5), Step(3, 48), Step(4, nil, device: 1), Step(5, 90),
        Step(6, 90, device: 1), Step(7, 96, device: 1),
      ], ["1 raised x", "3 cleared x", "7 raised x"]),
  ]

  private static let groups: [Case] = [
    Case(
      "all: one false part decides, an unknown one does not",
      .all([RuleBench.above(85), .isOneOf(RuleBench.pump, [1])]),
      [
        Step(0, 90), Step(1, 90, pump: true), Step(2, nil, pump: true), Step(3, nil, pump: false),
        Step(4, 90, pump: nil), Step(5, 90, pump: true),
      ], ["1 raised x", "3 cleared x", "5 raised x"]),
    Case(
      "any: one true part decides, an unknown one does not",
      .any([RuleBench.above(85), .isOneOf(RuleBench.pump, [1])]),
      [
        Step(0, nil, pump: true), Step(1, nil), Step(2, 20), Step(3, 90, pump: nil), Step(4, 20, pump: nil),
        Step(5, 20),
      ],
      ["0 raised x", "2 cleared x", "3 raised x", "5 cleared x"]),
    Case(
      "not: the pump runs, but not in heating",
      .all([.isOneOf(RuleBench.pump, [1]), .not(.isOneOf(RuleBench.mode, [1]))]),
      [
        Step(0, 1, pump: true, mode: 1), Step(1, 1, pump: true, mode: 0), Step(2, 1, pump: true, mode: nil),
        Step(3, 1, pump: true, mode: 1),
      ], ["1 raised x", "3 cleared x"]),
    Case(
      "groups in groups",
      .any([.all([RuleBench.above(85), .not(.isOneOf(RuleBench.pump, [1]))]), RuleBench.above(95)]),
      [Step(0, 90, pump: true), Step(1, 96, pump: true), Step(2, 92, pump: true), Step(3, 90), Step(4, 80)],
      ["1 raised x", "2 cleared x", "3 raised x", "4 cleared x"]),
    Case(
      "only while another condition holds: otherwise suppressed by design", RuleBench.above(85),
      when: .isOneOf(RuleBench.pump, [1]),
      [
        Step(0, 90), Step(1, 90, pump: true), Step(2, 90, pump: nil), Step(3, 90), Step(4, 90, pump: true),
        Step(5, 80, pump: true),
      ],
      [
        "0 suppressed x", "1 unsuppressed x", "1 raised x", "3 cleared x", "3 suppressed x", "4 unsuppressed x",
        "4 raised x", "5 cleared x",
      ]),
    Case(
      "suppressing starts the on-delay anew", RuleBench.above(85), when: .isOneOf(RuleBench.pump, [1]), on: 5,
      [Step(0, 90, pump: true), Step(4, 90), Step(5, 90, pump: true), Step(8, 90, pump: true)], until: 12,
      ["4 suppressed x", "5 unsuppressed x", "10 raised x"]),
  ]

  static let cases = thresholds + states + changes + groups

  @Test("A row of scans gives its events and no others", arguments: cases)
  func events(example: Case) {
    let rule = AlarmRule(
      name: "x", condition: example.condition, precondition: example.precondition, onDelay: example.onDelay,
      offDelay: example.offDelay)
    var bench = RuleBench([rule], active: example.isActive ? ["x"] : [])
    bench.run(example.steps, until: example.until)
    #expect(bench.log == example.events)
  }
}
