import TagExpressions
import Telemetry

/// `computed:`, devices whose tags come from other tags (`docs/computed.md`).
extension GatewaySettingsReader {
  static let computedDeviceKeys = ["name", "every", "tags"] + publishingKeys
  static let computedIntervals: ClosedRange<Duration> = .milliseconds(100) ... .seconds(3_600)

  /// A computed device of the file; its tags are in the list of all computed tags.
  private struct ReadComputedDevice {
    var name: String
    var every: Duration
    var publishing: PublishingSettings
    /// Places among all computed tags.
    var tags: Range<Int>
    var isGood: Bool
  }

  /// - Parameters:
  ///   - devices: of the buses.
  ///   - bus: the place that the bus of computed devices will have.
  mutating func computed(_ file: Section, devices: [ReadDevice], bus: Int) -> [ReadDevice] {
    let example = "{ name: boiler_calc, tags: [ { name: delta_t, expression: \"boiler/supply - boiler/return\" } ] }"
    let items = file.list("computed", limit: Self.maximumDevices, example: example, &problems)
    var tags: [ReadComputedTag] = []
    let computed = items.compactMap { computedDevice($0, &tags) }
    if devices.count + computed.count > Self.maximumDevices {
      problems.error(
        file.keyNode("computed"), "there are \(devices.count + computed.count) devices with the computed ones",
        hint: "allowed: \(Self.maximumDevices)")
    }
    let total = devices.reduce(tags.count) { $0 + $1.tagNames.count }
    if total > Self.maximumTags {
      problems.error(
        file.keyNode("computed"), "all devices together have \(total) tags", hint: "allowed: \(Self.maximumTags)")
    }
    resolve(&tags, among: devices)
    return computed.map { device in
      let own = tags[device.tags]
      let names = own.map(\.name.tag)
      let settings = own.compactMap(\.settings)
      guard device.isGood, settings.count == own.count else {
        return ReadDevice(name: device.name, bus: bus, settings: nil, tagNames: names)
      }
      var made = DeviceSettings(name: device.name, bus: bus, unit: 0, scanInterval: device.every, tags: settings)
      made.publishing = device.publishing
      return ReadDevice(name: device.name, bus: bus, settings: made, tagNames: names)
    }
  }

  mutating func checkComputedBus(_ buses: [ReadBus]) {
    guard let bus = buses.first(where: { $0.name == BusSettings.computed.name }) else { return }
    problems.error(
      bus.node, "a bus cannot be called '\(bus.name)' where there are computed devices",
      hint: "they stand under that name where buses are shown; choose another")
  }

  private mutating func computedDevice(_ node: YAMLNode, _ tags: inout [ReadComputedTag]) -> ReadComputedDevice? {
    guard var section = Section(node, "a computed device", keys: Self.computedDeviceKeys, &problems) else { return nil }
    let name = section.name("name", example: "boiler_calc", &problems)
    if let name {
      section.title = "device '\(name)'"
      claimDevice(name, at: section.value("name") ?? node)
    }
    let every = section.duration("every", Self.computedIntervals, &problems)
    taken["tags of \(section.title)"] = nil
    let publishing = publishing(section, over: self.publishing)
    let first = tags.count
    let example = "{ name: delta_t, expression: \"boiler/supply - boiler/return\" }"
    var isGood = section.require("tags", example: "[ \(example) ]", &problems)
    if isGood {
      let items = section.list("tags", limit: Self.maximumTagsPerDevice, example: example, &problems)
      if items.isEmpty, case .sequence = section.value("tags")?.content {
        problems.error(
          section.keyNode("tags"), "\(section.title) has an empty list of tags", hint: "for example:  - \(example)")
      }
      for item in items {
        if let tag = computedTag(item, of: section.title, in: name ?? "", publishing) {
          tags.append(tag)
        } else {
          isGood = false
        }
      }
      isGood = isGood && tags.count > first
    }
    if publishing.topics.hasTags, let tag = tags[first...].first(where: { $0.name.tag == "set" }) {
      problems.error(
        tag.section.value("name") ?? tag.section.node,
        "\(section.title) publishes each tag on its own topic, so no tag can be called 'set'",
        hint: "commands come on that topic; choose another name, or publish: per-device")
    }
    guard let name else { return nil }
    return ReadComputedDevice(
      name: name, every: every ?? .seconds(1), publishing: publishing, tags: first..<tags.count, isGood: isGood)
  }

  // MARK: In the order in which they use each other

  /// Turns what was read into settings, each tag behind those that it uses.
  private mutating func resolve(_ tags: inout [ReadComputedTag], among devices: [ReadDevice]) {
    var directory = TagDirectory()
    for device in devices {
      for (place, name) in device.tagNames.enumerated() {
        let definition = device.settings?.tags[place].definition
        directory.set(TagName(device: device.name, tag: name), definition)
      }
    }
    var places: [TagName: Int] = [:]
    for (place, tag) in tags.enumerated() where !tag.name.device.isEmpty {
      directory.set(tag.name, nil)
      places[tag.name] = places[tag.name] ?? place
    }
    let uses = tags.map { tag in tag.references.compactMap { places[$0] } }
    let order = ComputedOrder(uses)
    for circle in order.circles { reportCircle(circle, tags) }
    for place in order.deep { reportDepth(tags[place]) }
    for place in order.places {
      tags[place].settings = computedTagSettings(tags[place], directory)
      if let definition = tags[place].settings?.definition { directory.set(tags[place].name, definition) }
    }
  }

  private mutating func reportCircle(_ circle: [Int], _ tags: [ReadComputedTag]) {
    let shown = circle.prefix(8).map { "\(tags[$0].name)" } + (circle.count > 8 ? ["…"] : [])
    let tag = tags[circle[0]]
    problems.error(
      tag.section.value("name") ?? tag.section.node,
      "\(tag.section.title) uses itself: \((shown + ["\(tag.name)"]).joined(separator: " → "))",
      hint: "take one of them out of the circle")
  }

  private mutating func reportDepth(_ tag: ReadComputedTag) {
    problems.error(
      tag.section.node,
      "\(tag.section.title) is built on more than \(ComputedOrder.maximumDepth) computed tags one behind the other",
      hint: "use the first tags of the row directly")
  }
}

extension BusSettings {
  /// The bus of computed devices, which has no line.
  static let computed = Self(name: "computed", kind: .computed, timeout: .zero)
}
