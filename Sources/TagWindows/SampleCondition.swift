/// What a value must be: for time in a state, and for samples that alone are to enter a window.
public enum SampleCondition: Hashable, Sendable {
  /// Greater than the bound, in the tag's unit.
  case above(Double)
  /// Less than the bound, in the tag's unit.
  case below(Double)
  /// Exactly this value; a boolean tag is 0 or 1.
  case equals(Double)
  /// Any other value.
  case differs(Double)

  /// The number it compares with.
  public var bound: Double {
    switch self {
    case .above(let bound), .below(let bound), .equals(let bound), .differs(let bound): bound
    }
  }

  public func holds(for value: Double) -> Bool {
    switch self {
    case .above(let bound): value > bound
    case .below(let bound): value < bound
    case .equals(let bound): value == bound
    case .differs(let bound): value != bound
    }
  }
}
