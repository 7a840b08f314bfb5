import RuleEngine
import Telemetry
import Testing

@Suite("Saved state of rules")
struct RuleStateTests {
  /// One of every kind, with delays.
  static let rules: [AlarmRule] = [
    AlarmRule(name: "hot", condition: RuleBench.above(60), onDelay: .seconds(3), offDelay: .seconds(2)),
    AlarmRule(name: "outside", condition: .outside(RuleBench.temp, 20...80, hysteresis: 5)),
    AlarmRule(name: "fault", condition: .isOneOf(RuleBench.mode, [2]), precondition: .isOneOf(RuleBench.pump, [1])),
    AlarmRule(
      name: "fast",
      condition: .rate(RuleBench.temp, .above, limit: 10, per: .seconds(10), over: .seconds(10))),
    AlarmRule(
      name: "apart", condition: .deviation(RuleBench.temp, from: RuleBench.tankTemp, limit: 30, hysteresis: 5)),
    AlarmRule(name: "stale", condition: .stale(RuleBench.temp, .seconds(6)), onDelay: .seconds(1)),
    AlarmRule(name: "flat", condition: .flatLine(RuleBench.mode, atLeast: .seconds(10))),
    AlarmRule(
      name: "both", condition: .all([RuleBench.above(50), .not(.isOneOf(RuleBench.mode, [0]))]), onDelay: .seconds(1)),
  ]

  static func steps(_ seed: UInt64, count: Int) -> [RuleBench.Step] {
    var random = SplitMix(seed: seed)
    var temp = 50.0
    var mode: Int64 = 0
    var second = 0.0
    return (0..<count).map { _ in
      temp = min(100, max(0, temp + Double(random.below(21)) - 10))
      if random.below(45) == 0 { mode = Int64(random.below(3)) }
      second += Double(1 + random.below(3)) / 2
      if random.below(30) == 0 { second += 8 }
      if random.below(12) == 0 { return .absent(second) }
      return RuleBench.Step(
        second, random.below(9) == 0 ? nil : temp, pump: random.below(10) == 0 ? nil : random.below(3) > 0,
        mode: random.below(40) == 0 ? nil : mode, device: random.below(4) == 0 ? 1 : 0)
    }
  }

  @Test("Saved and restored at every point of a stream, the same alarms follow", arguments: [1, 2, 3] as [UInt64])
  func everyPoint(seed: UInt64) throws {
    let steps = Self.steps(seed, count: 140)
    var whole = RuleBench(Self.rules)
    var states: [(saved: [UInt8], active: Set<String>, log: Int)] = []
    for step in steps {
      whole.run([step])
      let now = RuleBench.time(step.second)
      states.append((whole.engine.saved(now: now), whole.engine.activeAlarms, whole.log.count))
    }
    #expect(whole.log.count > 15, "seed \(seed): the stream does little")
    for (index, state) in states.enumerated().dropLast() {
      var again = RuleBench(Self.rules, active: state.active)
      let taken = try again.engine.restore(state.saved, now: RuleBench.time(steps[index].second))
      #expect(taken == Self.rules.count)
      again.run(Array(steps[(index + 1)...]))
      try #require(again.log == Array(whole.log[state.log...]), "seed \(seed), restored after step \(index)")
    }
  }

  @Test("A rule that means something else begins anew, and the kept word on what is active wins")
  func others() throws {
    var bench = RuleBench(Self.rules)
    bench.run([.init(0, 90), .init(4, 90)])
    #expect(bench.engine.activeAlarms.isSuperset(of: ["hot", "outside"]))
    let saved = bench.engine.saved(now: RuleBench.time(4))
    var rules = Self.rules
    rules[1].condition = .outside(RuleBench.temp, 0...95, hysteresis: 0)
    var again = RuleBench(rules, active: ["outside", "fault"])
    #expect(try again.engine.restore(saved, now: RuleBench.time(4)) == rules.count - 1)
    #expect(again.engine.activeAlarms == ["outside", "fault"])
    again.run([.init(5, 90, pump: true)])
    #expect(again.log == ["5 cleared outside", "5 cleared fault"])
  }

  @Test("Bytes that are cut or changed are refused or harmless, and change nothing when refused")
  func damage() {
    var bench = RuleBench(Self.rules)
    bench.run(Self.steps(7, count: 100))
    let now = RuleBench.time(500)
    let saved = bench.engine.saved(now: now)
    for length in 0..<saved.count {
      var other = RuleBench(Self.rules)
      #expect(throws: SavedStateError.self) { try other.engine.restore(Array(saved.prefix(length)), now: now) }
      if length % 97 == 0 { #expect(other.engine.statuses == RuleBench(Self.rules).engine.statuses) }
    }
    var random = SplitMix(seed: 5)
    for _ in 0..<500 {
      var bytes = saved
      bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
      var other = RuleBench(Self.rules)
      _ = try? other.engine.restore(bytes, now: now)
      other.run([.init(501, 90), .init(502, 20)])
    }
  }
}

/// A small generator with a seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
