import Telemetry

/// So many raisings within so long.
public struct RaiseLimit: Hashable, Sendable {
  /// 2 to ``maximumCount``; what lies outside is held at the bounds.
  public let count: Int
  /// 1 s to 1 h; what lies outside is held at the bounds.
  public let window: Duration

  /// So many times are kept an alarm.
  public static let maximumCount = 100

  public init(count: Int, window: Duration) {
    self.count = max(2, min(count, Self.maximumCount))
    self.window = max(.seconds(1), min(window, .seconds(3_600)))
  }
}

/// Settings of an ``AlarmBook``.
public struct AlarmBookSettings: Hashable, Sendable {
  /// From so many alarms of a device on they are a flood; default 10 in 60 s. ISA-18.2 speaks of a flood when one operator
  /// gets more than ten in ten minutes; of one device alone that many within a minute are one fault, told ten times.
  public var flood: RaiseLimit
  /// An alarm that is raised so often chatters; default 3 in 60 s (a common reading of ISA-18.2).
  public var chatter: RaiseLimit
  /// When a command names no time; default 8 h, a shift.
  public var shelving: Duration
  /// Nobody may shelve for longer; 1 min to 31 d, default 7 d.
  public var longestShelving: Duration

  public init(
    flood: RaiseLimit = .init(count: 10, window: .seconds(60)),
    chatter: RaiseLimit = .init(count: 3, window: .seconds(60)), shelving: Duration = .seconds(8 * 3_600),
    longestShelving: Duration = .seconds(7 * 86_400)
  ) {
    self.flood = flood
    self.chatter = chatter
    self.longestShelving = max(.seconds(60), min(longestShelving, .seconds(31 * 86_400)))
    self.shelving = min(shelving, self.longestShelving)
  }
}
