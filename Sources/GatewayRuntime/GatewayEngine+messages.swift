import GatewayCore
import Telemetry

/// Messages that come from the broker.
extension GatewayEngine {
  /// Commands for any device. The device is looked up when a message comes, so that a sender who misspells it is told.
  var commandFilter: String { publishing.topics.command("+") }

  /// What the engine listens to; told to the broker again whenever the settings change.
  func subscribe() {
    outside.broker?.subscribe(
      to: [commandFilter, publishing.topics.alarmCommand("+")].map { TopicFilter($0, keepsRetainFlag: true) }
        + (publishing.discovery.map { [TopicFilter($0.birthTopic)] } ?? []))
  }

  func received(_ message: BrokerMessage, now: MonotonicTime) {
    counters.messagesReceived += 1
    if message.topic == publishing.topics.allAlarmsCommand {
      return received(alarmCommand: message, alarm: nil, now: now)
    }
    if let alarm = publishing.topics.commandAlarm(message.topic) {
      return received(alarmCommand: message, alarm: alarm, now: now)
    }
    if let device = publishing.topics.commandDevice(message.topic) {
      return received(command: message, device: device, now: now)
    }
    if message.topic == publishing.discovery?.birthTopic {
      // A retained one tells of a start before ours, and everything was announced when we connected.
      if message.payload == Array("online".utf8), !message.isRetained { homeAssistantStarted(now: now) }
      return
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
