/// How far a value must move from the one reported last before it is reported again.
public enum Deadband: Hashable, Sendable {
  /// In the tag's unit; 0 reports every change.
  case absolute(Double)
  /// Of the magnitude of the value reported last; 0 to 100.
  case percent(Double)

  public static let anyChange = Self.absolute(0)

  /// True when `value` is farther from `reported` than allowed. A difference that is no number (between infinities, say)
  /// is a change.
  public func isExceeded(from reported: Double, to value: Double) -> Bool {
    guard value != reported else { return false }
    let allowed =
      switch self {
      case .absolute(let distance): distance
      case .percent(let percent): reported.magnitude * percent / 100
      }
    return !((value - reported).magnitude <= allowed)
  }
}
