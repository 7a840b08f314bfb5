public import Telemetry

/// A number, or true (1) or false (0), and how far it can be trusted.
public struct ExpressionValue: Hashable, Sendable {
  /// Always finite; 0 where the quality has no value.
  public var number: Double
  public var quality: Quality

  /// A number that is none makes it bad (undecodable value).
  public init(_ number: Double, _ quality: Quality = .good) {
    guard quality.hasValue, number.isFinite else {
      self.number = 0
      self.quality = quality.hasValue ? .bad(.undecodable) : quality
      return
    }
    self.number = number
    self.quality = quality
  }

  public static let absent = Self(0, .absent)

  public var hasValue: Bool { quality.hasValue }
  var isTrue: Bool { hasValue && number != 0 }
  var isFalse: Bool { hasValue && number == 0 }

  /// The worse of two; of two that are equally bad the first. A value that was never read is better than one that is bad.
  static func worse(_ first: Quality, _ second: Quality) -> Quality { rank(second) > rank(first) ? second : first }

  static func rank(_ quality: Quality) -> Int {
    switch quality.level {
    case .good: 0
    case .uncertain: 1
    case .absent: 2
    case .bad: 3
    }
  }
}
