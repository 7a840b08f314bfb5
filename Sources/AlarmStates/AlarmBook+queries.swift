public import Telemetry

/// What is to be shown.
extension AlarmBook {
  public subscript(_ name: String) -> AlarmRecord? { records[name] }

  /// Of all alarms that ever changed, in no order.
  public var all: [AlarmRecord] { Array(records.values) }

  /// Alarms whose cause holds, set aside or not.
  public var active: Set<String> { Set(records.values.lazy.filter(\.standing.isActive).map(\.name)) }

  public var hasShelved: Bool { !shelved.isEmpty }

  public func definition(_ name: String) -> AlarmDefinition? { definitions[name] }

  /// Alarms of the book's own that stand for floods.
  public var floodNames: [String] { floods.keys.sorted() }

  public func isFlood(_ name: String) -> Bool { floods[name] != nil }

  /// How often an alarm was raised since it began to chatter, and how long that is; nil when it does not.
  public func chattering(_ name: String, now: MonotonicTime) -> (count: Int, over: Duration)? {
    guard floods[name] == nil, let watch = records[name]?.watch, watch.isOften(settings.chatter, now: now),
      let since = watch.since
    else { return nil }
    return (watch.count, now - since)
  }

  /// What is left of shelving; nil when it is not shelved.
  public func shelfRemaining(_ name: String, now: MonotonicTime) -> Duration? {
    records[name]?.shelfEnd.map { max(.zero, $0 - now) }
  }
}
