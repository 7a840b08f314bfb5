import AnomalyDetection
import Foundation
import GatewayConfiguration
import RuleEngine
import Telemetry
import Testing
import YAMLParser

@Suite("Rules in the configuration")
struct RuleFilesTests {
  /// The plant that the rules of the tests watch; the first rule stands in line 19.
  static let plant = """
    gateway: barn-7
    central: { url: "https://central.example" }
    buses: [ { name: plc, type: modbus-tcp, host: 192.0.2.10 } ]
    devices:
      - name: boiler
        bus: plc
        unit: 1
        every: 1s
        tags:
          - { name: temp, holding: 0, type: int16, scale: 0.1, unit: "°C" }
          - { name: setpoint, holding: 1, type: int16, unit: "°C" }
          - { name: power, holding: 2, type: float32, unit: kW }
          - { name: pump, coil: 0, writable: true }
          - { name: mode, holding: 4, names: { 0: "off", 1: heat, 2: fault } }
          - { name: label, holding: 5, type: string, length: 4 }
          - { name: target, holding: 9, type: int16, scale: 0.1, writable: { minimum: 10, maximum: 80, step: 0.5 } }
      - { name: tank, bus: plc, unit: 2, every: 1s, tags: [ { name: temp, holding: 0, type: int16, unit: "°C" } ] }
    rules:

    """

  static func load(_ rules: [String]) -> (settings: GatewaySettings?, messages: [String]) {
    let text = plant + rules.map { "  - \($0)\n" }.joined()
    guard let tree = try? YAMLFile.parse(Array(text.utf8)) else { return (nil, ["no YAML"]) }
    let read = GatewaySettingsReader.read(tree)
    return (read.settings, read.diagnostics.map { $0.rendered(file: "f") })
  }

  /// Pairs of a rule and the messages that it must give, without the file's name and line.
  static let bad: [(rule: String, messages: [String])] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("BadRules/rules.txt")
    var pairs: [(rule: String, messages: [String])] = []
    for line in ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n") {
      if line.hasPrefix("#") { continue }
      if line.hasPrefix("  ") {
        pairs[pairs.count - 1].messages.append(String(line.dropFirst(2)))
      } else {
        pairs.append((String(line), []))
      }
    }
    return pairs
  }()

  @Test("Every bad rule gives exactly the messages that stand below it", arguments: bad.indices)
  func badRule(index: Int) {
    let (rule, messages) = Self.bad[index]
    let loaded = Self.load([rule])
    #expect(loaded.settings == nil, "\(rule)")
    #expect(loaded.messages == messages.map { "f:19:\($0)" }, "\(rule)")
  }

  @Test("There are at least sixty bad rules")
  func count() {
    #expect(Self.bad.count >= 60)
    #expect(Set(Self.bad.map(\.rule)).count == Self.bad.count)
  }

  private static let temp = RuleTag(TagIndex(device: 0, tag: 0), name: "boiler/temp", unit: "°C", decimals: 1)
  private static let setpoint = RuleTag(TagIndex(device: 0, tag: 1), name: "boiler/setpoint", unit: "°C", decimals: 0)
  private static let pump = RuleTag(TagIndex(device: 0, tag: 3), name: "boiler/pump")
  private static let mode = RuleTag(
    TagIndex(device: 0, tag: 4), name: "boiler/mode", decimals: 0,
    names: [ValueName(value: 0, name: "off"), ValueName(value: 1, name: "heat"), ValueName(value: 2, name: "fault")])

  static let good: [(text: String, condition: Condition)] = [
    ("above: 85, hysteresis: 2", .compare(temp, .above, limit: 85, hysteresis: 2)),
    ("below: -5.5", .compare(temp, .below, limit: -5.5, hysteresis: 0)),
    ("outside: [0, 120], hysteresis: 1", .outside(temp, 0...120, hysteresis: 1)),
    ("equals: 23.4", .isOneOf(temp, [23.4])),
    (
      "rate: { above: 2, per: 1min, over: 5min }",
      .rate(temp, .above, limit: 2, per: .seconds(60), over: .seconds(300))
    ),
    (
      "rate: { above: 2, below: -3, per: 1min }",
      .any([
        .rate(temp, .above, limit: 2, per: .seconds(60), over: .seconds(60)),
        .rate(temp, .below, limit: -3, per: .seconds(60), over: .seconds(60)),
      ])
    ),
    (
      "deviation: { from: boiler/setpoint, above: 5 }, hysteresis: 1",
      .deviation(temp, from: setpoint, limit: 5, hysteresis: 1)
    ),
    ("stale: 5min", .stale(temp, .seconds(300))),
    ("flat-line: {}", .flatLine(temp, atLeast: .zero)),
    ("flat-line: { at-least: 10min }", .flatLine(temp, atLeast: .seconds(600))),
    ("anomaly: {}", .anomaly(temp, AnomalyCondition())),
    (
      "anomaly: { hold-off: 1h, forget: never, learn: 2d, clear-after: 5min }",
      .anomaly(
        temp,
        AnomalyCondition(
          AnomalySettings(holdOff: .seconds(3_600), forgetting: nil, learning: .seconds(2 * 86_400)),
          clearAfter: .seconds(300)))
    ),
  ]

  @Test("Every kind of condition arrives as it was written", arguments: good.indices)
  func conditions(index: Int) throws {
    let loaded = Self.load(["{ name: r, tag: boiler/temp, \(Self.good[index].text) }"])
    #expect(loaded.messages == [])
    #expect(try #require(loaded.settings).rules.map(\.condition) == [Self.good[index].condition])
  }

  @Test("Groups, states by name, preconditions and all that a rule says beside its condition arrive")
  func everything() throws {
    let loaded = Self.load([
      """
      { name: r, all: [ { tag: boiler/mode, in: [fault, 1] }, { not: { tag: boiler/pump, equals: true } },
          { any: [ { tag: boiler/temp, above: 5, hysteresis: 1 } ] } ], for: 10s, off-delay: 1min, severity: critical,
          when: { tag: boiler/mode, equals: "heat" }, message: "{tag} at {value}", group: boiler, acknowledge: false,
          schedule: [ { days: "mon-fri, sun", from: "06:30", to: "22:00" }, { days: sat-mon } ] }
      """
    ])
    #expect(loaded.messages == [])
    let expected = AlarmRule(
      name: "r",
      condition: .all([
        .isOneOf(Self.mode, [2, 1]), .not(.isOneOf(Self.pump, [1])),
        .any([.compare(Self.temp, .above, limit: 5, hysteresis: 1)]),
      ]), precondition: .isOneOf(Self.mode, [1]),
      schedule: Schedule([
        .init(days: [0, 1, 2, 3, 4, 6], from: 390, to: 1_320), .init(days: [5, 6, 0]),
      ]), onDelay: .seconds(10), offDelay: .seconds(60), severity: .critical,
      message: try MessageTemplate("{tag} at {value}"), group: "boiler", needsAcknowledge: false)
    #expect(try #require(loaded.settings).rules == [expected])
  }

  @Test("Levels make an alarm each, and patterns one a tag that is a number")
  func spread() throws {
    let loaded = Self.load([
      "{ name: t, tag: tank/temp, levels: { low-low: 5, low: 10, high: 80, high-high: 95 }, hysteresis: 1 }",
      "{ name: old, tag: \"boiler/*\", stale: 1min }", "{ name: odd, tag: \"*/temp\", anomaly: {}, severity: low }",
    ])
    #expect(loaded.messages == [])
    let rules = try #require(loaded.settings).rules
    #expect(
      rules.map { "\($0.name) \($0.tagName) \($0.severity.name)" } == [
        "t.low_low tank/temp high", "t.low tank/temp medium", "t.high tank/temp medium", "t.high_high tank/temp high",
        "old.boiler.temp boiler/temp medium", "old.boiler.setpoint boiler/setpoint medium",
        "old.boiler.power boiler/power medium", "old.boiler.pump boiler/pump medium",
        "old.boiler.mode boiler/mode medium", "old.boiler.target boiler/target medium",
        "odd.boiler.temp boiler/temp low", "odd.tank.temp tank/temp low",
      ])
  }

  @Test("Ten thousand rules are read, and refused above the limit")
  func many() throws {
    let rules = (0..<10_000).map { "{ name: r\($0), tag: boiler/temp, above: \($0), hysteresis: 1, for: 10s }" }
    #expect(try #require(Self.load(rules).settings).rules.count == 10_000)
    let spread = (0..<5_001).map { "{ name: r\($0), tag: \"*/temp\", levels: { low: \($0), high: \($0 + 1) } }" }
    #expect(
      Self.load(spread).messages == [
        "f:5019:5: error: with this rule there are more than 20000 alarms; a narrower pattern of tags makes fewer"
      ])
  }

  @Test(
    "A star stands for any letters",
    arguments: [
      ("boiler/temp", "*", true), ("boiler/temp", "boiler/*", true), ("boiler/temp", "*/temp", true),
      ("boiler/temp", "b*r/t*p", true), ("boiler/temp", "*/te", false), ("boiler/temp", "tank/*", false),
      ("a/a", "a/a*a", false), ("a/aba", "a/a*b*a", true), ("boiler/temp", "b**p", true),
    ])
  func patterns(name: String, pattern: String, fits: Bool) throws {
    let file = Self.plant.replacingOccurrences(of: "boiler", with: String(name.prefix { $0 != "/" }))
      .replacingOccurrences(of: "name: temp,", with: "name: \(name.drop { $0 != "/" }.dropFirst()),")
    let text = file + "  - { name: r, tag: \"\(pattern)\", above: 1 }\n"
    let rules = GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8))).settings?.rules ?? []
    #expect(rules.contains { $0.tagName == name } == fits)
  }
}
