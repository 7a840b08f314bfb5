public import JSONText
import RuleEngine

/// What differs between the configuration that runs and a new one, by name: for the answer of a reload and for the log.
public struct SettingsDifference: Hashable, Sendable {
  /// Something that has another value than before.
  public struct Change: Hashable, Sendable {
    public var name: String
    /// Such as `every 1 s -> 2 s`; at least one.
    public var details: [String]

    public init(name: String, details: [String]) {
      self.name = name
      self.details = details
    }
  }

  /// Entries of one kind. Names are identities: a renamed entry is one removed and one added.
  public struct Entries: Hashable, Sendable {
    public var added: [String] = []
    public var changed: [Change] = []
    public var removed: [String] = []
    public var unchanged = 0

    public var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
  }

  public var buses: Entries
  public var devices: Entries
  public var rules: Entries
  /// `broker`, `central`, `outbox`: what is applied at once.
  public var sections: [Change]
  /// What takes effect at the next start only.
  public var needsRestart: [Change]

  public init(from old: GatewaySettings, to new: GatewaySettings) {
    buses = Entries(old.buses, new.buses, name: \.name) { $0.differences(to: $1) }
    devices = Entries(
      old.devices.map { PlacedDevice($0, of: old) }, new.devices.map { PlacedDevice($0, of: new) },
      name: \.settings.name
    ) { $0.differences(to: $1) }
    // A tag's place in the catalogue changes with every device before it; its name says whether the rule is the same.
    rules = Entries(old.rules.map(\.unplaced), new.rules.map(\.unplaced), name: \.name) { $0.differences(to: $1) }
    sections = Self.sections(old, new)
    needsRestart = Self.needsRestart(old, new)
  }

  /// Nothing differs at all.
  public var isEmpty: Bool { isAppliedInFull && buses.isEmpty && devices.isEmpty && rules.isEmpty && sections.isEmpty }

  /// Nothing waits for a restart.
  public var isAppliedInFull: Bool { needsRestart.isEmpty }

  /// `settings` with what only a start can change as it runs.
  public static func applicable(_ settings: GatewaySettings, running: GatewaySettings) -> GatewaySettings {
    var settings = settings
    settings.gateway = running.gateway
    settings.outbox.directory = running.outbox.directory
    settings.api = running.api
    return settings
  }

  /// For people, a line a kind.
  public var lines: [String] {
    var lines = [("buses", buses), ("devices", devices), ("rules", rules)].compactMap { name, entries in
      entries.summary.map { "\(name): \($0)" }
    }
    lines += sections.map { "\($0.name): \($0.details.joined(separator: ", "))" }
    lines += needsRestart.map { "needs a restart: \($0.name): \($0.details.joined(separator: ", "))" }
    return lines
  }

  public func write(to json: inout JSONWriter) {
    json.object("buses") { buses.write(to: &$0) }
    json.object("devices") { devices.write(to: &$0) }
    json.object("rules") { rules.write(to: &$0) }
    json.array("sections") { json in for change in sections { change.write(to: &json) } }
    json.array("needs_restart") { json in for change in needsRestart { change.write(to: &json) } }
  }
}

extension SettingsDifference.Change {
  fileprivate func write(to json: inout JSONWriter) {
    json.object { json in
      json.member("name", name)
      json.array("details") { json in for detail in details { json.string(detail) } }
    }
  }
}

extension SettingsDifference.Entries {
  /// Most names of one kind in a line for people; the JSON has all.
  static let shownNames = 10

  init<Entry: Equatable>(
    _ old: [Entry], _ new: [Entry], name: (Entry) -> String, details: (Entry, Entry) -> [String]
  ) {
    let before = Dictionary(old.map { (name($0), $0) }) { first, _ in first }
    let after = Set(new.map(name))
    for entry in new {
      let name = name(entry)
      guard let known = before[name] else {
        added.append(name)
        continue
      }
      let found = details(known, entry)
      if known == entry {
        unchanged += 1
      } else {
        // A key that has no words of its own here still shows that something changed.
        changed.append(.init(name: name, details: found.isEmpty ? ["other settings"] : found))
      }
    }
    removed = old.map(name).filter { !after.contains($0) }
  }

  /// `1 added (pump-3), 12 unchanged`; nil when there is nothing of this kind, before and after.
  var summary: String? {
    let parts = [
      Self.part(added, "added"),
      Self.part(changed.map { "\($0.name): \($0.details.joined(separator: ", "))" }, "changed", separator: "; "),
      Self.part(removed, "removed"), unchanged > 0 ? "\(unchanged) unchanged" : nil,
    ].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func part(_ names: [String], _ word: String, separator: String = ", ") -> String? {
    guard !names.isEmpty else { return nil }
    let more = names.count > shownNames ? "\(separator)…" : ""
    return "\(names.count) \(word) (\(names.prefix(shownNames).joined(separator: separator))\(more))"
  }

  fileprivate func write(to json: inout JSONWriter) {
    json.array("added") { json in for name in added { json.string(name) } }
    json.array("changed") { json in for change in changed { change.write(to: &json) } }
    json.array("removed") { json in for name in removed { json.string(name) } }
    json.member("unchanged", unchanged)
  }
}
