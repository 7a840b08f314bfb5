/// A window cannot be made so: at least one problem, and all that were found.
public struct InvalidWindow: Error, Hashable, Sendable, CustomStringConvertible {
  public var problems: [WindowProblem]

  public var description: String { problems.map(\.description).joined(separator: "; ") }
}
