public import Telemetry

/// An alarm on one tag crossing one limit.
public struct ThresholdRule: Hashable, Sendable {
  public enum Comparison: String, Sendable, CaseIterable {
    case above
    case below
  }

  /// The alarm's name, unique on its gateway.
  public var name: String
  public var tag: TagIndex
  /// `device/tag`, for events and messages.
  public var tagName: String
  /// The tag's unit, for messages; may be empty.
  public var unit: String
  public var comparison: Comparison
  /// In the tag's unit; finite.
  public var limit: Double
  /// In the tag's unit, 0 or more: a raised `above` alarm clears at or below `limit - hysteresis`, a raised `below`
  /// alarm at or above `limit + hysteresis`.
  public var hysteresis: Double
  /// The condition must hold this long without a break before the alarm is raised; zero raises at once.
  public var onDelay: Duration
  public var severity: Severity

  public init(
    name: String, tag: TagIndex, tagName: String, unit: String = "", comparison: Comparison, limit: Double,
    hysteresis: Double = 0, onDelay: Duration = .zero, severity: Severity = .medium
  ) {
    self.name = name
    self.tag = tag
    self.tagName = tagName
    self.unit = unit
    self.comparison = comparison
    self.limit = limit
    self.hysteresis = hysteresis
    self.onDelay = onDelay
    self.severity = severity
  }
}
