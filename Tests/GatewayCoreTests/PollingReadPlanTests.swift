import GatewayCore
import Telemetry
import Testing

@Suite("Planning reads")
struct PollingReadPlanTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var points: [RegisterPoint]
    /// Table, address and count of each request.
    var requests: [String]

    init(_ name: String, _ points: [RegisterPoint], _ requests: [String]) {
      (testDescription, self.points, self.requests) = (name, points, requests)
    }
  }

  static func holding(_ address: UInt16, _ type: RegisterType = .uint16) -> RegisterPoint {
    RegisterPoint(table: .holdingRegister, address: address, type: type)
  }
  static func coil(_ address: UInt16) -> RegisterPoint { RegisterPoint(table: .coil, address: address, type: .bool) }

  static let cases: [Case] = [
    Case("no tags", [], []),
    Case("neighbours in any order", [holding(12), holding(10, .float32)], ["holding register 10+3"]),
    // At 19200 baud a request costs 20 characters and 5 ms to think, a register 2 characters: as much as 14.
    Case("a gap of 14", [holding(0), holding(15)], ["holding register 0+16"]),
    Case("a gap of 15", [holding(0), holding(16)], ["holding register 0+1", "holding register 16+1"]),
    Case("bits with a gap of 223", [coil(0), coil(224)], ["coil 0+225"]),
    Case("bits with a gap of 239", [coil(0), coil(240)], ["coil 0+1", "coil 240+1"]),
    Case(
      "the cheapest partition, where filling requests from the front would bridge the wider gap",
      [holding(0), holding(10), holding(60, .float64)] + (11..<60).map { holding(UInt16($0)) }
        + (64..<128).map { holding(UInt16($0)) },
      ["holding register 0+1", "holding register 10+118"]),
    Case("the same address twice", [holding(5), holding(5)], ["holding register 5+1"]),
    Case("one value inside another", [holding(4, .float64), holding(5)], ["holding register 4+4"]),
    Case(
      "tables stay apart",
      [holding(0), coil(0), RegisterPoint(table: .inputRegister, address: 0, type: .uint16)],
      ["coil 0+1", "holding register 0+1", "input register 0+1"]),
    Case(
      "125 registers in one request", (0..<125).map { holding($0) }, ["holding register 0+125"]),
    Case(
      "126 registers in two", (0..<126).map { holding($0) }, ["holding register 0+125", "holding register 125+1"]),
    Case(
      "a value is never split",
      (0..<32).map { holding($0 * 4, .float64) }, ["holding register 0+124", "holding register 124+4"]),
    Case("2000 bits in one request", (0..<2_000).map { coil($0) }, ["coil 0+2000"]),
    Case("2001 bits in two", (0..<2_001).map { coil($0) }, ["coil 0+2000", "coil 2000+1"]),
    Case("the last address", [holding(65_535), holding(65_534)], ["holding register 65534+2"]),
    Case(
      "a value past the last address spoils no other",
      [holding(65_533, .float64), holding(65_530), holding(65_534), holding(65_535, .uint32), holding(65_535)],
      ["holding register 65530+6", "holding register 65533+4", "holding register 65535+2"]),
  ]

  static let line = ReadRules(costs: .serial(baud: 19_200, bits: 11))

  @Test("points are merged into few requests", arguments: cases)
  func merges(_ one: Case) {
    let plan = ReadPlan(unit: 9, points: one.points, rules: Self.line)
    let requests = plan.steps.map { "\($0.request.table.name) \($0.request.address)+\($0.request.count)" }
    #expect(requests == one.requests)
    expectComplete(plan, one.points)
  }

  @Test("random points each stand in exactly one request, whole", arguments: 0..<200)
  func random(seed: UInt64) {
    var generator = PollingTestGenerator(seed: seed)
    let width = UInt16.random(in: 20...3_000, using: &generator)
    let points = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
      let table = RegisterTable.allCases.randomElement(using: &generator)!
      let type = table.isBits ? .bool : RegisterType.allCases.filter { $0 != .string }.randomElement(using: &generator)!
      return RegisterPoint(table: table, address: .random(in: 0..<width, using: &generator), type: type)
    }
    var rules = [Self.line, ReadRules()].randomElement(using: &generator) ?? ReadRules()
    rules.maximumRegisters = [125, 20, 4].randomElement(using: &generator) ?? 125
    rules.maximumBits = [2_000, 16].randomElement(using: &generator) ?? 2_000
    rules.bridgesGaps = !generator.chance(3)
    let plan = ReadPlan(unit: 1, points: points, rules: rules)
    expectComplete(plan, points)
    for step in plan.steps where step.request.count > step.slots.map({ points[$0.tag].entryCount }).max() ?? 0 {
      #expect(step.request.count <= (step.request.table.isBits ? rules.maximumBits : rules.maximumRegisters))
      if !rules.bridgesGaps { expectNoGaps(step, points) }
    }
    for first in plan.steps.indices where first > 0 && points.count < 40 {
      expectDearer(plan, rules, points, without: first)
    }
  }

  /// Joining a request with the one before it must not be cheaper.
  private func expectDearer(_ plan: ReadPlan, _ rules: ReadRules, _ points: [RegisterPoint], without index: Int) {
    let (left, right) = (plan.steps[index - 1].request, plan.steps[index].request)
    guard rules.bridgesGaps, left.table == right.table else { return }
    let end = max(Int(left.address) + left.count, Int(right.address) + right.count)
    let entries = end - Int(left.address)
    guard entries <= (left.table.isBits ? rules.maximumBits : rules.maximumRegisters) else { return }
    let apart = rules.time(left.table, entries: left.count) + rules.time(right.table, entries: right.count)
    #expect(rules.time(left.table, entries: entries) >= apart)
  }

  private func expectNoGaps(_ step: ReadPlan.Step, _ points: [RegisterPoint]) {
    let needed = Set(step.slots.flatMap { $0.offset..<$0.offset + points[$0.tag].entryCount })
    #expect(needed == Set(0..<step.request.count))
  }

  @Test("what was refused is not asked for, and no request reaches over it or over a border")
  func learned() {
    let points = (0..<20).map { Self.holding(UInt16($0)) } + [Self.coil(3)]
    var learned = LearnedReads()
    learned.refusals[.init(table: .holdingRegister, address: 5, count: 1)] = .init(
      exception: 2, times: 1, retryAt: .never)
    learned.cuts = [.init(table: .holdingRegister, address: 12)]
    let plan = ReadPlan(unit: 1, points: points, rules: Self.line, learned: learned)
    #expect(plan.refused == [5: 2])
    let requests = plan.steps.map { "\($0.request.table.name) \($0.request.address)+\($0.request.count)" }
    #expect(requests == ["coil 3+1", "holding register 0+5", "holding register 6+6", "holding register 12+8"])
  }

  private func expectComplete(_ plan: ReadPlan, _ points: [RegisterPoint]) {
    #expect(plan.steps.flatMap { $0.slots.map(\.tag) }.sorted() == Array(points.indices))
    for step in plan.steps {
      #expect((1...step.request.table.maximumReadCount).contains(step.request.count))
      for slot in step.slots {
        let point = points[slot.tag]
        #expect(point.table == step.request.table)
        #expect(Int(step.request.address) + slot.offset == Int(point.address))
        #expect(slot.offset >= 0 && slot.offset + point.entryCount <= step.request.count)
      }
    }
  }
}
