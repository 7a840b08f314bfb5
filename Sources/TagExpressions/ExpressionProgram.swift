public import Telemetry

/// An expression that was checked against the tags there are, as steps for a stack.
///
/// It speaks of its inputs by their names, so that it is the same wherever they stand in the catalogue.
public struct ExpressionProgram: Hashable, Sendable {
  public enum ResultType: Hashable, Sendable {
    case number
    /// True (1) or false (0).
    case truth
  }

  public let text: String
  /// The tags whose values it needs, in the order of its numbers for them.
  public let inputs: [TagName]
  public let type: ResultType
  /// Values that an evaluation has on its stack at most.
  public let stackDepth: Int
  /// Its result changes with time alone.
  public let usesClock: Bool
  let operations: [ExpressionOperation]
  let tables: [Double]
  let unit: ExpressionUnit

  /// - Throws: the first thing that is wrong.
  public init(_ parsed: ParsedExpression, tags: TagDirectory) throws(ExpressionError) {
    var compiler = ExpressionCompiler(parsed, tags)
    let result = try compiler.whole()
    text = parsed.text
    inputs = compiler.inputs
    type = result.type == .truth ? .truth : .number
    unit = result.unit
    operations = compiler.operations
    tables = compiler.tables
    stackDepth = compiler.deepest
    usesClock = compiler.usesClock
  }

  /// The unit that follows from those of its tags; nil when none does.
  public var impliedUnit: String? { unit.allowed.first }

  /// Why its tag cannot be declared to have this unit; nil when it can.
  public func objection(toUnit declared: String) -> String? {
    guard let shown = unit.shown, !declared.isEmpty, !unit.allowed.contains(declared) else { return nil }
    return "its expression gives \(shown), not \(declared)"
  }

  /// The value for what is known of its inputs now. Allocates nothing.
  ///
  /// - Parameters:
  ///   - inputs: what is known of all tags; `places` says which of them this program's inputs are.
  ///   - stack: deep enough for this program.
  public func evaluate(
    _ inputs: [ExpressionInput], places: [Int], stack: inout ExpressionStack, now: MonotonicTime
  ) -> ExpressionValue {
    stack.removeAll()
    var next = 0
    while next < operations.count {
      let operation = operations[next]
      next += 1
      switch operation {
      case .branch(let other, let end):
        let condition = stack.top
        if !condition.hasValue { next = end } else if condition.isFalse { next = other }
      case .jump(let target): next = target
      case .input(let number): stack.push(inputs[places[number]].value)
      case .lastGood(let number): stack.push(Self.lastGood(inputs[places[number]]))
      case .age(let number): stack.push(Self.age(inputs[places[number]], now))
      case .matches(let number, let bits, let isWanted):
        let input = inputs[places[number]]
        stack.push(ExpressionValue((input.bits == bits) == isWanted ? 1 : 0, input.value.quality))
      default: Self.perform(operation, &stack, tables)
      }
    }
    return stack.pop()
  }

  private static func lastGood(_ input: ExpressionInput) -> ExpressionValue {
    guard let number = input.lastGood else { return .absent }
    return ExpressionValue(number, input.value.quality == .good ? .good : .uncertain(input.value.quality.reason))
  }

  private static func age(_ input: ExpressionInput, _ now: MonotonicTime) -> ExpressionValue {
    guard let heard = input.heard else { return .absent }
    return ExpressionValue(Double(max(0, (now - heard).wholeMilliseconds)) / 1_000)
  }
}
