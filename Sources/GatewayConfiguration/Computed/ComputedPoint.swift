public import TagExpressions
public import TagWindows

/// How a computed tag comes from others (`docs/computed.md`).
public struct ComputedPoint: Hashable, Sendable {
  public enum Calculation: Hashable, Sendable {
    case expression(ExpressionProgram)
    case window(WindowSpecification, of: [TagName])
  }

  public var calculation: Calculation
  /// To how many digits after the point the value is rounded, 0 to 9; nil: not at all.
  public var decimals: Int?

  public init(_ calculation: Calculation, decimals: Int? = nil) {
    self.calculation = calculation
    self.decimals = decimals
  }

  /// The tags that it uses, in the order in which its calculation numbers them.
  public var inputs: [TagName] {
    switch calculation {
    case .expression(let program): program.inputs
    case .window(_, let tags): tags
    }
  }
}
