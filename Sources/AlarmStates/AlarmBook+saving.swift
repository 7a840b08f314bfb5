public import Telemetry

/// Over restarts, reloads, and to a central that has forgotten.
extension AlarmBook {
  /// - Returns: nil when there is no such record any more.
  public func saved(_ name: String, now: MonotonicTime) -> SavedAlarm? {
    records[name].map { record in
      SavedAlarm(record: record, shelfRemaining: record.shelfEnd.map { max(.zero, $0 - now) })
    }
  }

  mutating func restore(_ saved: SavedAlarm, now: MonotonicTime) {
    var record = saved.record
    if !saved.isOfThisBoot {
      // The monotonic clock began anew; how long the machine was off nobody knows for sure.
      record.watch = RaiseWatch()
      record.shelfEnd = saved.shelfRemaining.map { now + $0 }
    }
    if record.standing.shelf != nil {
      record.shelfEnd = record.shelfEnd ?? now
      shelved.insert(record.name)
    }
    if let definition = definitions[record.name] {
      record.severity = definition.severity
      record.tag = definition.tag
    }
    records[record.name] = record
    if floods[record.name] != nil || record.name.hasSuffix(".alarm_flood"), record.standing.isActive {
      activeFloods.insert(record.name)
    }
  }

  /// Goes on with other definitions. Alarms that are not defined any more end, and their records go.
  public mutating func redefine(
    _ list: [AlarmDefinition], now: MonotonicTime, time: Timestamp
  ) -> AlarmOutcome {
    var outcome = expire(now: now, time: time)
    let before = definitions
    define(list)
    for name in records.keys.sorted() {
      guard let definition = definitions[name] else {
        end(name, before[name], time: time, &outcome)
        continue
      }
      guard records[name]?.severity != definition.severity || records[name]?.tag != definition.tag else { continue }
      records[name]?.severity = definition.severity
      records[name]?.tag = definition.tag
      touch(name)
    }
    for group in groups.keys.sorted() {
      if let first = groups[group]?.first { settleGroup(of: first, time: time, &outcome) }
    }
    return outcome
  }

  private mutating func end(
    _ name: String, _ former: AlarmDefinition?, time: Timestamp, _ outcome: inout AlarmOutcome
  ) {
    let standing = records[name]?.standing ?? AlarmStanding()
    let text = AlarmWords.removed
    if standing.shelf != nil { add(mark(name, .unshelved, time: time, message: text), .unshelved, &outcome) }
    if standing.isSuppressed { add(mark(name, .unsuppressed, time: time, message: text), .unsuppressed, &outcome) }
    if standing.underlying != .normal || standing.acknowledgement != nil {
      add(mark(name, .cleared, time: time, message: text), .cleared, &outcome)
    }
    // Nothing of it is left, so that a rule of this name in a later configuration begins anew at both ends.
    if standing.comment != nil { add(mark(name, .commented, time: time, message: ""), .commented, &outcome) }
    if standing.isFirstOut { add(mark(name, .firstOutOver, time: time, message: text), .firstOutOver, &outcome) }
    records[name] = nil
    shelved.remove(name)
    activeFloods.remove(name)
    touch(name)
  }

  /// Events that tell the state of every alarm to whoever knows of none.
  ///
  /// - Parameter undoing: alarms of which the reader may know what is not so any more; for these it is also said what
  ///   they are not, even when nobody defines them.
  public func restatement(time: Timestamp, undoing: Set<String> = []) -> [AlarmEvent] {
    Set(definitions.keys).union(records.keys).union(undoing).sorted().flatMap { name -> [AlarmEvent] in
      let record = records[name] ?? AlarmRecord(name: name, tag: "", severity: .low)
      // Most devices never have a flood.
      if !undoing.contains(name), floods[name] != nil, record.standing == AlarmStanding() { return [] }
      return restated(record, time: time) + (undoing.contains(name) ? undone(record, time: time) : [])
    }
  }

  /// What an alarm is not.
  private func undone(_ record: AlarmRecord, time: Timestamp) -> [AlarmEvent] {
    let (name, standing) = (record.name, record.standing)
    var events: [AlarmEvent] = []
    if standing.shelf == nil { events.append(told(name, .unshelved, "not shelved", time)) }
    if !standing.isSuppressed { events.append(told(name, .unsuppressed, "not suppressed", time)) }
    if !standing.isFirstOut { events.append(told(name, .firstOutOver, "not first-out", time)) }
    if standing.comment == nil { events.append(mark(name, .commented, time: time, message: "")) }
    return events
  }

  private func told(
    _ name: String, _ transition: AlarmEvent.Transition, _ what: String, _ time: Timestamp, who: String = "",
    until: Timestamp? = nil
  ) -> AlarmEvent {
    var event = mark(name, transition, time: time, message: "state told again: \(what)", who: who, until: until)
    if transition.isActivity { event.value = records[name]?.value }
    return event
  }

  private func restated(_ record: AlarmRecord, time: Timestamp) -> [AlarmEvent] {
    let (name, standing) = (record.name, record.standing)
    var events: [AlarmEvent] = []
    let activity: AlarmEvent.Transition =
      standing.isActive ? .raised : standing.isUnacknowledged ? .returned : .cleared
    events.append(told(name, activity, standing.underlying.title, time))
    // Of a normal alarm, too, that somebody saw when its cause was gone already.
    if !standing.isUnacknowledged, standing.isActive || standing.acknowledgement != nil {
      events.append(told(name, .acknowledged, "acknowledged", time, who: standing.acknowledgement?.who ?? ""))
    }
    if let shelf = standing.shelf {
      events.append(told(name, .shelved, "shelved", time, who: shelf.by.who, until: shelf.until))
    }
    if standing.isSuppressed { events.append(told(name, .suppressed, "suppressed", time)) }
    if standing.isFirstOut { events.append(told(name, .firstOut, "first-out", time)) }
    if let comment = standing.comment {
      events.append(mark(name, .commented, time: time, message: comment.text, who: comment.mark.who))
    }
    return events
  }

  /// Times that were those of the boot clock get their places, once the wall clock is trusted.
  ///
  /// - Parameter isBootTime: whether a time is one of the boot clock.
  public mutating func place(_ offset: Duration, where isBootTime: (Timestamp) -> Bool) {
    for (name, record) in records {
      var moved = record
      moved.move { isBootTime($0) ? $0 + offset : $0 }
      guard moved != record else { continue }
      records[name] = moved
      touch(name)
    }
  }
}

extension AlarmRecord {
  /// Puts every wall-clock time of it elsewhere.
  fileprivate mutating func move(_ place: (Timestamp) -> Timestamp) {
    since = since.map(place)
    standing.raisedAt = standing.raisedAt.map(place)
    if let until = standing.shelf?.until { standing.shelf?.until = place(until) }
    if let time = standing.shelf?.by.time { standing.shelf?.by.time = place(time) }
    if let time = standing.acknowledgement?.time { standing.acknowledgement?.time = place(time) }
    if let time = standing.comment?.mark.time { standing.comment?.mark.time = place(time) }
  }
}

/// A store that could be opened only after the start.
extension AlarmBook {
  /// Enters an event that an earlier book gave, which did not know yet what had been saved.
  ///
  /// - Returns: the event as it belongs into the record; nil when it tells nothing new.
  public mutating func replay(_ event: AlarmEvent, of early: AlarmBook) -> AlarmEvent? {
    let name = event.alarm
    let standing = records[name]?.standing ?? AlarmStanding()
    var transition = event.transition
    switch event.transition {
    case .raised: if standing.isActive { return nil }
    case .cleared, .returned:
      guard standing.isActive else { return nil }
      let isOwed = standing.isUnacknowledged && definitions[name]?.needsAcknowledge ?? true
      transition = isOwed ? .returned : .cleared
    case .acknowledged: if !standing.isUnacknowledged { return nil }
    case .unshelved: if standing.shelf == nil { return nil }
    case .suppressed: if standing.isSuppressed { return nil }
    case .unsuppressed: if !standing.isSuppressed { return nil }
    case .firstOut: if standing.isFirstOut { return nil }
    case .firstOutOver: if !standing.isFirstOut { return nil }
    case .raisedAgain, .shelved, .commented, .written: break
    }
    var outcome = AlarmOutcome()
    add(event, transition, &outcome)
    remember(name, of: early)
    return outcome.events.first
  }

  /// Makes an alarm active or suppressed as it is in an earlier book, some of whose events for it are gone.
  public mutating func follow(_ name: String, of early: AlarmBook, time: Timestamp, now: MonotonicTime) -> AlarmOutcome
  {
    var outcome = AlarmOutcome()
    guard let was = early.records[name] else { return outcome }
    let standing = records[name]?.standing ?? AlarmStanding()
    var event = AlarmEvent(
      time: time, alarm: name, tag: was.tag, transition: .raised, severity: was.severity, value: was.value,
      message: was.message)
    if standing.isActive != was.standing.isActive {
      let isOwed = standing.isUnacknowledged && definitions[name]?.needsAcknowledge ?? true
      event.transition = was.standing.isActive ? .raised : isOwed ? .returned : .cleared
      add(event, event.transition, &outcome)
    }
    if standing.isSuppressed != was.standing.isSuppressed {
      add(event, was.standing.isSuppressed ? .suppressed : .unsuppressed, &outcome)
    }
    remember(name, of: early)
    settleGroup(of: name, time: time, &outcome)
    return outcome
  }

  /// What is known of an alarm beside what events add up to.
  private mutating func remember(_ name: String, of early: AlarmBook) {
    if var record = records[name], let known = early.records[name] {
      record.watch = known.watch
      record.shelfEnd = record.standing.shelf == nil ? nil : known.shelfEnd ?? record.shelfEnd
      records[name] = record
    }
    if records[name]?.shelfEnd == nil { shelved.remove(name) } else { shelved.insert(name) }
    if floods[name] != nil, records[name]?.standing.isActive ?? false {
      activeFloods.insert(name)
    } else {
      activeFloods.remove(name)
    }
  }
}
