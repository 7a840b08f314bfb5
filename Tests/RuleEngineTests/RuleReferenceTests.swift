import RuleEngine
import Telemetry
import Testing

@Suite("Rules against a slow and obvious reference")
struct RuleReferenceTests {
  @Test("Random streams give the same events in the same order", arguments: (1...16).map { UInt64($0) })
  func sameEvents(seed: UInt64) {
    let steps = RuleStateTests.steps(seed, count: 150)
    let end = (steps.last?.second ?? 0) + 10
    var bench = RuleBench(RuleStateTests.rules)
    bench.run(steps, until: end)
    var reference = RuleReference(RuleStateTests.rules)
    reference.run(steps, until: end)
    for rule in RuleStateTests.rules {
      let found = bench.log.filter { $0.hasSuffix(" \(rule.name)") }
      let expected = reference.log.filter { $0.hasSuffix(" \(rule.name)") }
      #expect(found == expected, "seed \(seed), rule \(rule.name)")
    }
  }
}
