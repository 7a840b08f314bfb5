/// Why a part of the test kit could not do what was asked: what, where, cause and what to do next, in one line.
public struct TestKitError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}
