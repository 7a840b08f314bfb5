/// Bounds of an expression (`docs/computed.md`).
public enum ExpressionLimits {
  /// Characters of the text.
  public static let characters = 2_000
  /// Numbers, tags, operators and functions together.
  public static let parts = 256
  /// Parentheses, arguments and operators in each other.
  public static let depth = 64
  /// Digits after the point that `round` can be asked for.
  static let digits = 9
}
