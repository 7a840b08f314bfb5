/// One step of a program: takes its values from the top of the stack and puts its result there.
enum ExpressionOperation: Hashable, Sendable {
  case constant(Double)
  /// The value of an input, in its unit; 1 or 0 of a bool.
  case input(Int)
  case lastGood(Int)
  case age(Int)
  /// Whether an input's bits are these.
  case matches(Int, bits: Int64, isWanted: Bool)

  case add, subtract, multiply, divide, remainder, power, negate
  case less, lessOrEqual, greater, greaterOrEqual, equal, notEqual
  case and, or, not
  case min, max, clamp
  case abs, floor, ceil, sqrt, exp, ln, log10, sin, cos
  /// To this many digits after the point.
  case round(Int)
  /// By points from this place in the program's tables on.
  case interpolate(start: Int, points: Int)
  case dewPoint, absoluteHumidity
  case isGood

  /// Looks at the condition on top, which stays there: goes on when it is true, to `other` when it is false, and to `end`
  /// when it has no value, which is then the result.
  case branch(other: Int, end: Int)
  case jump(Int)
  /// The result of a branch, as good as the worse of itself and the condition below it.
  case merge
}
