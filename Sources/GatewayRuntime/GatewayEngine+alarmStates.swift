import AlarmStates
import GatewayConfiguration
import GatewayCore
import JSONText
import RuleEngine
import Telemetry

/// Alarms as JSON: for the broker and the local API.
extension GatewayEngine {
  /// The retained message of an alarm.
  func alarmPayload(_ name: String) -> [UInt8] {
    JSONWriter.object { json in
      json.member("alarm", name)
      json.member("active", alarms[name]?.standing.isPresentedActive ?? false)
      if let record = alarms[name], let since = record.since {
        let standing = record.standing
        json.member("tag", record.tag)
        json.member("transition", Self.newest(standing).name)
        json.member("severity", record.severity.name)
        json.member("time", since.iso8601)
        json.member("value", orNull: record.value)
        json.member("message", record.message)
      } else if let definition = alarms.definition(name), !definition.tag.isEmpty {
        json.member("tag", definition.tag)
        json.member("severity", definition.severity.name)
      }
      writeState(of: name, to: &json)
    }
  }

  /// The event that brought about whether the cause holds.
  private static func newest(_ standing: AlarmStanding) -> AlarmEvent.Transition {
    switch standing.underlying {
    case .unacknowledged, .acknowledged: .raised
    case .returned: .returned
    case .normal, .shelved, .suppressed: .cleared
    }
  }

  /// Where an alarm stands, and what people did with it; members that would say nothing are left out.
  func writeState(of name: String, to json: inout JSONWriter) {
    let now = outside.clock.monotonic()
    let record = alarms[name]
    let standing = record?.standing ?? AlarmStanding()
    json.member("state", standing.state.rawValue)
    if standing.isSetAside { json.member("underlying", standing.underlying.rawValue) }
    json.member("group", ifPresent: alarms.definition(name)?.group)
    if standing.isFirstOut { json.member("first_out", true) }
    if standing.raises > 0 { json.member("raises", standing.raises) }
    if let chatter = alarms.chattering(name, now: now) {
      json.object("chattering") { json in
        json.member("count", chatter.count)
        json.member("seconds", chatter.over.wholeMilliseconds / 1_000)
      }
    }
    if record?.isHeldBack ?? false { json.member("held_back", true) }
    if let mark = standing.acknowledgement, !standing.isUnacknowledged {
      json.member("acknowledged_by", mark.who)
      json.member("acknowledged_at", mark.time.iso8601)
    }
    if let shelf = standing.shelf {
      json.member("shelved_by", shelf.by.who)
      json.member("shelved_until", ifPresent: shelf.until?.iso8601)
      json.member("shelved_seconds", (alarms.shelfRemaining(name, now: now) ?? .zero).wholeMilliseconds / 1_000)
    }
    if let comment = standing.comment {
      json.member("comment", comment.text)
      json.member("comment_by", comment.mark.who)
      json.member("comment_at", comment.mark.time.iso8601)
    }
  }

  /// Alarms that no rule of the configuration makes and that have something to say: the gateway's own, and floods.
  func writeOtherAlarms(to json: inout JSONWriter) {
    let rules = Set(settings.rules.map(\.name))
    json.array("others") { json in
      for record in alarms.all.sorted(by: { $0.name < $1.name }) where !rules.contains(record.name) {
        guard record.since != nil else { continue }
        json.object { json in
          json.member("alarm", record.name)
          json.member("active", record.standing.isActive)
          json.member("tag", record.tag)
          json.member("severity", record.severity.name)
          json.member("value", orNull: record.value)
          json.member("since", ifPresent: record.since?.iso8601)
          json.member("message", record.message)
          writeState(of: record.name, to: &json)
        }
      }
    }
  }
}
