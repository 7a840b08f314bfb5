import CAllocationCounter
import TagExpressions
import Telemetry
import Testing

@Suite("Memory of expressions")
struct ExpressionAllocationTests {
  static let texts = [
    "boiler/supply_temp - boiler/return_temp", "boiler/mode == 'heating' and (boiler/flow > 1 or not boiler/pump)",
    "if(boiler/pump, interpolate(boiler/flow, 0, 0, 1, 10, 5, 20), last_good(plc/temp)) ^ 2 % 7 + age(plc/temp)",
    "max(dew_point(room/temperature, room/humidity), 1, 2, 3) + clamp(x, 0, 5) * round(x, 2) + number(is_good(bad/old))",
    "bad/timeout + 1 / plc/zero", "sqrt(exp(ln(x))) + log10(x) + sin(x) * cos(x) + pow(x, 2) + abs(-x) + floor(x)",
  ]

  @Test("The counter counts")
  func counter() {
    let before = fieldgate_allocations()
    let array = Array(repeating: 1, count: Int(before % 7) + 100)
    #expect(fieldgate_allocations() > before)
    #expect(array.count >= 100)
  }

  @Test("An evaluation allocates nothing, and neither does taking a reading", arguments: texts)
  func evaluation(_ text: String) throws {
    let bench = ExpressionBench()
    let program = try bench.compile(text)
    var inputs = program.inputs.map { bench.inputs[$0] ?? ExpressionInput() }
    let definitions = program.inputs.map { bench.definitions[$0] ?? TagDefinition(name: "", type: .float64) }
    let places = Array(inputs.indices)
    var stack = ExpressionStack(depth: program.stackDepth)
    var sum = program.evaluate(inputs, places: places, stack: &stack, now: bench.now).number
    let before = fieldgate_allocations()
    for round in 0..<1_000 {
      for index in inputs.indices {
        inputs[index].take(Reading(.integer(Int64(round))), definitions[index], now: bench.now)
      }
      sum += program.evaluate(inputs, places: places, stack: &stack, now: bench.now).number
    }
    let count = fieldgate_allocations() - before
    #expect(count == 0, "\(count) allocations in 1,000 evaluations; sum \(sum)")
  }
}
