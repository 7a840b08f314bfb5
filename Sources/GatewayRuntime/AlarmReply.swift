import AlarmStates
import JSONText
import Telemetry

/// What became of a command for alarms.
struct AlarmReply: Sendable {
  var id: String?
  /// Why it was refused, as a word; nil when it was done.
  var reason: String?
  var message: String
  /// The alarms that changed, with their states after it.
  var alarms: [(name: String, state: AlarmState)] = []
  var time: Timestamp
  var isDuplicate = false

  func write(to json: inout JSONWriter) {
    json.member("id", ifPresent: id)
    json.member("outcome", reason == nil ? "done" : "refused")
    json.member("reason", ifPresent: reason)
    json.member("message", message)
    json.member("time", time.iso8601)
    if isDuplicate { json.member("duplicate", true) }
    json.array("alarms") { json in
      for alarm in alarms {
        json.object { json in
          json.member("alarm", alarm.name)
          json.member("state", alarm.state.rawValue)
        }
      }
    }
  }
}
