/// What a check came to.
public enum Verdict: String, Sendable, CaseIterable {
  case ok
  /// It works, and will not for ever, or not as well as it could.
  case warning
  /// Something does not work.
  case problem
  /// What would have to be known could not be.
  case notChecked = "not checked"
}
