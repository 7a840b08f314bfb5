/// The member `broker` of the daemon's status.
struct BrokerStatus: Decodable {
  struct Subscription: Decodable {
    var filter: String
    var state: String
    var detail: String?
  }

  var state: String
  var address: String?
  var detail: String?
  var tls: Bool?
  /// The version of MQTT, once there was a connection.
  var `protocol`: String?
  var connections: Int?
  var subscriptions: [Subscription]?
  /// Messages that came, by what became of them; `messages` is all of them.
  var received: [String: Int]?
  /// Topics whose newest state waits to be published.
  var waitingTopics: Int?
  var lostWithConnection: Int?
  var refusedByBroker: Int?

  enum CodingKeys: String, CodingKey {
    case state, address, detail, tls, `protocol`, connections, subscriptions, received
    case waitingTopics = "waiting_topics"
    case lostWithConnection = "lost_with_connection"
    case refusedByBroker = "refused_by_broker"
  }
}
