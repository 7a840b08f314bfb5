import GatewayConfiguration
import JSONText
import Telemetry

/// Alarms: what is wrong, what was, and what a person does about it.
extension GatewayClient {
  /// What a person wants of alarms.
  public enum AlarmWish: Sendable {
    /// Nil: all that wait for it.
    case acknowledge(String?)
    /// For a duration such as `2h`; nil: the usual time.
    case shelve(String, for: String?)
    case unshelve(String)
    case comment(String)
    /// What an anomaly found is normal.
    case normal(String)
  }

  /// Alarms that are not normal.
  ///
  /// - Parameter all: normal ones as well.
  public func alarms(all: Bool) throws {
    try send("alarms") { _ in }
    let (line, text) = try answer()
    if printsJSON { return output(text) }
    guard let alarms = line.alarms else { throw Failure(description: "the daemon answered something else") }
    for line in AlarmsText(alarms: alarms.all, showsAll: all).lines { output(line) }
  }

  /// Events since the daemon started, oldest first.
  ///
  /// - Parameters:
  ///   - since: a duration before now (`1h`), or a time (RFC 3339); nil: all that it remembers.
  ///   - alarm: only its events.
  public func alarmHistory(since: String?, alarm: String?) throws {
    if let since, Quantity.duration(since) == nil, Timestamp(iso8601: since) == nil {
      throw Failure(description: "--since \(since): give a duration such as 1h, or a time such as 2026-05-01T10:00:00Z")
    }
    try send("alarm-history") { json in
      if let since { json.member(Quantity.duration(since) == nil ? "since" : "last", since) }
      json.member("alarm", ifPresent: alarm)
    }
    var count = 0
    while true {
      let (line, text) = try answer()
      if line.end != nil { break }
      count += 1
      if printsJSON {
        output(text)
      } else if let event = line.alarm {
        output(Self.text(event))
      }
    }
    if count == 0, !printsJSON { output("no events; older ones are at central (GET /v1/alarms)") }
  }

  /// `2026-05-01T10:00:00.120Z  boiler_too_hot  acknowledged by anna: …`
  private static func text(_ event: DaemonLine.Alarm) -> String {
    let until = event.until.map { " until \($0)" } ?? ""
    let who = event.who.map { event.message.hasSuffix("by \($0)") ? "" : " by \($0)" } ?? ""
    let name = event.alarm == "write" ? "write \(event.tag ?? "")" : event.alarm
    return "\(event.time)  \(name)  \(event.transition)\(who)\(until)"
      + (event.message.isEmpty ? "" : ": \(event.message)")
  }

  /// - Parameter user: who it is, where the daemon cannot know (`sudo`).
  /// - Returns: whether it was done.
  public func perform(_ wish: AlarmWish, comment: String?, user: String?) throws -> Bool {
    func request(_ name: String, _ alarm: String?, _ more: (inout JSONWriter) -> Void = { _ in }) throws {
      try send(name) { json in
        if let alarm { json.member("alarm", alarm) } else { json.member("all", true) }
        json.member("comment", ifPresent: comment)
        json.member("by", ifPresent: user)
        more(&json)
      }
    }
    switch wish {
    case .acknowledge(let alarm): try request("acknowledge", alarm)
    case .shelve(let alarm, let time): try request("shelve", alarm) { $0.member("for", ifPresent: time) }
    case .unshelve(let alarm): try request("unshelve", alarm)
    case .comment(let alarm): try request("comment", alarm)
    case .normal(let alarm): try request("normal", alarm)
    }
    let (line, text) = try answer()
    guard let reply = line.alarmReply else { throw Failure(description: "the daemon answered something else") }
    output(printsJSON ? text : reply.message)
    return reply.outcome == "done"
  }
}
