import RuleEngine
import Telemetry

/// The words for what changed.
extension SettingsDifference {
  /// A device together with the name of its bus, because places in the list of buses mean nothing to people.
  struct PlacedDevice: Equatable {
    var settings: DeviceSettings
    var bus: String

    init(_ device: DeviceSettings, of all: GatewaySettings) {
      settings = device
      bus = all.buses[device.bus].name
      settings.bus = 0
    }

    func differences(to new: Self) -> [String] {
      var texts = [
        SettingsDifference.text("bus", bus, new.bus),
        SettingsDifference.text("unit", settings.unit, new.settings.unit),
        SettingsDifference.text("every", settings.scanInterval, new.settings.scanInterval),
      ].compactMap(\.self)
      let tags = Entries(settings.tags, new.settings.tags, name: \.definition.name) { _, _ in ["other settings"] }
      texts += [
        SettingsDifference.text(tags.added, "added"), SettingsDifference.text(tags.changed.map(\.name), "changed"),
        SettingsDifference.text(tags.removed, "removed"),
      ].compactMap(\.self)
      if tags.isEmpty, settings.tags != new.settings.tags { texts.append("tags in another order") }
      return texts
    }
  }

  static func text<Value: Equatable>(_ name: String, _ old: Value, _ new: Value) -> String? {
    old == new ? nil : "\(name) \(shown(old)) -> \(shown(new))"
  }

  private static func text(_ tags: [String], _ word: String) -> String? {
    guard !tags.isEmpty else { return nil }
    let more = tags.count > Entries.shownNames ? ", …" : ""
    let names = tags.prefix(Entries.shownNames).joined(separator: ", ")
    return "\(tags.count == 1 ? "tag" : "tags") \(word): \(names)\(more)"
  }

  private static func shown(_ value: Any) -> String {
    switch value {
    case let duration as Duration: Quantity.text(duration)
    case let duration as Duration?: duration.map { Quantity.text($0) } ?? "none"
    case let number as Int?: number.map { "\($0)" } ?? "none"
    default: "\(value)"
    }
  }

  static func sections(_ old: GatewaySettings, _ new: GatewaySettings) -> [Change] {
    var changes: [Change] = []
    func add(_ name: String, isSame: Bool, _ details: [String?]) {
      guard !isSame else { return }
      let known = details.compactMap(\.self)
      changes.append(Change(name: name, details: known.isEmpty ? ["other settings"] : known))
    }
    switch (old.broker, new.broker) {
    case (nil, nil): break
    case (nil, _?): changes.append(Change(name: "broker", details: ["added"]))
    case (_?, nil): changes.append(Change(name: "broker", details: ["removed"]))
    case (let old?, let new?):
      add(
        "broker", isSame: old == new,
        [
          text("host", old.host, new.host), text("port", old.port, new.port),
          text("protocol", old.protocolVersion, new.protocolVersion),
          text("messages-per-second", old.messagesPerSecond, new.messagesPerSecond),
        ])
    }
    switch (old.central, new.central) {
    case (nil, nil): break
    case (nil, _?): changes.append(Change(name: "central", details: ["added"]))
    case (_?, nil): changes.append(Change(name: "central", details: ["removed"]))
    case (let old?, let new?): add("central", isSame: old == new, details(old, new))
    }
    add("alarms", isSame: old.alarms == new.alarms, details(old.alarms, new.alarms))
    let (before, after) = (old.outbox, applicable(new, running: old).outbox)
    add(
      "outbox", isSame: before == after,
      [
        text("flush-interval", before.flushInterval, after.flushInterval),
        bytes("capacity", before.capacityBytes, after.capacityBytes),
        bytes("disk-floor", before.diskFloorBytes, after.diskFloorBytes), text("keep", before.keep, after.keep),
        text("warn-below", before.warnBelow, after.warnBelow),
      ])
    return changes
  }

  private static func details(_ old: AlarmSettings, _ new: AlarmSettings) -> [String?] {
    let shown = { (limit: AlarmSettings.Limit) in "\(limit.count) in \(Quantity.text(limit.within))" }
    return [
      text("flood", shown(old.flood), shown(new.flood)), text("chatter", shown(old.chatter), shown(new.chatter)),
      text("shelving", old.shelving, new.shelving),
      text("longest-shelving", old.longestShelving, new.longestShelving),
    ]
  }

  private static func details(_ old: CentralSettings, _ new: CentralSettings) -> [String?] {
    [
      text("url", old.url, new.url), text("authority", old.authority, new.authority),
      text("certificate", old.certificate, new.certificate), text("key", old.key, new.key),
      text("proxy", old.proxy ?? "none", new.proxy ?? "none"),
      text("batch-interval", old.batchInterval, new.batchInterval),
      text("offline-batch-interval", old.offlineBatchInterval, new.offlineBatchInterval),
      bytes("rate-limit", old.rateLimitBytes, new.rateLimitBytes),
      old.quietHours == new.quietHours ? nil : "quiet hours",
    ]
  }

  private static func bytes(_ name: String, _ old: Int?, _ new: Int?) -> String? {
    let shown = { (count: Int?) in count.map { Quantity.text(bytes: Int64($0)) } ?? "none" }
    return old == new ? nil : "\(name) \(shown(old)) -> \(shown(new))"
  }

  static func needsRestart(_ old: GatewaySettings, _ new: GatewaySettings) -> [Change] {
    [
      ("gateway", text("name", old.gateway, new.gateway)),
      ("outbox", text("directory", old.outbox.directory, new.outbox.directory)),
      ("api", text("socket", old.api.socket, new.api.socket)),
    ].compactMap { name, text in text.map { Change(name: name, details: [$0]) } }
  }
}

extension BusSettings {
  func differences(to new: Self) -> [String] {
    var texts = [SettingsDifference.text("timeout", timeout, new.timeout)]
    switch (kind, new.kind) {
    case (.modbusRTU(let old), .modbusRTU(let new)):
      texts += [
        SettingsDifference.text("device", old.device, new.device), SettingsDifference.text("baud", old.baud, new.baud),
        SettingsDifference.text("parity", old.parity.rawValue, new.parity.rawValue),
        SettingsDifference.text("stop-bits", old.stopBits, new.stopBits),
      ]
    case (.modbusTCP(let oldHost, let oldPort), .modbusTCP(let host, let port)):
      texts += [SettingsDifference.text("host", oldHost, host), SettingsDifference.text("port", oldPort, port)]
    default: texts.append(kind == new.kind ? nil : "type or line")
    }
    return texts.compactMap(\.self)
  }
}

extension AlarmRule {
  /// Without places in the catalogue, which change with every device before.
  var unplaced: Self { moved { _ in TagIndex(device: 0, tag: 0) } ?? self }

  func differences(to new: Self) -> [String] {
    var texts = [SettingsDifference.text("tag", tagName, new.tagName)]
    if condition != new.condition {
      switch (condition, new.condition) {
      case (.compare(_, let side, let limit, let hysteresis), .compare(_, let newSide, let newLimit, let newHysteresis)):
        texts += [
          SettingsDifference.text("limit", "\(side.rawValue) \(limit)", "\(newSide.rawValue) \(newLimit)"),
          SettingsDifference.text("hysteresis", hysteresis, newHysteresis),
        ]
      default: if tagName == new.tagName { texts.append("condition") }
      }
    }
    texts += [
      precondition == new.precondition ? nil : "when", schedule == new.schedule ? nil : "schedule",
      SettingsDifference.text("for", onDelay, new.onDelay),
      SettingsDifference.text("off-delay", offDelay, new.offDelay),
      SettingsDifference.text("severity", severity.name, new.severity.name),
      message == new.message ? nil : "message", actions == new.actions ? nil : "actions",
    ]
    return texts.compactMap(\.self)
  }
}
