import GatewayConfiguration
import GatewayCore
import JSONText
import Logging
import RuleEngine
import Telemetry

extension GatewayEngine {
  var statusTopic: String { MQTTTopics.status(gateway: settings.gateway) }

  func publish(_ scan: DeviceScan, _ device: DeviceDefinition, now: MonotonicTime) {
    guard let broker = outside.broker else { return }
    guard brokerState == .connected else { return count(.notConnected) }
    guard messageBucket.take(now: now) else {
      count(.rateLimited)
      return warn(
        "more than \(settings.broker?.messagesPerSecond ?? 0) messages a second: the rest is not published "
          + "(broker: messages-per-second)", about: "message rate", now: now)
    }
    let payload = JSONWriter.object { ScanMessage.write(scan, device, to: &$0) }
    let topic = MQTTTopics.device(device.name, gateway: settings.gateway)
    count(broker.publish(topic: topic, payload: payload, retained: false))
  }

  private func count(_ outcome: PublishOutcome) { counters.messages[outcome, default: 0] += 1 }

  func brokerChanged(_ state: BrokerState, now: MonotonicTime) {
    brokerState = state
    switch state {
    case .connected:
      // The broker may have lost what it retained, and it may have published our last will.
      unpublishedAlarms.formUnion(settings.rules.map(\.name) + ownAlarms)
      nextStatus = now
      if !logLimiter.clear(subject: "broker") {
        log.info("connected to the broker")
      } else {
        log.notice("connected to the broker again")
      }
    case .disconnected(let text): warn(text, about: "broker", now: now)
    }
  }

  /// Alarm states are retained and must end up right: one that the broker did not take waits for the next turn.
  func publishWaitingAlarms(now: MonotonicTime) {
    guard let broker = outside.broker, brokerState == .connected else { return }
    for name in unpublishedAlarms.sorted() {
      guard messageBucket.take(now: now) else { return }
      let topic = MQTTTopics.alarm(name, gateway: settings.gateway)
      let outcome = broker.publish(topic: topic, payload: alarmPayload(name), retained: true)
      count(outcome)
      if outcome == .accepted { unpublishedAlarms.remove(name) }
    }
  }

  private func alarmPayload(_ name: String) -> [UInt8] {
    let isActive = activeAlarms.contains(name)
    return JSONWriter.object { json in
      json.member("alarm", name)
      json.member("active", isActive)
      if let event = alarmTexts[name] {
        event.write(to: &json)
      } else if let rule = settings.rules.first(where: { $0.name == name }) {
        json.member("tag", rule.tagName)
        json.member("severity", rule.severity.name)
      }
    }
  }

  /// The retained status message, and the line that `systemctl status` shows.
  func renewStatus(now: MonotonicTime) {
    nextStatus = now + EngineLimits.statusInterval
    lookAtSpace()
    watchCapacity(now: now)
    lookAtClock(now: now)
    outside.supervisor.show(summary)
    guard let broker = outside.broker, brokerState == .connected else { return }
    count(broker.publish(topic: statusTopic, payload: statusPayload("online"), retained: true))
  }

  func statusPayload(_ state: String) -> [UInt8] {
    JSONWriter.object { json in
      json.member("state", state)
      json.member("time", outside.clock.wall().iso8601)
      json.member("since", startedAt.iso8601)
      json.member("version", version)
      json.member("devices", catalogue.devices.count)
      json.member("devices_answering", answeringDevices)
      json.member("alarms_active", activeAlarms.count)
      json.member("central", delivery.linkName(isConfigured: outside.central != nil))
      json.member("outbox_samples", Lane.allCases.reduce(0) { $0 + stored.samples($1) })
    }
  }

  /// The broker keeps its last will to itself when we say goodbye, so the end is told here.
  func publishFarewell() {
    guard let broker = outside.broker, brokerState == .connected else { return }
    _ = broker.publish(topic: statusTopic, payload: statusPayload("stopped"), retained: true)
  }

  var answeringDevices: Int {
    latest.count { scan in scan?.readings.contains { $0.quality.hasValue && $0.quality.reason != .stale } ?? false }
  }

  private var summary: String {
    let samples = Lane.allCases.reduce(0) { $0 + stored.samples($1) }
    return "\(answeringDevices) of \(catalogue.devices.count) devices answer; \(activeAlarms.count) alarms; "
      + "outbox \(samples) samples; central \(delivery.linkName(isConfigured: outside.central != nil))"
  }
}

extension DeliveryMachine {
  /// One word for the link.
  func linkName(isConfigured: Bool) -> String {
    guard isConfigured else { return "not configured" }
    return switch link {
    case .connecting: "connecting"
    case .online: "online"
    case .offline: "offline"
    case .refused: "refused"
    }
  }
}

extension AlarmEvent {
  /// The members of its JSON object, but for the alarm's name.
  func write(to json: inout JSONWriter) {
    json.member("tag", tag)
    json.member("transition", transition.name)
    json.member("severity", severity.name)
    json.member("time", time.iso8601)
    json.member("value", orNull: value)
    json.member("message", message)
  }
}
