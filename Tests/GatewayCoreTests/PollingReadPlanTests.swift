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
    Case("a gap of 8", [holding(0), holding(9)], ["holding register 0+10"]),
    Case("a gap of 9", [holding(0), holding(10)], ["holding register 0+1", "holding register 10+1"]),
    Case("bits with a gap of 64", [coil(0), coil(65)], ["coil 0+66"]),
    Case("bits with a gap of 65", [coil(0), coil(66)], ["coil 0+1", "coil 66+1"]),
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
      [
        "holding register 65530+1", "holding register 65533+4", "holding register 65534+2",
        "holding register 65535+2",
      ]),
  ]

  @Test("points are merged into few requests", arguments: cases)
  func merges(_ one: Case) {
    let plan = ReadPlan(unit: 9, points: one.points)
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
    var plan = ReadPlan(unit: 1, points: points)
    expectComplete(plan, points)
    let step = Int.random(in: plan.steps.indices, using: &generator)
    _ = plan.splitAtGaps(step: step, points: points)
    expectComplete(plan, points)
  }

  @Test("a step is split so that it asks for no entry that no tag needs")
  func splits() {
    let points = [Self.holding(0), Self.holding(3), Self.holding(4, .uint32), Self.holding(9), Self.coil(7)]
    var plan = ReadPlan(unit: 1, points: points)
    #expect(plan.steps.count == 2)
    let didSplit = plan.splitAtGaps(step: 1, points: points)
    #expect(didSplit)
    #expect(plan.steps.map(\.request.address) == [7, 0, 3, 9])
    #expect(plan.steps.map(\.request.count) == [1, 1, 3, 1])
    expectComplete(plan, points)
    for step in plan.steps.indices {
      let didSplitAgain = plan.splitAtGaps(step: step, points: points)
      #expect(!didSplitAgain)
    }
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
