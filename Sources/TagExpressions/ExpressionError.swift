/// What is wrong with an expression, and where.
public struct ExpressionError: Error, Hashable, Sendable {
  /// Bytes of UTF-8 before the place that is meant.
  public var offset: Int
  /// What is wrong, such as `'max' needs two values or more`.
  public var message: String
  /// What to write instead; may be empty.
  public var hint: String
  /// It only follows from another mistake, which was told where it is: of a tag that is itself wrong.
  public var isConsequence: Bool

  public init(offset: Int, _ message: String, hint: String = "", isConsequence: Bool = false) {
    self.offset = offset
    self.message = message
    self.hint = hint
    self.isConsequence = isConsequence
  }
}
