import GatewayConfiguration
import GatewayCore
import Telemetry

/// Messages that come from the broker.
extension GatewayEngine {
  /// Commands for any device. The device is looked up when a message comes, so that a sender who misspells it is told.
  var commandFilter: String { MQTTTopics.command("+", gateway: settings.gateway) }

  /// What the engine listens to; told to the broker again whenever the settings change.
  func subscribe() { outside.broker?.subscribe(to: [commandFilter]) }

  func received(_ message: BrokerMessage, now: MonotonicTime) {
    counters.messagesReceived += 1
    if let device = MQTTTopics.commandDevice(message.topic, gateway: settings.gateway) {
      return received(command: message, device: device, now: now)
    }
    counters.messagesUnknown += 1
    warn(
      "a message on '\(message.topic)', which this version does not act on", about: "message \(message.topic)", now: now
    )
  }

  func subscriptionRefused(_ filter: String, _ text: String, now: MonotonicTime) {
    warn(
      "the broker does not let us subscribe to '\(filter)': \(text); look at its access rules for our user",
      about: "subscription \(filter)", now: now)
  }
}
