/// What a connection to the broker tells.
public enum BrokerEvent: Hashable, Sendable {
  case state(BrokerState)
  case message(BrokerMessage)
  /// The broker does not let us listen; its words.
  case subscriptionRefused(filter: String, String)
}
