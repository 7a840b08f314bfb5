/// Why a format or one of its fields cannot be used.
public struct FormatError: Error, Hashable, Sendable {
  /// What is wrong, for a message that begins with the format or the field.
  public var message: String
  /// What to write instead; may be empty.
  public var hint: String
  /// Index of the field that is meant; nil: the format.
  public var field: Int?

  public init(_ message: String, hint: String = "", field: Int? = nil) {
    self.message = message
    self.hint = hint
    self.field = field
  }
}
