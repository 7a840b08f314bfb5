/// A part of an expression as it was written, with its place in the text.
struct ExpressionNode: Hashable, Sendable {
  indirect enum Kind: Hashable, Sendable {
    case number(Double)
    case truth(Bool)
    case text(String)
    case tag(TagName)
    /// A tag of the same device, unless it is a mistake.
    case word(String)
    case negated(ExpressionNode)
    case not(ExpressionNode)
    case binary(Operator, ExpressionNode, ExpressionNode)
    case call(ExpressionFunction, [ExpressionNode])
  }

  enum Operator: String, Hashable, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"
    case power = "^"
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case and
    case or
  }

  var kind: Kind
  /// Bytes of the text.
  var range: Range<Int>
  /// Where its operator stands, of one that has two sides; otherwise where it begins.
  var mark: Int
}
