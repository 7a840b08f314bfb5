/// What a connection to the broker did since the daemon started.
public struct BrokerStatistics: Hashable, Sendable {
  /// `5` or `3.1.1`: what the connection speaks, or spoke last; empty before the first.
  public var protocolVersion = ""
  public var connections = 0
  /// Messages that reached us, those dropped included.
  public var received = 0
  /// Messages that were not passed on: payload or topic too long.
  public var receivedTooLarge = 0
  /// Messages that were not passed on: too many waited already.
  public var receivedQueueFull = 0
  /// Messages handed to the connection that it could not deliver, because it broke before.
  public var lostWithConnection = 0
  /// Messages that the broker refused after it had got them (MQTT 5, QoS 1): mostly because of its access rules.
  public var refusedByBroker = 0
  /// Topic filters, with what the broker said to those it refused.
  public var subscriptions: [BrokerSubscription] = []

  public init() {}
}

/// A topic filter that we subscribe to.
public struct BrokerSubscription: Hashable, Sendable {
  public enum State: Hashable, Sendable {
    case waiting
    case granted
    /// In the broker's words.
    case refused(String)
  }

  public var filter: TopicFilter
  public var state: State

  public init(filter: TopicFilter, state: State = .waiting) {
    self.filter = filter
    self.state = state
  }
}
