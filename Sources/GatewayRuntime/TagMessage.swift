import GatewayConfiguration
import JSONText
import Telemetry

/// The message of one tag on its own topic. Format: `docs/formats/mqtt.md`.
enum TagMessage {
  static func payload(
    _ reading: Reading, _ tag: TagDefinition, text: String? = nil, _ time: Timestamp,
    _ form: PublishingSettings.TagPayload
  ) -> [UInt8] {
    switch form {
    case .plain:
      // A text stands as it is, without quotes, as other programs publish it.
      if let text, tag.type == .text { return Array(text.utf8) }
      var json = JSONWriter()
      ScanMessage.write(reading, tag, to: &json)
      return json.take()
    case .json:
      return JSONWriter.object { json in
        json.key("value")
        ScanMessage.write(reading, tag, text: text, to: &json)
        json.member("label", ifPresent: tag.label(of: reading))
        json.member("quality", reading.quality.level.name)
        json.member("reason", ifPresent: reading.quality.reason == .none ? nil : reading.quality.reason.name)
        json.member("unit", ifPresent: tag.unit.isEmpty ? nil : tag.unit)
        json.member("time", time.iso8601)
      }
    }
  }
}
