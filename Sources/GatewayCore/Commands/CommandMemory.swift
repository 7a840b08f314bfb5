/// The ids of commands that came, so that each is carried out once: the newest 1,024 of each device's ids.
struct CommandMemory: Sendable {
  struct Key: Hashable, Sendable {
    var device: String
    var id: String
  }

  enum Known: Sendable {
    /// Its reply goes to these, too.
    case underWay(items: [WriteCommand.Item], tickets: [Int])
    case over(items: [WriteCommand.Item], CommandReply)

    var items: [WriteCommand.Item] {
      switch self {
      case .underWay(let items, _), .over(let items, _): items
      }
    }
  }

  private var known: [Key: Known] = [:]
  private var order: [Key] = []

  subscript(_ key: Key) -> Known? {
    get { known[key] }
    set {
      if let newValue, known[key] == nil {
        order.append(key)
        known[key] = newValue
        forgetOldest()
      } else {
        known[key] = newValue
      }
    }
  }

  /// One under way is not forgotten; at most ``CommandLimits/maximumPending`` are.
  private mutating func forgetOldest() {
    var index = 0
    while order.count > CommandLimits.rememberedIDs, index < order.count {
      if case .underWay = known[order[index]] {
        index += 1
      } else {
        known[order.remove(at: index)] = nil
      }
    }
  }
}
