import Foundation
import TagExpressions
import Telemetry

/// A random expression that evaluates itself, slowly and obviously, by walking its own tree.
indirect enum ReferenceExpression {
  case number(Double)
  case truth(Bool)
  case tag(String, isTruth: Bool)
  case unary(String, ReferenceExpression)
  case binary(String, ReferenceExpression, ReferenceExpression)
  case call(String, [ReferenceExpression])

  static let numbers = [
    "boiler/flow", "plc/count", "plc/zero", "calc/x", "bad/timeout", "bad/old", "bad/range", "bad/never", "bad/nan",
  ]
  static let truths = ["boiler/pump", "plc/door", "bad/flag"]

  /// Fully in parentheses, so that it does not depend on precedence; that has tests of its own.
  var text: String {
    switch self {
    case .number(let value): value < 0 ? "(-\(-value))" : "\(value)"
    case .truth(let value): "\(value)"
    case .tag(let name, _): name
    case .unary(let sign, let inner): "(\(sign) \(inner.text))"
    case .binary(let sign, let left, let right): "(\(left.text) \(sign) \(right.text))"
    case .call(let name, let values): "\(name)(\(values.map(\.text).joined(separator: ", ")))"
    }
  }

  // MARK: Making one

  static func random(truth: Bool, depth: Int, using random: inout some RandomNumberGenerator) -> Self {
    if depth == 0 || Int.random(in: 0..<5, using: &random) == 0 {
      if truth {
        return Bool.random(using: &random)
          ? .truth(.random(using: &random)) : .tag(truths.randomElement(using: &random) ?? "", isTruth: true)
      }
      return Bool.random(using: &random)
        ? .number(Double(Int.random(in: -20...20, using: &random)) / 4)
        : .tag(numbers.randomElement(using: &random) ?? "", isTruth: false)
    }
    func part(_ truth: Bool) -> Self { .random(truth: truth, depth: depth - 1, using: &random) }
    if truth {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return .unary("not", part(true))
      case 1: return .binary(["and", "or"].randomElement(using: &random) ?? "and", part(true), part(true))
      case 2: return .call("is_good", [part(.random(using: &random))])
      case 3: return .call("if", [part(true), part(true), part(true)])
      default:
        let sign = ["<", "<=", ">", ">=", "==", "!="].randomElement(using: &random) ?? "<"
        return .binary(sign, part(false), part(false))
      }
    }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return .unary("-", part(false))
    case 1:
      return .call(["min", "max"].randomElement(using: &random) ?? "min", [part(false), part(false), part(false)])
    case 2: return .call("if", [part(true), part(false), part(false)])
    case 3: return .call(["abs", "floor", "ceil", "sqrt", "round"].randomElement(using: &random) ?? "", [part(false)])
    case 4: return .call("clamp", [part(false), part(false), part(false)])
    default:
      return .binary(["+", "-", "*", "/", "%"].randomElement(using: &random) ?? "+", part(false), part(false))
    }
  }

  // MARK: Evaluating it

  typealias Outcome = (number: Double?, quality: Quality)

  func value(_ tags: (String) -> Outcome) -> Outcome {
    switch self {
    case .number(let value): return (value, .good)
    case .truth(let value): return (value ? 1 : 0, .good)
    case .tag(let name, _): return tags(name)
    case .unary("not", let inner): return Self.combined([inner.value(tags)]) { $0[0] == 0 ? 1 : 0 }
    case .unary(_, let inner): return Self.combined([inner.value(tags)]) { -$0[0] }
    case .binary("and", let left, let right): return Self.kleene(left.value(tags), right.value(tags), decider: 0)
    case .binary("or", let left, let right): return Self.kleene(left.value(tags), right.value(tags), decider: 1)
    case .binary(let sign, let left, let right):
      return Self.combined([left.value(tags), right.value(tags)]) { Self.binary(sign, $0[0], $0[1]) }
    case .call("is_good", let values): return (values[0].value(tags).quality == .good ? 1 : 0, .good)
    case .call("if", let values):
      let condition = values[0].value(tags)
      guard let flag = condition.number else { return condition }
      let result = values[flag != 0 ? 1 : 2].value(tags)
      return Self.combined([condition, result]) { $0[1] }
    case .call(let name, let values): return Self.combined(values.map { $0.value(tags) }) { Self.call(name, $0) }
    }
  }

  private static let order: [Quality.Level] = [.good, .uncertain, .absent, .bad]

  /// The worst quality; the first among equals.
  private static func worst(_ qualities: [Quality]) -> Quality {
    var result = Quality.good
    for level in order { result = qualities.first { $0.level == level } ?? result }
    return result
  }

  private static func combined(_ parts: [Outcome], _ body: ([Double]) -> Double) -> Outcome {
    let quality = worst(parts.map(\.quality))
    guard quality.hasValue else { return (nil, quality) }
    let result = body(parts.compactMap(\.number))
    return result.isFinite ? (result, quality) : (nil, .bad(.undecodable))
  }

  private static func kleene(_ left: Outcome, _ right: Outcome, decider: Double) -> Outcome {
    let deciding = [left, right].filter { $0.number == decider }
    for level in order {
      if let best = deciding.first(where: { $0.quality.level == level }) { return best }
    }
    return combined([left, right]) { _ in 1 - decider }
  }

  private static func binary(_ sign: String, _ left: Double, _ right: Double) -> Double {
    switch sign {
    case "+": left + right
    case "-": left - right
    case "*": left * right
    case "/": left / right
    case "%": right == 0 ? .nan : modulo(left, right)
    case "<": left < right ? 1 : 0
    case "<=": left <= right ? 1 : 0
    case ">": left > right ? 1 : 0
    case ">=": left >= right ? 1 : 0
    case "==": left == right ? 1 : 0
    default: left != right ? 1 : 0
    }
  }

  private static func modulo(_ left: Double, _ right: Double) -> Double {
    let rest = fmod(left, right)
    if rest == 0 { return 0 }
    return rest.sign == right.sign ? rest : rest + right
  }

  private static func call(_ name: String, _ values: [Double]) -> Double {
    switch name {
    case "min": values.min() ?? .nan
    case "max": values.max() ?? .nan
    case "abs": values[0] < 0 ? -values[0] : values[0]
    case "floor": Foundation.floor(values[0])
    case "ceil": Foundation.ceil(values[0])
    case "round": Foundation.round(values[0])
    case "sqrt": values[0] < 0 ? .nan : Foundation.sqrt(values[0])
    default:
      values[1] > values[2]
        ? values[1] : values[0] < values[1] ? values[1] : values[0] > values[2] ? values[2] : values[0]
    }
  }
}
