import GatewayCore
import JSONText
import Telemetry

/// Commands and their replies as JSON, `docs/commands.md`.
enum CommandMessage {
  static let keys = ["id", "values", "ttl", "time", "expires", "by"]

  /// - Parameter source: how it came.
  static func read(_ object: JSONObject, device: String, source: String) throws(JSONObject.Mistake) -> WriteCommand {
    var command = WriteCommand(device: device, items: [], source: source)
    guard object.has("values") else {
      command.items = try object.items()
      return command
    }
    guard let values = object.object("values") else {
      throw JSONObject.Mistake(description: "'values' must be an object of tags and values")
    }
    command.items = try values.items()
    if object.has("id") {
      guard let id = object.text("id") ?? object.number("id").map({ "\($0)" }) else {
        throw JSONObject.Mistake(description: "'id' must be a text or a number")
      }
      command.id = id
    }
    command.timeToLive = try object.duration("ttl")
    command.time = try object.time("time")
    command.expires = try object.time("expires")
    if let by = object.text("by") { command.source += " (\(by.prefix(64)))" }
    return command
  }

  /// The id of a command that cannot be read as a whole.
  static func id(_ object: JSONObject?) -> String? {
    guard let object, object.has("values") else { return nil }
    return object.text("id") ?? object.number("id").map { "\($0)" }
  }

  static func write(_ reply: CommandReply, time: Timestamp, to json: inout JSONWriter) {
    json.member("id", ifPresent: reply.id)
    json.member("device", reply.device)
    json.member("outcome", reply.outcome.rawValue)
    json.member("reason", ifPresent: reply.refusal?.rawValue)
    json.member("message", reply.message)
    json.member("time", time.iso8601)
    if reply.isDuplicate { json.member("duplicate", true) }
    guard !reply.values.isEmpty || !reply.asked.isEmpty else { return }
    json.object("values") { json in
      for value in reply.values { json.object(value.tag) { write(value, to: &$0) } }
      // Nothing is known of them but that they were not written.
      var told: Set<String> = []
      for item in reply.asked.prefix(CommandLimits.maximumItems) where told.insert(item.tag).inserted {
        json.object(item.tag) { json in
          json.member("outcome", reply.outcome.rawValue)
          json.key("asked")
          write(item.value, to: &json)
          json.member("message", reply.message)
        }
      }
    }
  }

  private static func write(_ value: TagOutcome, to json: inout JSONWriter) {
    json.member("outcome", value.outcome.rawValue)
    json.member("reason", ifPresent: value.refusal?.rawValue)
    json.key("asked")
    write(value.asked, to: &json)
    json.key("old")
    write(value.old, to: &json)
    json.key("value")
    write(value.value, to: &json)
    json.member("verified", value.isVerified)
    json.member("unit", ifPresent: value.unit.isEmpty ? nil : value.unit)
    json.member("message", value.message)
  }

  private static func write(_ value: CommandValue?, to json: inout JSONWriter) {
    switch value {
    case nil: json.null()
    case .flag(let flag): json.bool(flag)
    case .number(let number): json.double(number)
    case .text(let text): json.string(text)
    }
  }
}

extension CommandRecord {
  /// One sentence for the log and for central: `20 °C → 21.5 °C by mqtt (id 7f3a): done, read back`.
  var sentence: String {
    let unit = value.unit.isEmpty ? "" : " \(value.unit)"
    var text = value.old.map { "\($0)\(unit) → " } ?? "→ "
    text += "\(value.asked)\(unit) by \(source)"
    if let id { text += " (id \(id))" }
    text += ": \(value.outcome.rawValue)"
    if let refusal = value.refusal { text += " (\(refusal.rawValue))" }
    if value.outcome != .done, let now = value.value { text += ", holds \(now)\(unit)" }
    text += "; \(value.message)"
    // What events may have (docs/formats/batch.md), cut between characters.
    while text.utf8.count > 512 { text.removeLast(max(1, (text.utf8.count - 512) / 4)) }
    return text
  }

  /// The value that was to be written, as a number.
  var number: Double? {
    switch value.asked {
    case .flag(let flag): flag ? 1 : 0
    case .number(let number): number
    case .text: nil
    }
  }
}
