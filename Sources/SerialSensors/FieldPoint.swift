/// Where a tag's value stands in a message of a serial sensor.
public struct FieldPoint: Hashable, Sendable {
  /// Name, number or path of the field, as the sensor's format knows it.
  public var field: String

  public init(field: String) {
    self.field = field
  }
}
