/// When a rule is in force: parts of the week, in the time zone of the gateway.
public struct Schedule: Hashable, Sendable {
  /// One entry: on these days, from one time to another.
  public struct Part: Hashable, Sendable {
    /// 0 is Monday, 6 Sunday; the days on which the part begins.
    public var days: Set<Int>
    /// Minutes since midnight, 0 to 1439.
    public var from: Int
    /// Minutes since midnight, 1 to 1440; at or before `from`: it ends on the next day.
    public var to: Int

    public init(days: Set<Int> = Set(0...6), from: Int = 0, to: Int = 1_440) {
      self.days = days
      self.from = from
      self.to = to
    }

    /// - Parameter minute: of the week, 0 is Monday at midnight.
    func contains(_ minute: Int) -> Bool {
      let day = minute / 1_440
      let time = minute % 1_440
      if from < to { return days.contains(day) && (from..<to).contains(time) }
      return days.contains(day) && time >= from || days.contains((day + 6) % 7) && time < to
    }
  }

  public var parts: [Part]

  public init(_ parts: [Part]) {
    self.parts = parts
  }

  /// - Parameter minute: of the week, 0 to 10,079, 0 is Monday at midnight; nil while the clock is not known. Then the
  ///   schedule counts as in force: an alarm too many does less harm than one too few.
  public func isInForce(at minute: Int?) -> Bool {
    guard let minute else { return true }
    return parts.contains { $0.contains(minute) }
  }
}
