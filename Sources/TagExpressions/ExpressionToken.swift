/// One word of an expression, and where it stands.
struct ExpressionToken: Hashable {
  enum Kind: Hashable {
    case number(Double)
    /// What stands between quotes.
    case text(String)
    case tag(TagName)
    /// A name without a `/`: of a function, of an operator such as `and`, or of a tag of the same device.
    case word(String)
    /// An operator, a parenthesis or a comma.
    case sign(String)
    case end
  }

  var kind: Kind
  /// Bytes of the text.
  var range: Range<Int>
}
