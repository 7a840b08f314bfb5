import Telemetry

/// What `fieldgate alarms` prints: what is to be done first, then what somebody has seen, then what is set aside.
struct AlarmsText {
  let alarms: [AlarmEntry]
  let showsAll: Bool

  private static let order = ["unacknowledged", "returned", "acknowledged", "shelved", "suppressed", "normal"]

  var lines: [String] {
    let shown = alarms.filter { showsAll || $0.isNotable }.sorted { rank($0) < rank($1) }
    guard !shown.isEmpty else {
      let isBare = alarms.isEmpty
      return [isBare ? "no rules are configured, so there are no alarms" : "no alarms; all \(alarms.count) are normal"]
    }
    return shown.flatMap { lines(of: $0) } + hints(shown)
  }

  private func rank(_ alarm: AlarmEntry) -> (Int, Int, String) {
    let state = Self.order.firstIndex(of: alarm.state) ?? Self.order.count
    return (state, -Int(Severity(name: alarm.severity)?.rawValue ?? 0), alarm.alarm)
  }

  private func lines(of alarm: AlarmEntry) -> [String] {
    var head = "\(title(alarm.state))  \(alarm.alarm)  \(alarm.severity)"
    if !alarm.tag.isEmpty { head += "  \(alarm.tag)" }
    if let since = alarm.since, alarm.state != "normal" { head += "  since \(since)" }
    if alarm.firstOut == true { head += "  FIRST of group \(alarm.group ?? "")" }
    var lines = [head]
    if alarm.state != "normal", let message = alarm.message, !message.isEmpty { lines.append("    \(message)") }
    var notes: [String] = []
    if let underlying = alarm.underlying { notes.append("underneath \(title(underlying))") }
    if let seconds = alarm.shelvedSeconds {
      let until = alarm.shelvedUntil.map { " until \($0)" } ?? ""
      notes.append("shelved by \(alarm.shelvedBy ?? "?")\(until), \(StatusText.duration(seconds)) left")
    }
    if alarm.state == "acknowledged", let who = alarm.acknowledgedBy { notes.append("acknowledged by \(who)") }
    if let chatter = alarm.chattering {
      notes.append("CHATTERING: \(chatter.count) times in \(StatusText.duration(chatter.seconds))")
    } else if let raises = alarm.raises, raises > 1, alarm.state != "normal" {
      notes.append("raised \(raises) times since it was normal")
    }
    if alarm.heldBack == true { notes.append("not shown elsewhere: a flood stands for it") }
    if alarm.pending == true { notes.append("the on-delay runs") }
    if alarm.returning == true { notes.append("its cause is gone, the off-delay runs") }
    if let held = alarm.heldSentence { notes.append(held) }
    if let learning = alarm.learningSentence { notes.append(learning) }
    if !notes.isEmpty { lines.append("    \(notes.joined(separator: "; "))") }
    if let comment = alarm.comment {
      let time = alarm.commentAt.map { " at \($0)" } ?? ""
      lines.append("    \(alarm.commentBy ?? "?")\(time): \(comment)")
    }
    return lines
  }

  /// In capitals what asks for somebody.
  private func title(_ state: String) -> String {
    switch state {
    case "unacknowledged": "ACTIVE"
    case "returned": "GONE, NOT ACKNOWLEDGED"
    case "acknowledged": "active, acknowledged"
    default: state
    }
  }

  private func hints(_ shown: [AlarmEntry]) -> [String] {
    let waiting = shown.filter { ["unacknowledged", "returned"].contains($0.state) }
    guard let first = waiting.first else { return [] }
    let all = waiting.count > 1 ? "; all \(waiting.count): fieldgate alarms ack --all" : ""
    return ["", "to acknowledge: fieldgate alarms ack \(first.alarm)\(all)"]
  }
}
