import AlarmStates
import GatewayConfiguration
import GatewayCore
import Logging
import Telemetry

/// What operators at central want of alarms: it comes with central's answers, again and again until the event that answers
/// it has arrived there (`docs/formats/sync.md`).
extension GatewayEngine {
  func takeCommands(of result: HTTPResult, now: MonotonicTime) {
    // Before the store is open nobody knows which of them were answered before.
    guard wasStoreOpen, case .answered(200, let body, _) = result.outcome,
      let object = JSONObject(body),
      let list = object.objects("commands"), !list.isEmpty
    else { return }
    let time = alarmTime(outside.clock.wall())
    tell(alarms.expire(now: now, time: time))
    for entry in list {
      // An answer that is dropped is none: the command comes again.
      guard hasRoomForAlarms else { break }
      guard let command = AlarmCommand(central: entry), !declinedCommands.contains(command.number) else { continue }
      do throws(AlarmRefusal) {
        tell(try alarms.perform(command, now: now, time: time))
        log.notice("central: \(command.who) had an alarm changed: \(command.alarm)")
      } catch {
        if alarms[command.alarm] == nil { declined(command.number) }
        tell(alarms.decline(command, error, time: time))
      }
    }
    if alarms.hasShelved { nextShelfSave = min(nextShelfSave, now + EngineLimits.shelfInterval) }
  }

  /// One for an alarm that is not there has no record to be remembered in.
  private func declined(_ number: UInt64) {
    if declinedCommands.count >= EngineLimits.declinedCommands { declinedCommands.removeAll() }
    declinedCommands.insert(number)
  }
}

extension AlarmCommand {
  /// Nil when it is nothing that this version understands; central keeps it then, and drops it after a week.
  fileprivate init?(central object: JSONObject) {
    guard let number = object.text("command").flatMap({ UInt64($0) }), number != 0, let alarm = object.text("alarm"),
      let by = object.text("by")
    else { return nil }
    let action: Action
    switch object.text("action") {
    case "acknowledge": action = .acknowledge
    case "shelve": action = .shelve(object.number("seconds").flatMap { Int64(exactly: $0) }.map { .seconds($0) })
    case "unshelve": action = .unshelve
    case "comment": action = .comment
    default: return nil
    }
    self.init(
      alarm: alarm, action: action, who: "\(by)@central", comment: object.text("comment") ?? "", number: number)
  }
}

extension JSONObject {
  /// Nil when the member is not there, or is no list of objects.
  fileprivate func objects(_ name: String) -> [JSONObject]? {
    guard case .sequence(let items) = entries[name] else { return nil }
    var objects: [JSONObject] = []
    for item in items {
      guard let object = JSONObject(item.content) else { return nil }
      objects.append(object)
    }
    return objects
  }
}
