/// Hours of the day in which telemetry is not sent, because the link costs more then or is wanted for something else.
public struct QuietHours: Hashable, Sendable {
  /// Minutes since local midnight, 0 to 1439. `to` may be before `from`: then midnight lies between.
  public var from: Int
  public var to: Int

  public init(from: Int, to: Int) {
    self.from = from
    self.to = to
  }

  /// `22:00-06:30`; nil for anything else, and when both are the same.
  public init?(text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
      String(part.filter { $0 != " " })
    }
    guard parts.count == 2, let from = Self.minutes(parts[0]), let to = Self.minutes(parts[1]), from != to else {
      return nil
    }
    self.init(from: from, to: to)
  }

  private static func minutes(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0..<24).contains(hour), (0..<60).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }

  /// How long it is quiet from this minute of the day on; nil when it is not.
  public func rest(at minute: Int) -> Duration? {
    let length = (to - from + 1_440) % 1_440
    let passed = (minute - from + 1_440) % 1_440
    return passed < length ? .seconds(60 * (length - passed)) : nil
  }
}
