import Telemetry

extension GatewaySettingsReader {
  /// A device of the file; `settings` is nil when something in it is wrong.
  struct ReadDevice {
    var name: String
    var bus: Int?
    var settings: DeviceSettings?
    /// Names of all its tags, also of those with mistakes.
    var tagNames: [String]
  }

  static let deviceKeys =
    ["name", "bus", "unit", "every", "stale-after", "profile", "profile-offset", "tags", "write-functions"]
    + readKeys + publishingKeys + serialDeviceKeys
  /// Topics of the gateway itself stand beside those of its devices.
  static let reservedDeviceNames = ["status", "alarms"]

  mutating func devices(_ file: Section, buses: [ReadBus]) -> [ReadDevice] {
    let example = "{ name: boiler, bus: rs485, unit: 3, every: 1s, tags: […] }"
    guard file.require("devices", example: "[ \(example) ]", &problems) else { return [] }
    let items = file.list("devices", limit: Self.maximumDevices, example: example, &problems)
    let devices = items.compactMap { device($0, buses) }
    let total = devices.reduce(0) { $0 + $1.tagNames.count }
    if total > Self.maximumTags {
      problems.error(
        file.keyNode("devices"), "all devices together have \(total) tags", hint: "allowed: \(Self.maximumTags)")
    }
    return devices
  }

  private mutating func device(_ node: YAMLNode, _ buses: [ReadBus]) -> ReadDevice? {
    guard var section = Section(node, "a device", keys: Self.deviceKeys, &problems) else { return nil }
    let name = section.name("name", example: "boiler", &problems)
    if let name {
      section.title = "device '\(name)'"
      claimDevice(name, at: section.value("name") ?? node)
    }
    let bus = busIndex(section, buses)
    if let bus, let lines = buses[bus].lines {
      return serialDevice(section, name, bus: bus, lines, isUsable: buses[bus].settings != nil)
    }
    for key in Self.serialDeviceKeys where section.has(key) && !Self.readKeys.contains(key) && key != "stale-after" {
      problems.error(
        section.keyNode(key), "'\(key)' has no meaning for \(section.title), which is on no bus of serial lines",
        hint: "remove it")
    }
    let unit = unit(section, isSerial: bus.map { buses[$0].isSerial } ?? false)
    let every = interval(section)
    let reading = reading(section, bus: bus.flatMap { buses[$0].settings })
    // Two devices of one name have been reported; their tags are not compared with each other.
    taken["tags of \(section.title)"] = nil
    let publishing = publishing(section, over: self.publishing)
    var names: [String] = []
    var tags: [TagSettings] = []
    let hasTags =
      section.has("profile") || section.require("tags", example: "[ { name: temperature, holding: 100 } ]", &problems)
    if hasTags {
      let example = "{ name: temperature, holding: 100 }"
      let items = section.list("tags", limit: Self.maximumTagsPerDevice, example: example, &problems)
      if items.isEmpty, case .sequence = section.value("tags")?.content {
        problems.error(
          section.keyNode("tags"), "\(section.title) has an empty list of tags", hint: "for example:  - \(example)")
      }
      for item in tagNodes(section, own: items) {
        if let tag = tag(item, of: section.title, publishing, &names) { tags.append(tag) }
      }
    }
    let functions = writeFunctions(section)
    checkScaleFactors(tags, section)
    checkTextLength(tags, section)
    let stale = section.duration("stale-after", Self.staleRange, &problems)
    checkWrites(tags, functions, section)
    checkTopics(tags, publishing, section)
    guard let name else { return nil }
    guard let bus, let unit, let every, tags.count == names.count, buses[bus].settings != nil else {
      return ReadDevice(name: name, bus: bus, settings: nil, tagNames: names)
    }
    // Buses with mistakes leave no settings; the file is refused then, so the index is never used.
    var settings = DeviceSettings(
      name: name, bus: bus, unit: unit, scanInterval: every, staleAfter: stale ?? max(.seconds(60), every * 3),
      tags: tags, writeFunctions: functions)
    settings.reading = reading
    settings.publishing = publishing
    return ReadDevice(name: name, bus: bus, settings: settings, tagNames: names)
  }

  mutating func claimDevice(_ name: String, at place: YAMLNode) {
    claim(name, "devices", at: place)
    guard Self.reservedDeviceNames.contains(name) else { return }
    problems.error(
      place, "a device cannot be called '\(name)'",
      hint: "the gateway publishes its own messages under that name; choose another")
  }

  private mutating func busIndex(_ section: Section, _ buses: [ReadBus]) -> Int? {
    guard section.require("bus", example: buses.first?.name ?? "rs485", &problems),
      let text = section.text("bus", &problems)
    else { return nil }
    if let index = buses.firstIndex(where: { $0.name == text }) { return index }
    problems.error(
      section.value("bus") ?? section.node, "\(section.title) is on bus '\(text)', which does not exist",
      hint: ProblemList.suggestion(for: text, among: buses.map(\.name), what: "buses"))
    return nil
  }

  /// 1 to 247 on a serial line (Modbus over serial line 1.02, section 2.2); over TCP also 0 and 255, which devices without
  /// a line behind them use.
  private mutating func unit(_ section: Section, isSerial: Bool) -> UInt8? {
    guard section.require("unit", example: "1", &problems) else { return nil }
    guard let number = section.integer("unit", isSerial ? 1...247 : 0...255, &problems) else { return nil }
    guard number <= 247 || number == 255 else {
      problems.error(
        section.value("unit") ?? section.node, "'unit' of \(section.title) is \(number), out of range",
        hint: "allowed: 0 to 247, and 255")
      return nil
    }
    return UInt8(number)
  }
}
