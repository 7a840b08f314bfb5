import Telemetry

/// What one field of a message says.
struct FieldValue: Hashable, Sendable {
  var reading: Reading
  /// Of a ``FieldType/string`` that has a value.
  var text: String?

  init(_ reading: Reading, text: String? = nil) {
    self.reading = reading
    self.text = text
  }

  static let absent = Self(.absent)

  static func bad(_ reason: Quality.Reason) -> Self { Self(.bad(reason)) }
}
