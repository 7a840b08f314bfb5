/// Why a message was not handed to the broker. Each is counted.
public enum PublishOutcome: String, Sendable, CaseIterable {
  case accepted
  case notConnected = "not connected"
  /// The broker takes messages more slowly than they come.
  case queueFull = "queue full"
  /// Above the configured rate.
  case rateLimited = "rate limited"
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
  func subscribe(to filters: [String])
  var statistics: BrokerStatistics { get }
}

extension MessageBroker {
  /// At most once, without properties.
  public func publish(topic: String, payload: [UInt8], retained: Bool) -> PublishOutcome {
    publish(OutgoingMessage(topic: topic, payload: payload, isRetained: retained))
  }
}
