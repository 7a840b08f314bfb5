/// Topics whose newest state the broker has not got yet, in the order in which they came to wait.
///
/// A topic waits once, whatever happens to its value meanwhile: what is published in the end is the newest. So memory is
/// bounded by the number of topics, none is overtaken for ever, and late state converges.
public struct WaitingTopics<Topic: Hashable & Sendable>: Sendable {
  private var order: [Topic] = []
  private var head = 0
  private var members: Set<Topic> = []

  public init() {}

  public var isEmpty: Bool { members.isEmpty }
  public var count: Int { members.count }
  public var first: Topic? { head < order.count ? order[head] : nil }

  /// False when it waits already.
  public mutating func append(_ topic: Topic) -> Bool {
    guard members.insert(topic).inserted else { return false }
    order.append(topic)
    return true
  }

  public mutating func removeFirst() -> Topic? {
    guard let topic = first else { return nil }
    head += 1
    members.remove(topic)
    // Half of the array is spent: what that costs is spread over as many removals.
    if head * 2 >= order.count {
      order.removeFirst(head)
      head = 0
    }
    return topic
  }

  public mutating func removeAll() { self = Self() }
}
