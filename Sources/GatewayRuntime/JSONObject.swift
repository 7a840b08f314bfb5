import GatewayConfiguration
import SyncProtocol
import YAMLParser

/// One JSON object that came from outside. JSON is a subset of YAML 1.2, so libfyaml reads it: the daemon parses a few small
/// objects, and Foundation's decoder would add six megabytes to every update.
struct JSONObject {
  let entries: [String: YAMLNode.Content]
  /// Of the members, in the order of the text; a name that is given twice stands here twice.
  let names: [String]

  /// Nil when the bytes are anything but one object.
  init?(_ bytes: [UInt8]) {
    // YAML would take more than JSON at the top; an object begins with a brace.
    guard bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"), let root = try? YAMLFile.parse(bytes)
    else { return nil }
    self.init(root.content)
  }

  init?(_ content: YAMLNode.Content) {
    guard case .mapping(let members) = content else { return nil }
    var names: [String] = []
    var entries: [String: YAMLNode.Content] = [:]
    for member in members {
      guard case .scalar(let name, true) = member.key.content else { return nil }
      entries[name] = member.value.content
      names.append(name)
    }
    self.entries = entries
    self.names = names
  }

  func text(_ name: String) -> String? {
    if case .scalar(let text, true) = entries[name] { text } else { nil }
  }

  func number(_ name: String) -> UInt64? {
    if case .scalar(let text, false) = entries[name] { UInt64(text) } else { nil }
  }

  func flag(_ name: String) -> Bool? {
    if case .scalar(let text, false) = entries[name] {
      text == "true" ? true : text == "false" ? false : nil
    } else {
      nil
    }
  }

  /// Nil when it is there and is no list of texts; empty when it is absent.
  func texts(_ name: String) -> [String]? {
    guard let content = entries[name] else { return [] }
    guard case .sequence(let items) = content else { return nil }
    var texts: [String] = []
    for item in items {
      guard case .scalar(let text, true) = item.content else { return nil }
      texts.append(text)
    }
    return texts
  }
}

extension SyncAnswer {
  /// Nil when the bytes are not what central answers.
  init?(json bytes: [UInt8]) {
    guard let object = JSONObject(bytes) else { return nil }
    let position = object.number("position")
    let error = object.text("error")
    guard position != nil || error != nil else { return nil }
    // No store counts that far, and SQLite holds no number above 2^63 - 1.
    let at = object.number("at")
    guard max(position ?? 0, at ?? 0) < 1 << 62 else { return nil }
    self.init(
      position: position, at: at, checksum: object.number("checksum").flatMap { UInt32(exactly: $0) },
      error: error.flatMap(Refusal.init), message: object.text("message"))
  }
}
