import AlarmStates
import GatewayConfiguration
import Telemetry

/// A command for alarms as JSON has it: `{"acknowledge":true,"comment":"pump exchanged","by":"anna"}`.
struct AlarmOrder: Sendable {
  static let keys = ["acknowledge", "shelve", "unshelve", "comment", "by", "id"]

  var action: AlarmCommand.Action
  var comment: String
  var by: String?
  var id: String?

  init(_ object: JSONObject) throws(JSONObject.Mistake) {
    if let unknown = object.names.first(where: { !Self.keys.contains($0) }) {
      let hint = EditDistance.nearest(to: unknown, among: Self.keys).map { "did you mean '\($0)'?" }
      throw JSONObject.Mistake(description: "'\(unknown)': \(hint ?? "known: \(Self.keys.joined(separator: ", "))")")
    }
    for name in ["comment", "by"] where object.has(name) && object.text(name) == nil {
      throw JSONObject.Mistake(description: "'\(name)' must be a text")
    }
    comment = object.text("comment") ?? ""
    by = object.text("by")
    if object.has("id") {
      guard let id = object.text("id") ?? object.number("id").map({ "\($0)" }), (1...64).contains(id.utf8.count) else {
        throw JSONObject.Mistake(description: "'id' must be a text or a number of 1 to 64 bytes")
      }
      self.id = id
    }
    let wanted = ["acknowledge", "shelve", "unshelve"].filter { object.has($0) }
    guard wanted.count <= 1 else {
      throw JSONObject.Mistake(description: "\(wanted.joined(separator: " and ")) at once: one command does one thing")
    }
    switch wanted.first {
    case "shelve":
      // True: for the usual time.
      action = object.flag("shelve") == true ? .shelve(nil) : .shelve(try object.longDuration("shelve"))
    case let name?:
      guard object.flag(name) == true else { throw JSONObject.Mistake(description: "'\(name)' must be true") }
      action = name == "acknowledge" ? .acknowledge : .unshelve
    case nil:
      guard object.has("comment") else {
        throw JSONObject.Mistake(
          description: "a command for an alarm is {\"acknowledge\": true}, {\"shelve\": \"2h\"}, "
            + "{\"unshelve\": true} or {\"comment\": \"…\"}")
      }
      action = .comment
    }
  }
}

extension JSONObject {
  /// `"2h"`, or a number of seconds, which may be a text: so it comes from a command line. Nil when it is not there.
  func longDuration(_ name: String) throws(Mistake) -> Duration? {
    guard let content = entries[name] else { return nil }
    if case .scalar(let text, _) = content {
      if let duration = Quantity.duration(text) { return duration }
      if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
    }
    throw Mistake(description: "'\(name)' must be a duration such as \"2h\", or a number of seconds")
  }
}
