import AlarmStates
import Telemetry

/// The same alarms, kept in the most obvious way: everything that ever happened is remembered, and counted anew each time.
struct SlowBook {
  struct Alarm {
    var cause = false
    var owed = false
    var suppressed = false
    var shelfEnd: Int64?
    var first = false
    /// Seconds of all raisings, and of those that count for a flood.
    var raises: [Int64] = []
    var hidden = false

    var aside: Bool { suppressed || shelfEnd != nil }
    var quiet: Bool { !cause && !owed }

    var state: AlarmState {
      if suppressed { return .suppressed }
      if shelfEnd != nil { return .shelved }
      if cause { return owed ? .unacknowledged : .acknowledged }
      return owed ? .returned : .normal
    }
  }

  let definitions: [AlarmDefinition]
  var alarms: [String: Alarm] = [:]
  var floods: Set<String> = []
  /// By device.
  var counted: [String: [Int64]] = [:]
  /// `name transition`, with `!` where people do not hear of it.
  var told: [String] = []

  init(_ definitions: [AlarmDefinition]) {
    self.definitions = definitions
    for definition in definitions { alarms[definition.name] = Alarm() }
  }

  private func definition(_ name: String) -> AlarmDefinition { definitions.first { $0.name == name }! }
  private func group(_ name: String) -> [String] {
    guard let group = definition(name).group else { return [] }
    return definitions.filter { $0.group == group }.map(\.name)
  }

  private func isFlooded(_ name: String) -> Bool {
    definition(name).severity != .critical && floods.contains(definition(name).device)
  }

  private mutating func tell(_ name: String, _ what: String, always: Bool = false) {
    let hidden = isFlooded(name)
    if !always, !what.hasPrefix("first") { alarms[name]!.hidden = hidden }
    if always { alarms[name]!.hidden = false }
    let heard = always || !alarms[name]!.hidden && !alarms[name]!.aside
    told.append("\(name) \(what)\(heard ? "" : " !")")
  }

  mutating func pass(to now: Int64) {
    for name in alarms.keys.sorted() where alarms[name]!.shelfEnd ?? .max <= now {
      alarms[name]!.shelfEnd = nil
      tell(name, "unshelved")
      settle(name)
    }
    for device in floods.sorted() where (counted[device] ?? []).filter({ now - $0 < 60 }).count <= 5 {
      floods.remove(device)
      told.append("\(device).alarm_flood cleared")
      for name in alarms.keys where definition(name).device == device { alarms[name]!.hidden = false }
    }
  }

  mutating func rule(_ name: String, _ transition: AlarmEvent.Transition, _ now: Int64) {
    pass(to: now)
    let alarm = alarms[name]!
    switch transition {
    case .raised where !alarm.cause, .raisedAgain: raise(name, alarm, now)
    case .cleared where alarm.cause:
      alarms[name]!.cause = false
      if !definition(name).needsAcknowledge { alarms[name]!.owed = false }
      tell(name, alarms[name]!.owed ? "returned" : "cleared")
    case .suppressed where !alarm.suppressed:
      alarms[name]!.suppressed = true
      tell(name, "suppressed", always: true)
    case .unsuppressed where alarm.suppressed:
      alarms[name]!.suppressed = false
      tell(name, "unsuppressed")
    default: break
    }
    settle(name)
  }

  private mutating func raise(_ name: String, _ alarm: Alarm, _ now: Int64) {
    let device = definition(name).device
    let isFirst =
      !group(name).isEmpty && !alarm.aside && alarm.quiet
      && group(name).allSatisfy { alarms[$0]!.quiet || alarms[$0]!.aside }
      && !group(name).contains { alarms[$0]!.first }
    if !alarm.aside {
      counted[device, default: []].append(now)
      if !floods.contains(device), counted[device]!.filter({ now - $0 <= 60 }).count >= 10 {
        floods.insert(device)
        told.append("\(device).alarm_flood raised")
      }
    }
    alarms[name]!.raises.append(now)
    alarms[name]!.cause = true
    alarms[name]!.owed = true
    tell(name, alarm.cause ? "raised again" : "raised")
    guard isFirst else { return }
    alarms[name]!.first = true
    tell(name, "first-out")
  }

  mutating func person(_ name: String, _ action: AlarmCommand.Action, _ now: Int64) {
    pass(to: now)
    switch action {
    case .acknowledge where alarms[name]!.owed:
      alarms[name]!.owed = false
      tell(name, "acknowledged", always: true)
    case .shelve(let length):
      alarms[name]!.shelfEnd = now + (length ?? .seconds(28_800)).wholeMilliseconds / 1_000
      tell(name, "shelved", always: true)
    case .unshelve where alarms[name]!.shelfEnd != nil:
      alarms[name]!.shelfEnd = nil
      tell(name, "unshelved")
    default: return
    }
    settle(name)
  }

  private mutating func settle(_ name: String) {
    guard let first = group(name).first(where: { alarms[$0]!.first }),
      group(name).allSatisfy({ alarms[$0]!.quiet || alarms[$0]!.aside })
    else { return }
    alarms[first]!.first = false
    tell(first, "first-out over")
  }

  /// How often it was raised since it began to chatter.
  func chattering(_ name: String, _ now: Int64) -> Int? {
    var (since, times): (Int?, [Int64]) = (nil, [])
    for time in alarms[name]!.raises {
      if let last = times.last, time - last > 60 { since = nil }
      times.append(time)
      if since == nil, times.count >= 3, time - times[times.count - 3] <= 60 { since = times.count - 3 }
    }
    guard let since, let last = times.last, now - last <= 60 else { return nil }
    return times.count - since
  }
}
