import Telemetry

/// The newest events of the alarms lane, for a person at the box; all of them are at central.
struct AlarmHistory: Sendable {
  static let limit = 1_000

  /// A ring, once it is full; `next` is the place of the oldest then.
  private var events: [AlarmEvent] = []
  private var next = 0

  mutating func append(_ event: AlarmEvent) {
    guard events.count == Self.limit else { return events.append(event) }
    events[next] = event
    next = (next + 1) % Self.limit
  }

  /// Oldest first.
  var inOrder: [AlarmEvent] { Array(events[next...] + events[..<next]) }
}
