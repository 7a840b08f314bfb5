public import Telemetry

/// What is known of a tag that expressions use.
public struct ExpressionInput: Hashable, Sendable {
  /// Its newest reading, in its unit; absent until there is one. Of a text without a number.
  public private(set) var value = ExpressionValue.absent
  /// ``Reading/bits`` of it.
  public private(set) var bits: Int64 = 0
  /// The newest good value; nil until there is one.
  public private(set) var lastGood: Double?
  /// When a reading with a value came last, one that only grew old not counted.
  public private(set) var heard: MonotonicTime?

  public init() {}

  /// Takes a reading of the tag; one that is absent says nothing.
  public mutating func take(_ reading: Reading, _ definition: TagDefinition, now: MonotonicTime) {
    guard reading.quality.level != .absent else { return }
    bits = reading.bits
    value = ExpressionValue(reading.engineeringValue(definition) ?? 0, reading.quality)
    if value.quality.level == .good { lastGood = value.number }
    if value.hasValue, value.quality.reason != .stale { heard = now }
  }
}
