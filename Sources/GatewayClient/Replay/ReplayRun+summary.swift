import JSONText
import RuleEngine
import Telemetry

/// What is said at the end.
extension ReplayRun {
  func lines(seconds: Double) -> [String] {
    guard !request.json else { return [json(seconds: seconds)] }
    let span = replay.firstTime.map { (replay.lastTime ?? $0) - $0 } ?? .zero
    var lines = [
      "\(replay.rows) rows of \(request.tag) over \(Self.span(span)), "
        + "\(Int((Double(replay.rows) / max(seconds, 1e-6)).rounded())) rows a second"
    ]
    if thinned > 0 {
      lines.append(
        "\(thinned) of them are means of minutes that were thinned in the outbox; detectors do not learn from them")
    }
    lines += remarks
    if skipped > 0 { lines.append("\(skipped) rows have no number and count as bad; the first: \(firstSkipped)") }
    if replay.rowsBackInTime > 0 {
      lines.append("\(replay.rowsBackInTime) rows are earlier than the row before; they count at its time")
    }
    for rule in replay.rules {
      lines.append("\(rule.name): raised \(Self.times(replay.counts[rule.name, default: 0]))")
    }
    for (rule, state) in replay.learning where state.phase != "settled" {
      lines.append("\(rule): at the end still \(state.phase)")
    }
    if !replay.missingTags.isEmpty {
      lines.append("without values here, so unknown to the rules: \(replay.missingTags.joined(separator: ", "))")
    }
    return lines
  }

  private func json(seconds: Double) -> String {
    let bytes = JSONWriter.object { json in
      json.object("summary") { json in
        json.member("tag", request.tag)
        json.member("rows", replay.rows)
        json.member("bad_rows", replay.badRows)
        json.member("thinned_rows", thinned)
        json.array("remarks") { json in for remark in remarks { json.string(remark) } }
        json.member("rows_back_in_time", replay.rowsBackInTime)
        json.member("seconds", (seconds * 1_000).rounded() / 1_000)
        json.object("raised") { json in
          for rule in replay.rules { json.member(rule.name, replay.counts[rule.name, default: 0]) }
        }
        json.object("learning") { json in for (rule, state) in replay.learning { json.member(rule, state.phase) } }
        json.array("missing_tags") { json in for tag in replay.missingTags { json.string(tag) } }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func times(_ count: Int) -> String {
    switch count {
    case 0: "never"
    case 1: "once"
    default: "\(count) times"
    }
  }

  private static func span(_ duration: Duration) -> String {
    let seconds = duration.wholeMilliseconds / 1_000
    if seconds >= 2 * 86_400 { return "\(seconds / 86_400) days" }
    if seconds >= 2 * 3_600 { return "\(seconds / 3_600) hours" }
    return seconds >= 120 ? "\(seconds / 60) minutes" : "\(seconds) s"
  }
}
