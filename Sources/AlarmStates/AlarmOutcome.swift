public import Telemetry

/// An event for the record, and whether people hear of it.
public struct AlarmNews: Hashable, Sendable {
  public var event: AlarmEvent
  /// False while the alarm is set aside, or one of a flood: it is recorded, and neither shown nor acted on.
  public var isAnnunciated: Bool

  public init(event: AlarmEvent, isAnnunciated: Bool) {
    self.event = event
    self.isAnnunciated = isAnnunciated
  }
}

/// What a step of an ``AlarmBook`` led to.
public struct AlarmOutcome: Hashable, Sendable {
  /// For the record, in this order.
  public var news: [AlarmNews] = []
  /// Alarms whose state is to be shown as it is now.
  public var presented: Set<String> = []

  public init() {}

  public var events: [AlarmEvent] { news.map(\.event) }
}
