/// What became of a message. Each is counted.
public enum PublishOutcome: String, Sendable, CaseIterable {
  case accepted
  case notConnected = "not connected"
  /// The broker takes messages more slowly than they come: it is tried again, with the newest state of the topic.
  case queueFull = "queue full"
  /// It waited, because of the configured rate or a full queue, and a newer message of its topic took its place.
  case replaced
  case refused
}

/// What is known of the connection to the broker.
public enum BrokerState: Hashable, Sendable {
  case connected
  /// One line for people: what happened.
  case disconnected(String)
}

/// The MQTT broker, as the engine sees it. Never blocks, never queues without bound.
public protocol MessageBroker: AnyObject, Sendable {
  func publish(_ message: OutgoingMessage) -> PublishOutcome
  /// From now on exactly these topic filters are subscribed to, after every connect anew.
  func subscribe(to filters: [TopicFilter])
  var statistics: BrokerStatistics { get }
}

extension MessageBroker {
  /// At most once, without properties.
  public func publish(topic: String, payload: [UInt8], retained: Bool) -> PublishOutcome {
    publish(OutgoingMessage(topic: topic, payload: payload, isRetained: retained))
  }
}
