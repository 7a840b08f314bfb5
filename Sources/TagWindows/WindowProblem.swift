/// One thing that is wrong with a window's specification.
public struct WindowProblem: Hashable, Sendable, CustomStringConvertible {
  /// The key of the configuration that it is about: `length`, `every`, `function` …
  public var key: String
  /// What is wrong and what to do.
  public var text: String

  public var description: String { "\(key): \(text)" }
}
