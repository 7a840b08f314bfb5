public import Telemetry

/// What a format makes of one line.
public enum MessageOutcome: Hashable, Sendable {
  /// The line is of another kind.
  case notMine
  /// The line is of this kind and says nothing: a header.
  case ignored
  /// The line is of this kind, and no value of it can be trusted. The text is one line for people.
  case damaged(Quality.Reason, String)
  /// A reading for each point, absent where the line does not have it, and the texts of strings by the index of their
  /// point.
  case readings([Reading], texts: [Int: String])

  static func values(_ values: [FieldValue]) -> Self {
    var texts: [Int: String] = [:]
    for (index, value) in values.enumerated() { texts[index] = value.text }
    return .readings(values.map(\.reading), texts: texts)
  }
}
