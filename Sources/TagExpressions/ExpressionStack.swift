import Telemetry

/// The values that an evaluation is at work on: made once, so that evaluating allocates nothing.
public struct ExpressionStack: Sendable {
  private(set) var values: [ExpressionValue]
  private(set) var count = 0

  /// - Parameter depth: the greatest ``ExpressionProgram/stackDepth`` that it is for.
  public init(depth: Int) { values = Array(repeating: .absent, count: max(1, depth)) }

  mutating func push(_ value: ExpressionValue) {
    values[count] = value
    count += 1
  }

  mutating func pop() -> ExpressionValue {
    count -= 1
    return values[count]
  }

  var top: ExpressionValue { values[count - 1] }

  mutating func removeAll() { count = 0 }

  /// Replaces the top.
  mutating func change(_ body: (Double) -> Double) {
    let value = values[count - 1]
    if value.hasValue { values[count - 1] = ExpressionValue(body(value.number), value.quality) }
  }

  /// Replaces the two on top, whose result needs both.
  mutating func join(_ body: (Double, Double) -> Double) {
    let right = pop(), left = values[count - 1]
    let quality = ExpressionValue.worse(left.quality, right.quality)
    values[count - 1] =
      quality.hasValue
      ? ExpressionValue(body(left.number, right.number), quality) : ExpressionValue(0, quality)
  }
}
