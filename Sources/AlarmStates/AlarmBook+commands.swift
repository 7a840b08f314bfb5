public import Telemetry

/// What people do with alarms.
extension AlarmBook {
  /// Carries out a command. Ask ``expire(now:time:)`` first, so that what is due by then comes before it.
  ///
  /// - Throws: when it means nothing now; then nothing has changed.
  public mutating func perform(
    _ command: AlarmCommand, now: MonotonicTime, time: Timestamp
  ) throws(AlarmRefusal) -> AlarmOutcome {
    let name = command.alarm
    let who = AlarmWords.cut(AlarmWords.oneLine(command.who), to: AlarmEvent.maximumWhoBytes)
    let comment = AlarmWords.oneLine(command.comment)
    try check(command, comment)
    var outcome = AlarmOutcome()
    func event(_ message: String, until: Timestamp? = nil) -> AlarmEvent {
      mark(
        name, .acknowledged, time: time, message: message, who: who, until: until, command: command.number)
    }
    switch command.action {
    case .acknowledge:
      add(event("acknowledged\(AlarmWords.by(who))"), .acknowledged, &outcome)
    case .shelve(let wanted):
      let length = wanted ?? settings.shelving
      let text = "shelved for \(AlarmWords.duration(length))\(AlarmWords.by(who))"
      add(event(text, until: time + length), .shelved, &outcome)
      records[name]?.shelfEnd = now + length
      shelved.insert(name)
    case .unshelve:
      unshelve(name, event("no longer shelved\(AlarmWords.by(who))"), &outcome)
    case .comment: break
    }
    if !comment.isEmpty { add(event(comment), .commented, &outcome) }
    remember(command)
    settleGroup(of: name, time: time, &outcome)
    return outcome
  }

  /// Answers a command of central that was refused, so that central hears of it: with an event that says why. Nothing when
  /// the command was answered before.
  public mutating func decline(
    _ command: AlarmCommand, _ refusal: AlarmRefusal, time: Timestamp
  ) -> AlarmOutcome {
    var outcome = AlarmOutcome()
    guard refusal.reason != .answeredBefore else { return outcome }
    let who = AlarmWords.by(AlarmWords.oneLine(command.who))
    let text = "refused\(who.isEmpty ? "" : " (asked\(who))"): \(refusal)"
    let name = AlarmWords.cut(command.alarm, to: 64)
    let event = mark(
      name, .commented, time: time, message: AlarmWords.cut(text, to: 512), command: command.number)
    if definitions[name] != nil || records[name] != nil {
      add(event, .commented, &outcome)
      remember(command)
    } else {
      outcome.news = [AlarmNews(event: event, isAnnunciated: false)]
    }
    return outcome
  }

  private mutating func remember(_ command: AlarmCommand) {
    guard command.number != 0, var record = records[command.alarm] else { return }
    record.commands.append(command.number)
    record.commands.removeFirst(max(0, record.commands.count - AlarmRecord.maximumCommands))
    records[command.alarm] = record
  }

  private func check(_ command: AlarmCommand, _ comment: String) throws(AlarmRefusal) {
    let name = command.alarm
    guard definitions[name] != nil || records[name] != nil else {
      let known = Set(definitions.keys.filter { floods[$0] == nil }).union(records.keys).sorted()
      let hint = EditDistance.nearest(to: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
      throw AlarmRefusal(.unknownAlarm, "there is no alarm '\(name)'\(hint)")
    }
    if command.number != 0, records[name]?.commands.contains(command.number) ?? false {
      throw AlarmRefusal(.answeredBefore, "the command was answered before")
    }
    let standing = records[name]?.standing ?? AlarmStanding()
    let isTooLong = comment.utf8.count > AlarmCommand.maximumCommentBytes
    guard !isTooLong, !comment.isEmpty || (command.action != .comment && command.comment.isEmpty) else {
      throw AlarmRefusal(.badComment, "a comment has 1 to \(AlarmCommand.maximumCommentBytes) bytes that can be seen")
    }
    switch command.action {
    case .acknowledge where !standing.isUnacknowledged:
      let mark = standing.acknowledgement
      let text = mark.map { "\(name) is acknowledged\(AlarmWords.by($0.who)) already" }
      throw AlarmRefusal(
        .nothingToAcknowledge, text ?? "\(name) is \(standing.state.title): there is nothing to acknowledge")
    case .shelve where floods[name] != nil:
      throw AlarmRefusal(
        .isFlood, "\(name) stands for alarms that are not shown; shelve those that cause it: fieldgate alarms history")
    case .shelve(let length?) where length < .seconds(1) || length > settings.longestShelving:
      throw AlarmRefusal(
        .badDuration, "shelving lasts 1 s to \(AlarmWords.duration(settings.longestShelving))")
    case .unshelve where standing.shelf == nil:
      throw AlarmRefusal(.notShelved, "\(name) is not shelved; it is \(standing.state.title)")
    case .acknowledge, .shelve, .unshelve, .comment: break
    }
  }

  mutating func unshelve(_ name: String, _ event: AlarmEvent, _ outcome: inout AlarmOutcome) {
    add(event, .unshelved, &outcome)
    records[name]?.shelfEnd = nil
    shelved.remove(name)
    settleGroup(of: name, time: event.time, &outcome)
  }

  /// Alarms that wait for somebody who has seen them, by name; those that are set aside are not among them.
  public var acknowledgeable: [String] {
    records.values.filter { $0.standing.isUnacknowledged && !$0.standing.isSetAside }.map(\.name).sorted()
  }
}
