import AlarmStates
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// Actions of rules, done when their alarms change.
extension GatewayEngine {
  func act(on events: [AlarmEvent], now: MonotonicTime) {
    for event in events {
      for due in rules.actions(for: event, now: now) { act(due, now: now) }
    }
  }

  /// Tells the buses which devices are to be scanned more often now, and which no more.
  ///
  /// - Parameter names: devices whose bus is told even if nothing changed for them.
  func watchDevices(alsoTelling names: Set<String> = []) {
    let wanted = rules.closeWatches(active: alarms.active)
    guard wanted != closeWatches || !names.isEmpty else { return }
    for (place, device) in settings.devices.enumerated() {
      let every = wanted[device.name]
      guard every != closeWatches[device.name] || names.contains(device.name) else { continue }
      buses.first { $0.index == running.busHandles[device.bus] }?
        .watchClosely(device: running.deviceHandles[place], every: every)
      guard names.isEmpty || every != nil else { continue }
      let how = every.map { "every \($0.wholeMilliseconds) ms now, because of an alarm" } ?? "at its own interval again"
      log.notice("device \(device.name) is scanned \(how)")
    }
    closeWatches = wanted
  }

  private func act(_ due: DueAction, now: MonotonicTime) {
    switch due.work {
    case .publish(let topic, let payload, let isRetained):
      guard let broker = outside.broker, brokerState == .connected else {
        return warn(
          "rule \(due.alarm): the broker is away, so its message on '\(topic)' is not sent",
          about: "action \(due.alarm)",
          now: now)
      }
      count(
        broker.publish(
          OutgoingMessage(
            topic: topic, payload: Array(payload.utf8), isRetained: isRetained, qualityOfService: .atLeastOnce)))
    case .write(let write):
      let value: CommandValue =
        switch write.value {
        case .flag(let flag): .flag(flag)
        case .number(let number): .number(number)
        case .text(let text): .text(text)
        }
      // With nobody to reply to: what became of it is an event of its own, and in the log.
      take(
        WriteCommand(
          device: write.device, items: [.init(tag: write.tag, value: value)], source: "rule \(due.alarm)"),
        ticket: commands.nextNumber(), now: now)
    case .note(let text), .held(let text):
      log.notice("rule \(due.alarm): \(text)")
      // Through the book, so that the gateway's picture of the alarm stays the one that central has.
      _ = carryOut(.comment, alarm: due.alarm, who: "rule", comment: text, now: now)
    }
  }
}
