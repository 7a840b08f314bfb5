/// Ids of commands for alarms that came over the broker, with their replies: the same command again is answered and not
/// carried out, because it may mean another raising by then.
struct AlarmReplies: Sendable {
  static let limit = 1_024

  struct Key: Hashable, Sendable {
    /// Nil: all alarms.
    var alarm: String?
    var id: String
  }

  private var known: [Key: AlarmReply] = [:]
  private var order: [Key] = []

  subscript(_ key: Key) -> AlarmReply? { known[key] }

  mutating func remember(_ reply: AlarmReply, _ key: Key) {
    if known.updateValue(reply, forKey: key) == nil { order.append(key) }
    while order.count > Self.limit { known[order.removeFirst()] = nil }
  }
}
