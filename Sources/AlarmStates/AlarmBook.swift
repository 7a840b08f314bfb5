public import Telemetry

/// The states of all alarms of a gateway, after ISA-18.2: what rules raise and end, what people acknowledge, shelve and
/// comment, first-out marks, floods and chattering. `docs/alarms.md` has the table of states and events.
///
/// Pure and bounded: one record an alarm. Each call is handed both clocks: the monotonic one decides, `time` only stamps
/// events. Whatever changes is an event for the record; a record is what its events add up to (``AlarmStanding``).
public struct AlarmBook: Sendable {
  /// May change at any time: what is too often already ends by the new limits.
  public var settings: AlarmBookSettings
  var definitions: [String: AlarmDefinition]
  var records: [String: AlarmRecord]
  /// Members of each group, in the order of the definitions.
  var groups: [String: [String]]
  /// By the name of the flood's alarm: its device, and the alarms that it counts.
  var floods: [String: Flood]
  /// Alarms that are shelved, so that nobody has to look at all of them.
  var shelved: Set<String> = []
  var activeFloods: Set<String> = []
  /// Alarms whose records changed, or went, since they were taken.
  private(set) var changed: Set<String> = []

  struct Flood: Hashable, Sendable {
    var device: String
    var members: [String] = []
  }

  /// - Parameter saved: what was kept of an earlier book; of alarms that are not defined any more, too.
  public init(
    definitions: [AlarmDefinition], settings: AlarmBookSettings = AlarmBookSettings(), saved: [SavedAlarm] = [],
    now: MonotonicTime
  ) {
    self.settings = settings
    self.definitions = [:]
    groups = [:]
    floods = [:]
    records = [:]
    define(definitions)
    for alarm in saved { restore(alarm, now: now) }
  }

  mutating func define(_ list: [AlarmDefinition]) {
    definitions = Dictionary(list.map { ($0.name, $0) }) { first, _ in first }
    groups = [:]
    floods = [:]
    for definition in list {
      if let group = definition.group { groups[group, default: []].append(definition.name) }
      guard !definition.device.isEmpty else { continue }
      let name = AlarmWords.floodName(definition.device)
      floods[name, default: Flood(device: definition.device)].members.append(definition.name)
    }
    for name in floods.keys {
      definitions[name] = AlarmDefinition(name: name, tag: "", device: "", severity: .high, needsAcknowledge: false)
    }
  }

  // MARK: Rules

  /// Takes what a rule found out. An event that changes nothing (raised while active, cleared while not) only renews value
  /// and message.
  public mutating func take(_ event: AlarmEvent, now: MonotonicTime) -> AlarmOutcome {
    var outcome = expire(now: now, time: event.time)
    if definitions[event.alarm] == nil {
      let device = event.tag.firstIndex(of: "/").map { String(event.tag[..<$0]) } ?? ""
      definitions[event.alarm] = AlarmDefinition(
        name: event.alarm, tag: event.tag, device: device, severity: event.severity)
    }
    let standing = records[event.alarm]?.standing ?? AlarmStanding()
    switch event.transition {
    case .raised, .raisedAgain:
      guard !standing.isActive || event.transition == .raisedAgain else { return renewed(event, outcome) }
      raise(event, isAgain: standing.isActive, now: now, &outcome)
    case .cleared, .returned:
      guard standing.isActive else { return renewed(event, outcome) }
      let isOwed = standing.isUnacknowledged && definitions[event.alarm]?.needsAcknowledge ?? true
      add(event, isOwed ? .returned : .cleared, &outcome)
    case .suppressed: if !standing.isSuppressed { add(event, .suppressed, &outcome) }
    case .unsuppressed: if standing.isSuppressed { add(event, .unsuppressed, &outcome) }
    case .acknowledged, .shelved, .unshelved, .commented, .firstOut, .firstOutOver, .written: break
    }
    settleGroup(of: event.alarm, time: event.time, &outcome)
    return outcome
  }

  private mutating func renewed(_ event: AlarmEvent, _ outcome: AlarmOutcome) -> AlarmOutcome {
    guard event.transition == .raised, records[event.alarm] != nil else { return outcome }
    records[event.alarm]?.value = event.value
    changed.insert(event.alarm)
    return outcome
  }

  private mutating func raise(_ event: AlarmEvent, isAgain: Bool, now: MonotonicTime, _ outcome: inout AlarmOutcome) {
    var record = record(for: event)
    // The chattering of before is over when it was quiet for a window.
    if !record.watch.isOften(settings.chatter, now: now) { record.watch.end() }
    record.watch.note(settings.chatter, now: now)
    records[event.alarm] = record
    let isFirst = isFirstOfGroup(event.alarm)
    if !record.standing.isSetAside { countForFlood(event, now: now, &outcome) }
    var told = event
    told.message = AlarmWords.cut(
      event.message, to: 512 - AlarmWords.chattering(record.watch, now: now).utf8.count)
    told.message += AlarmWords.chattering(record.watch, now: now)
    add(told, isAgain ? .raisedAgain : .raised, &outcome)
    if isFirst { add(mark(event.alarm, .firstOut, time: event.time), .firstOut, &outcome) }
  }

  // MARK: Records

  private func record(for event: AlarmEvent) -> AlarmRecord {
    if let known = records[event.alarm] { return known }
    let definition = definitions[event.alarm]
    return AlarmRecord(
      name: event.alarm, tag: definition?.tag ?? event.tag, severity: definition?.severity ?? event.severity)
  }

  /// Enters an event into the record of its alarm, and into the outcome.
  mutating func add(_ event: AlarmEvent, _ transition: AlarmEvent.Transition, _ outcome: inout AlarmOutcome) {
    var event = event
    event.transition = transition
    var record = record(for: event)
    record.standing.apply(event)
    if transition.isActivity {
      record.since = event.time
      record.value = event.value
      record.message = event.message
      record.severity = event.severity
      if !event.tag.isEmpty { record.tag = event.tag }
    }
    let isAnnunciated: Bool
    switch transition {
    case .raised, .raisedAgain, .returned, .cleared, .unshelved, .unsuppressed:
      record.isHeldBack = isFlooded(event)
      isAnnunciated = !record.isHeldBack && !record.standing.isSetAside
    case .firstOut, .firstOutOver: isAnnunciated = !record.isHeldBack && !record.standing.isSetAside
    case .acknowledged, .shelved, .suppressed, .commented, .written:
      // What people do is answered at once, and setting an alarm aside takes it away from them.
      record.isHeldBack = false
      isAnnunciated = true
    }
    if isAnnunciated { outcome.presented.insert(event.alarm) }
    records[event.alarm] = record
    changed.insert(event.alarm)
    outcome.news.append(AlarmNews(event: event, isAnnunciated: isAnnunciated))
  }

  /// An event that is no rule's, of an alarm that has a record or a definition.
  func mark(
    _ name: String, _ transition: AlarmEvent.Transition, time: Timestamp, message: String = "", who: String = "",
    until: Timestamp? = nil, command: UInt64 = 0
  ) -> AlarmEvent {
    let definition = definitions[name]
    let record = records[name]
    return AlarmEvent(
      time: time, alarm: name, tag: record?.tag ?? definition?.tag ?? "", transition: transition,
      severity: record?.severity ?? definition?.severity ?? .low, value: nil, message: message, who: who, until: until,
      command: command)
  }

  mutating func touch(_ name: String) { changed.insert(name) }

  /// Names whose records changed, or went, since this was asked last.
  public mutating func takeChanges() -> Set<String> {
    defer { changed.removeAll() }
    return changed
  }

  // MARK: Time

  /// When something happens by itself.
  public var deadline: MonotonicTime {
    var next = MonotonicTime.never
    for name in shelved { if let end = records[name]?.shelfEnd { next = min(next, end) } }
    for name in activeFloods { if let record = records[name] { next = min(next, record.watch.calm(settings.flood)) } }
    return next
  }

  /// Ends shelving and floods whose time has come.
  public mutating func expire(now: MonotonicTime, time: Timestamp) -> AlarmOutcome {
    var outcome = AlarmOutcome()
    guard deadline <= now else { return outcome }
    for name in shelved.sorted() where records[name]?.shelfEnd ?? .never <= now {
      unshelve(name, mark(name, .unshelved, time: time, message: "the time of shelving is over"), &outcome)
    }
    endFloods(now: now, time: time, &outcome)
    return outcome
  }
}
