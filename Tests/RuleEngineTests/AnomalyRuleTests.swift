import AnomalyDetection
import RuleEngine
import Telemetry
import Testing

@Suite("Anomaly rules")
struct AnomalyRuleTests {
  static let rule = AlarmRule(
    name: "odd", condition: .anomaly(RuleBench.temp, AnomalyCondition(AnomalySettings(learning: .zero))))

  /// A reading every 5 minutes that moves between 50 and 60, with one wild one at some places.
  static func steps(_ count: Int, seed: UInt64 = 3, wild: [Int: Double] = [:]) -> [RuleBench.Step] {
    var random = SplitMix(seed: seed)
    return (0..<count).map { index in
      RuleBench.Step(Double(index) * 300, wild[index] ?? 50 + Double(random.below(101)) / 10)
    }
  }

  @Test("A value unlike all others raises the alarm, says so in a sentence, and it clears by itself")
  func alarm() throws {
    var bench = RuleBench([Self.rule])
    bench.run(Self.steps(400))
    let before = bench.log.count
    bench.run(Self.steps(520).suffix(120).map { $0.second == 420 * 300 ? .init($0.second, 95) : $0 })
    let new = bench.log.dropFirst(before)
    #expect(new.first == "126000 raised odd" && new.last?.hasSuffix("cleared odd") == true)
    #expect(bench.messages[before].hasPrefix("boiler/temp 95 °C; not seen before, nearest known"))
  }

  @Test("Readings that are bad or uncertain are neither judged nor learned")
  func quality() {
    var fed = RuleBench([Self.rule])
    var spared = RuleBench([Self.rule])
    for (index, step) in Self.steps(600).enumerated() {
      fed.run([step])
      spared.run([step])
      if index % 5 == 0 { spared.run([.init(step.second + 1, nil)]) }
    }
    #expect(fed.log == spared.log)
    var uncertain = RuleBench([Self.rule])
    for step in Self.steps(600) {
      var scan = step.scan
      scan.readings[0].quality = .uncertain(.outOfRange)
      _ = uncertain.engine.step(scan: scan, tags: RuleBench.tags, now: RuleBench.time(step.second))
    }
    #expect(uncertain.engine.learning(0)?.phase == "warm-up")
  }

  @Test("After the answer 'this is normal' the alarm is over with the next usual value")
  func normal() {
    func end(afterAnswer: Bool) -> String? {
      var bench = RuleBench([Self.rule])
      bench.run(Array(Self.steps(421, wild: [420: 95])))
      #expect(bench.engine.activeAlarms == ["odd"])
      let before = bench.log.count
      if afterAnswer {
        let learned = bench.engine.learn("odd", value: 95)
        #expect(learned)
      }
      bench.run(Array(Self.steps(440).dropFirst(421)))
      return bench.log.dropFirst(before).first
    }
    #expect(end(afterAnswer: false) != "126300 cleared odd")
    #expect(end(afterAnswer: true) == "126300 cleared odd")
    var bench = RuleBench([Self.rule])
    let unknown = bench.engine.learn("none", value: 1)
    #expect(!unknown)
  }

  @Test("While the alarm is active, a much worse value raises it again")
  func again() {
    var bench = RuleBench([Self.rule])
    bench.run(Self.steps(424, wild: [420: 66.5, 421: 300]))
    #expect(bench.log.suffix(2) == ["126000 raised odd", "126300 raised again odd"])
  }

  @Test("Saved and restored at any point, the same alarms follow")
  func restored() throws {
    let steps = Self.steps(700, wild: [300: 80, 301: 20, 500: 99, 650: 0])
    var whole = RuleBench([Self.rule])
    var saved: [(bytes: [UInt8], active: Set<String>, log: Int)] = []
    for step in steps {
      whole.run([step])
      saved.append((whole.engine.saved(now: RuleBench.time(step.second)), whole.engine.activeAlarms, whole.log.count))
    }
    #expect(whole.log.count >= 4)
    for index in stride(from: 10, to: 690, by: 37) {
      var again = RuleBench([Self.rule], active: saved[index].active)
      try again.engine.restore(saved[index].bytes, now: RuleBench.time(steps[index].second))
      again.run(Array(steps[(index + 1)...]))
      #expect(again.log == Array(whole.log[saved[index].log...]), "restored after sample \(index)")
    }
  }
}
