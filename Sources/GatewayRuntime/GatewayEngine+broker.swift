import GatewayConfiguration
import GatewayCore
import JSONText
import Logging
import RuleEngine
import Telemetry

/// The broker itself, and the gateway's own messages: alarms and status.
extension GatewayEngine {
  func brokerChanged(_ state: BrokerState, now: MonotonicTime) {
    brokerState = state
    switch state {
    case .connected:
      announce(now: now)
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
    guard let broker = outside.broker, brokerState == .connected, publishing.pausedUntil <= now else { return }
    for name in unpublishedAlarms.sorted() {
      guard publishing.bucket.take(now: now) else { return }
      let outcome = broker.publish(state(publishing.topics.alarm(name), alarmPayload(name)))
      count(outcome)
      guard outcome == .accepted else { return publishing.pausedUntil = now + PublishingState.pause }
      unpublishedAlarms.remove(name)
    }
  }

  /// States of the gateway are few and must end up right, so the broker acknowledges them.
  private func state(_ topic: String, _ payload: [UInt8]) -> OutgoingMessage {
    OutgoingMessage(topic: topic, payload: payload, isRetained: true, qualityOfService: .atLeastOnce)
  }

  /// The retained status message, and the line that `systemctl status` shows.
  func renewStatus(now: MonotonicTime) {
    nextStatus = now + EngineLimits.statusInterval
    lookAtSpace()
    watchCapacity(now: now)
    lookAtClock(now: now)
    outside.supervisor.show(summary)
    forgetTopics(now: now)
    guard let broker = outside.broker, brokerState == .connected else { return }
    count(broker.publish(state(publishing.topics.status, statusPayload("online"))))
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
    _ = broker.publish(topic: publishing.topics.status, payload: statusPayload("stopped"), retained: true)
  }

  private var summary: String {
    let samples = Lane.allCases.reduce(0) { $0 + stored.samples($1) }
    return "\(answeringDevices) of \(catalogue.devices.count) devices answer; \(activeAlarms.count) alarms; "
      + "outbox \(isStoreOpen ? "\(samples) samples" : isStoreOpening ? "is being opened" : "takes no data"); central \(delivery.linkName(isConfigured: outside.central != nil))"
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
    if !who.isEmpty { json.member("who", who) }
    json.member("until", ifPresent: until?.iso8601)
  }
}
