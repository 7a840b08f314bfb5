import TagExpressions
import Telemetry
import Testing

@Suite("Random expressions")
struct ExpressionRandomTests {
  /// Seeds that once failed come first.
  static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

  @Test("They give what a slow, obvious evaluator gives", arguments: seeds + [UInt64.random(in: 100 ... .max)])
  func reference(_ seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    let bench = ExpressionBench()
    var checked = 0
    while checked < 300 {
      let isTruth = Bool.random(using: &random)
      let expression = ReferenceExpression.random(
        truth: isTruth, depth: .random(in: 1...5, using: &random), using: &random)
      guard expression.text.contains("/"), expression.text.count <= 2_000 else { continue }
      let program: ExpressionProgram
      do throws(ExpressionError) {
        program = try bench.compile(expression.text)
      } catch  where error.message.hasPrefix("the expression") {
        // Without a tag, or too large.
        continue
      } catch {
        Issue.record("seed \(seed): \(expression.text): \(error.message)")
        return
      }
      checked += 1
      #expect(program.type == (isTruth ? .truth : .number))
      let expected = expression.value { name in
        let value = bench.inputs[ExpressionBench.name(name)]?.value ?? .absent
        return (value.hasValue ? value.number : nil, value.quality)
      }
      let found = bench.evaluate(program)
      let isSame = found.quality == expected.quality && (found.hasValue ? found.number : nil) == expected.number
      #expect(isSame, "seed \(seed): \(expression.text) gives \(found), not \(expected)")
      if !isSame { return }
    }
  }

  @Test("No text makes the parser stop the program", arguments: seeds + [UInt64.random(in: 100 ... .max)])
  func noise(_ seed: UInt64) {
    var random = SeededRandom(state: seed)
    let bench = ExpressionBench()
    let pieces = [
      "boiler/flow", "boiler/pump", "x", "(", ")", ",", "+", "-", "*", "/", "^", "%", "<", "==", "and", "or", "not ",
      "if(", "max(", "interpolate(", "1", "2.5", "'on'", "\"", "{", "}", "°", "=", "e", ".", " ", "dew_point(", "as(",
    ]
    var accepted = 0
    for _ in 0..<800 {
      let count = Int.random(in: 0...12, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      do throws(ExpressionError) {
        _ = bench.evaluate(try bench.compile(text))
        accepted += 1
      } catch {
        #expect(!error.message.isEmpty)
        #expect((0...text.utf8.count).contains(error.offset), "seed \(seed): \(text): \(error)")
      }
    }
    #expect(accepted > 2, "seed \(seed)")
  }
}

/// SplitMix64.
private struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
