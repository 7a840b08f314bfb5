import AlarmStates
import CentralCore
import JSONText
import Telemetry

/// Alarms and their events in the bodies of query answers.
extension QueryAnswers {
  static func alarms(states: [StoredAlarmState], events: [StoredAlarm]) -> [UInt8] {
    JSONWriter.object { json in
      // What is active, set aside or not; `states` has what somebody must still acknowledge as well.
      for (name, list) in [("active", states.filter(\.standing.isActive)), ("states", states)] {
        json.array(name) { json in for state in list { json.object { write(state, to: &$0) } } }
      }
      json.array("events") { json in
        for event in events {
          json.object { json in
            json.member("gateway", event.gateway)
            write(event.event, to: &json)
          }
        }
      }
    }
  }

  private static func write(_ state: StoredAlarmState, to json: inout JSONWriter) {
    let standing = state.standing
    json.member("gateway", state.gateway)
    write(state.event, to: &json)
    json.member("state", standing.state.rawValue)
    if standing.isSetAside { json.member("underlying", standing.underlying.rawValue) }
    if standing.isFirstOut { json.member("first_out", true) }
    if standing.raises > 0 { json.member("raises", standing.raises) }
    if let mark = standing.acknowledgement, !standing.isUnacknowledged {
      json.member("acknowledged_by", mark.who)
      json.member("acknowledged_at", mark.time.iso8601)
    }
    if let shelf = standing.shelf {
      json.member("shelved_by", shelf.by.who)
      json.member("shelved_until", ifPresent: shelf.until?.iso8601)
    }
    if let comment = standing.comment {
      json.member("comment", comment.text)
      json.member("comment_by", comment.mark.who)
      json.member("comment_at", comment.mark.time.iso8601)
    }
  }

  private static func write(_ event: AlarmEvent, to json: inout JSONWriter) {
    json.member("alarm", event.alarm)
    json.member("tag", event.tag)
    json.member("transition", event.transition.name)
    json.member("severity", event.severity.name)
    json.member("time", event.time.iso8601)
    json.member("value", orNull: event.value)
    json.member("message", event.message)
    if !event.who.isEmpty { json.member("who", event.who) }
    json.member("until", ifPresent: event.until?.iso8601)
  }
}
