import GatewayCore
import RuleEngine
import Telemetry

/// All tags of a file by name, for whoever speaks of them: rules and what is computed.
struct WatchableTags {
  typealias Device = GatewaySettingsReader.ReadDevice

  private let devices: [Device]
  private var places: [String: Int] = [:]
  private var tags: [[String: Int]] = []

  init(_ devices: [Device]) {
    self.devices = devices
    for (index, device) in devices.enumerated() where places[device.name] == nil { places[device.name] = index }
    tags = devices.map { device in
      Dictionary(device.tagNames.enumerated().map { ($1, $0) }) { first, _ in first }
    }
  }

  /// A tag that people may write as an example.
  var example: String { devices.first.map { "\($0.name)/temperature" } ?? "boiler/supply_temp" }

  /// What a file says of one tag; nil where the tag itself has a mistake, which is reported there.
  func definition(_ index: TagIndex) -> TagDefinition? {
    guard let settings = devices[index.device].settings, settings.tags.indices.contains(index.tag) else { return nil }
    return settings.tags[index.tag].definition
  }

  /// True also where the tag itself has a mistake, which is reported there.
  func isWritable(_ index: TagIndex) -> Bool {
    guard let settings = devices[index.device].settings, settings.tags.indices.contains(index.tag) else { return true }
    return settings.tags[index.tag].write != nil
  }

  /// Why a write of this value to a writable tag would be refused; nil when it would not, and where the tag itself has a
  /// mistake.
  func objection(to value: CommandValue, _ index: TagIndex) -> String? {
    guard let settings = devices[index.device].settings, settings.tags.indices.contains(index.tag) else { return nil }
    return CommandTag(settings.tags[index.tag]).objection(to: value, device: settings.name)
  }

  /// `DEVICE/TAG`, or nil with the problem reported.
  ///
  /// - Parameter who: such as `rule 'hot'`, for messages.
  func find(
    _ text: String, at node: YAMLNode, who: String, isTextAllowed: Bool = false, _ problems: inout ProblemList
  ) -> RuleTag? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      problems.error(node, "'tag' of \(who) must be DEVICE/TAG, not '\(text)'", hint: "for example: boiler/supply_temp")
      return nil
    }
    guard let device = places[parts[0]] else {
      problems.error(
        node, "\(who) watches device '\(parts[0])', which does not exist",
        hint: ProblemList.suggestion(for: parts[0], among: devices.map(\.name), what: "devices"))
      return nil
    }
    guard let tag = tags[device][parts[1]] else {
      problems.error(
        node, "\(who) watches tag '\(parts[1])', which device '\(parts[0])' does not have",
        hint: ProblemList.suggestion(for: parts[1], among: devices[device].tagNames, what: "tags"))
      return nil
    }
    let found = named(TagIndex(device: device, tag: tag))
    if !isTextAllowed, definition(found.index)?.type == .text {
      problems.error(
        node, "\(who) watches '\(text)', which is a text",
        hint: "rules judge numbers and bools; a number with 'names' can be judged and shown as a word")
      return nil
    }
    return found
  }

  func device(_ place: Int) -> Device { devices[place] }

  /// A device, or nil with the problem reported.
  func device(
    _ name: String, at node: YAMLNode, who: String, _ problems: inout ProblemList
  ) -> Device? {
    if let place = places[name] { return devices[place] }
    problems.error(
      node, "\(who) names device '\(name)', which does not exist",
      hint: ProblemList.suggestion(for: name, among: devices.map(\.name), what: "devices"))
    return nil
  }

  /// All numbers and bools whose name fits a pattern with `*`, in the order of the file.
  func matching(_ pattern: String) -> [RuleTag] {
    var found: [RuleTag] = []
    for (device, entry) in devices.enumerated() {
      for (tag, name) in entry.tagNames.enumerated() where Self.fits("\(entry.name)/\(name)", pattern) {
        let index = TagIndex(device: device, tag: tag)
        if let definition = definition(index), definition.type != .text { found.append(named(index)) }
      }
    }
    return found
  }

  private func named(_ index: TagIndex) -> RuleTag {
    let name = "\(devices[index.device].name)/\(devices[index.device].tagNames[index.tag])"
    guard let definition = definition(index) else { return RuleTag(index, name: name) }
    return RuleTag(
      index, name: name, unit: definition.unit,
      decimals: definition.type == .integer ? definition.scaling.decimals : nil, names: definition.names)
  }

  /// `*` stands for any letters, none included.
  static func fits(_ name: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return name == pattern }
    guard name.hasPrefix(first), name.hasSuffix(last), name.utf8.count >= first.utf8.count + last.utf8.count else {
      return false
    }
    var rest = name.dropFirst(first.count).dropLast(last.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return true
  }
}

extension Substring {
  /// Plain search; names have at most 129 bytes.
  fileprivate func firstRange(of part: Substring) -> Range<Index>? {
    var start = startIndex
    while true {
      let rest = self[start...]
      if rest.hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
      guard start < endIndex else { return nil }
      start = index(after: start)
    }
  }
}
