import GatewayConfiguration
import GatewayCore
import Telemetry

/// What commands are made of.
extension JSONObject {
  /// Why a member is not what it should be.
  struct Mistake: Error, CustomStringConvertible { let description: String }

  /// The object that is a member; nil when there is none.
  func object(_ name: String) -> JSONObject? {
    guard let content = entries[name] else { return nil }
    return JSONObject(content)
  }

  /// Every member as a value of a tag, in the order of the text.
  func items() throws(Mistake) -> [WriteCommand.Item] {
    var items: [WriteCommand.Item] = []
    for name in names { items.append(WriteCommand.Item(tag: name, value: try value(name))) }
    return items
  }

  private func value(_ name: String) throws(Mistake) -> CommandValue {
    switch entries[name] {
    case .scalar(let text, true): return .text(text)
    case .scalar("true", false): return .flag(true)
    case .scalar("false", false): return .flag(false)
    case .scalar(let text, false):
      guard let number = Double(text), number.isFinite else {
        throw Mistake(description: "'\(name)' is neither a number nor a text nor true nor false")
      }
      // Numbers are doubles from here on. One with more digits would be written as its neighbour.
      if let whole = Int64(text), Int64(exactly: number) != whole {
        throw Mistake(description: "'\(name)' has more digits than can be kept: \(text) would become \(number)")
      }
      return .number(number)
    case .sequence, .mapping, nil:
      throw Mistake(description: "'\(name)' must be one value: a number, a text, true or false")
    }
  }

  /// `"5s"`, or a number of seconds, which may be a text: so it comes from a command line.
  func duration(_ name: String) throws(Mistake) -> Duration? {
    guard let content = entries[name] else { return nil }
    if case .scalar(let text, _) = content {
      if let duration = Quantity.duration(text) { return duration }
      if let seconds = Double(text), (0...86_400).contains(seconds) {
        return .nanoseconds(Int64(seconds * 1_000_000_000))
      }
    }
    throw Mistake(description: "'\(name)' must be a duration such as \"5s\", or a number of seconds")
  }

  func time(_ name: String) throws(Mistake) -> Timestamp? {
    guard has(name) else { return nil }
    guard let text = text(name), let time = Timestamp(iso8601: text) else {
      throw Mistake(description: "'\(name)' must be a time in UTC such as \"2026-05-01T10:00:00Z\"")
    }
    return time
  }

  func has(_ name: String) -> Bool { entries[name] != nil }

  /// Nil when it is there and is no list of numbers of one byte each.
  func bytes(_ name: String) -> [UInt8]? {
    guard case .sequence(let items) = entries[name] else { return nil }
    var bytes: [UInt8] = []
    for item in items {
      guard case .scalar(let text, false) = item.content, let byte = UInt8(text) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
