import JSONText
import Telemetry

/// The JSON of one scan of one device, as it goes to the broker and to `fieldgate tail`. Format: `docs/formats/mqtt.md`.
enum ScanMessage {
  static func write(_ scan: DeviceScan, _ device: DeviceDefinition, to json: inout JSONWriter) {
    json.member("time", scan.time.iso8601)
    json.member("quality", worstLevel(scan).name)
    json.object("values") { json in
      for (index, tag) in device.tags.enumerated() where scan.readings[index].quality.level != .absent {
        json.key(tag.name)
        write(scan.readings[index], tag, text: scan.texts.isEmpty ? nil : scan.text(index), to: &json)
      }
    }
    writeLabels(scan, device, to: &json)
    guard scan.readings.contains(where: { $0.quality.reason != .none }) else { return }
    json.object("reasons") { json in
      for (tag, reading) in zip(device.tags, scan.readings) where reading.quality.reason != .none {
        json.member(tag.name, reading.quality.reason.name)
      }
    }
  }

  /// The names of the values that have one.
  private static func writeLabels(_ scan: DeviceScan, _ device: DeviceDefinition, to json: inout JSONWriter) {
    guard device.tags.contains(where: { !$0.names.isEmpty }) else { return }
    json.object("labels") { json in
      for (tag, reading) in zip(device.tags, scan.readings) { json.member(tag.name, ifPresent: tag.label(of: reading)) }
    }
  }

  /// A number in the tag's unit; true or false for booleans; a text; null when there is no value.
  static func write(_ reading: Reading, _ tag: TagDefinition, text: String? = nil, to json: inout JSONWriter) {
    if let text, tag.type == .text { return json.string(text) }
    switch reading.value(tag.type) {
    case nil: json.null()
    case .boolean(let value): json.bool(value)
    case .integer(let value) where tag.scaling.isIdentity: json.integer(value)
    case .float32(let value) where tag.scaling.isIdentity: json.float(value)
    case let value?: json.double(tag.scaling.apply(value))
    }
  }

  /// Good only when every tag is.
  static func worstLevel(_ scan: DeviceScan) -> Quality.Level {
    var worst = Quality.Level.good
    for reading in scan.readings where reading.quality.level != .absent {
      if reading.quality.level.rawValue > worst.rawValue { worst = reading.quality.level }
    }
    return worst
  }
}
