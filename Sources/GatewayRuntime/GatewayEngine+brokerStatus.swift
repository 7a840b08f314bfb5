import GatewayConfiguration
import GatewayCore
import JSONText

/// What `fieldgate status` shows of the broker, as JSON.
extension GatewayEngine {
  func writeBroker(to json: inout JSONWriter) {
    guard let broker = settings.broker else { return json.member("state", "not configured") }
    json.member("address", "\(broker.host):\(broker.port)")
    json.member("tls", broker.tls != nil)
    json.member("waiting_topics", publishing.waiting.count)
    switch brokerState {
    case .connected: json.member("state", "connected")
    case .disconnected(let text):
      json.member("state", "disconnected")
      json.member("detail", text)
    }
    if let statistics = outside.broker?.statistics { writeBroker(statistics, to: &json) }
  }

  private func writeBroker(_ statistics: BrokerStatistics, to json: inout JSONWriter) {
    json.member("protocol", ifPresent: statistics.protocolVersion.isEmpty ? nil : statistics.protocolVersion)
    json.member("connections", statistics.connections)
    json.array("subscriptions") { json in
      for subscription in statistics.subscriptions {
        json.object { json in
          json.member("filter", subscription.filter.text)
          switch subscription.state {
          case .waiting: json.member("state", "waiting")
          case .granted: json.member("state", "granted")
          case .refused(let text):
            json.member("state", "refused")
            json.member("detail", text)
          }
        }
      }
    }
    json.object("received") { json in
      json.member("messages", statistics.received)
      json.member("unknown", counters.messagesUnknown)
      json.member("too large", statistics.receivedTooLarge)
      json.member("queue full", statistics.receivedQueueFull)
    }
    json.member("lost_with_connection", statistics.lostWithConnection)
    json.member("refused_by_broker", statistics.refusedByBroker)
  }
}
