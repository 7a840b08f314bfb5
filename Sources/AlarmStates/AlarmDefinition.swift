public import Telemetry

/// What the configuration says of an alarm, beside when it is raised.
public struct AlarmDefinition: Hashable, Sendable {
  /// Unique on its gateway.
  public var name: String
  /// `device/tag`; empty for an alarm of the gateway itself.
  public var tag: String
  /// The device whose alarms it counts among; empty: none, so that it takes no part in a flood.
  public var device: String
  public var severity: Severity
  /// Alarms of one group share a first-out mark; nil: it belongs to none.
  public var group: String?
  /// When its cause is gone it waits for somebody who has seen it; otherwise it is normal at once.
  public var needsAcknowledge: Bool

  public init(
    name: String, tag: String, device: String, severity: Severity, group: String? = nil, needsAcknowledge: Bool = true
  ) {
    self.name = name
    self.tag = tag
    self.device = device
    self.severity = severity
    self.group = group
    self.needsAcknowledge = needsAcknowledge
  }
}
