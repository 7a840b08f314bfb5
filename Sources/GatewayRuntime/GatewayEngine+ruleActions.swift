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
        return note("the broker is away, so the message on '\(topic)' is not sent", on: due.alarm, now: now)
      }
      count(
        broker.publish(
          OutgoingMessage(
            topic: topic, payload: Array(payload.utf8), isRetained: isRetained, qualityOfService: .atLeastOnce)))
    case .write(let write):
      let ticket = commands.nextNumber()
      commands.routes[ticket] = .rule(alarm: due.alarm)
      take(
        WriteCommand(
          device: write.device, items: [.init(tag: write.tag, value: CommandValue(write.value))],
          source: "rule \(due.alarm)"),
        ticket: ticket, now: now)
    case .note(let text), .held(let text): note(text, on: due.alarm, now: now)
    }
  }

  /// What became of a rule's write: a success is an event of its own, the rest stands at the alarm too.
  func finishRuleWrite(_ reply: CommandReply, alarm: String, now: MonotonicTime) {
    let tag = (reply.values.first?.tag ?? reply.asked.first?.tag).map { "\(reply.device)/\($0)" } ?? reply.device
    guard reply.outcome != .done else {
      // What a rule said of an earlier write would look as if it were about this one.
      guard alarms[alarm]?.standing.comment?.mark.who == Self.ruleName else { return }
      return note("\(tag): the write is done", on: alarm, now: now)
    }
    note("\(tag): the write is \(reply.outcome.rawValue): \(reply.message)", on: alarm, now: now)
  }

  /// Who comments when no person does.
  private static let ruleName = "rule"

  private func note(_ text: String, on alarm: String, now: MonotonicTime) {
    log.notice("rule \(alarm): \(text)")
    // Through the book, so that the gateway's picture of the alarm stays the one that central has.
    let comment = AlarmWords.cut(text, to: AlarmCommand.maximumCommentBytes)
    _ = carryOut(.comment, alarm: alarm, who: Self.ruleName, comment: comment, now: now)
  }
}
