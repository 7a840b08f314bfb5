/// What `fieldgate status` prints of the broker.
struct BrokerText {
  let broker: BrokerStatus
  /// Published messages by what became of them.
  let messages: [String: Int]

  var lines: [String] { [head] + (counts.map { ["         \($0)"] } ?? []) + troubles }

  private var head: String {
    var text = "broker   \(broker.state)"
    if let address = broker.address { text += "  \(address)" }
    var ways: [String] = []
    if let version = broker.protocol { ways.append("MQTT \(version)") }
    if broker.tls == true { ways.append("TLS") }
    if !ways.isEmpty { text += "  (\(ways.joined(separator: ", ")))" }
    if let detail = broker.detail { text += ": \(detail)" }
    return text
  }

  private var counts: String? {
    guard broker.address != nil else { return nil }
    var parts = ["\(messages["accepted"] ?? 0) messages published"]
    for (name, text) in [
      ("replaced", "overtaken by newer ones"), ("not connected", "not published without a connection"),
      ("refused", "refused"),
    ] {
      if let count = messages[name], count > 0 { parts.append("\(count) \(text)") }
    }
    if let lost = broker.lostWithConnection, lost > 0 { parts.append("\(lost) lost with a connection") }
    if let waiting = broker.waitingTopics, waiting > 0 { parts.append("\(waiting) topics wait") }
    if let received = broker.received?["messages"], received > 0 { parts.append("\(received) received") }
    return parts.joined(separator: ", ")
  }

  /// What a technician must not overlook.
  private var troubles: [String] {
    var lines: [String] = []
    if let refused = broker.refusedByBroker, refused > 0 {
      lines.append("! the broker refused \(refused) messages: look at its access rules for our user")
    }
    for subscription in broker.subscriptions ?? [] where subscription.state == "refused" {
      lines.append(
        "! the broker does not let us subscribe to '\(subscription.filter)': \(subscription.detail ?? "no reason given")"
      )
    }
    let dropped = (broker.received?["too large"] ?? 0) + (broker.received?["queue full"] ?? 0)
    if dropped > 0 { lines.append("! \(dropped) messages to us were dropped: too large, or too many at once") }
    return lines
  }
}
