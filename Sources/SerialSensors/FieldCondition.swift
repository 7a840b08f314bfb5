/// A line belongs to a device only when a field of it has this text: for several sensors behind one receiver.
public struct FieldCondition: Hashable, Sendable {
  public var field: String
  public var text: String

  public init(field: String, text: String) {
    self.field = field
    self.text = text
  }
}
