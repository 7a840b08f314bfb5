/// Why a value cannot be written to a point.
public struct RegisterEncodingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One line: the value, the point's type, and what it takes.
  public var detail: String

  public init(_ detail: String) {
    self.detail = detail
  }

  public var description: String { detail }
}
