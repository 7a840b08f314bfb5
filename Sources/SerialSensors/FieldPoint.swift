public import Telemetry

/// Where a tag's value stands in a message of a serial sensor, and how it is read.
public struct FieldPoint: Hashable, Sendable {
  /// Name, number or path of the field, as the sensor's format knows it.
  public var field: String
  public var type: FieldType
  /// The number has a comma where others have a point.
  public var hasDecimalComma: Bool
  /// Words of a ``FieldType/bool``, compared without regard to the case of ASCII letters; empty: the usual ones.
  public var trueWords: [String]
  public var falseWords: [String]
  /// How the bytes of a ``FieldType/string`` stand for letters.
  public var encoding: TextEncoding

  public init(
    field: String, type: FieldType = .number, hasDecimalComma: Bool = false, trueWords: [String] = [],
    falseWords: [String] = [], encoding: TextEncoding = .utf8
  ) {
    self.field = field
    self.type = type
    self.hasDecimalComma = hasDecimalComma
    self.trueWords = trueWords
    self.falseWords = falseWords
    self.encoding = encoding
  }
}
