import GatewayConfiguration
import JSONText
import SerialSensors
import Telemetry

/// One device, or one pattern to try, with the names of its values.
struct SerialWatchReader {
  var name: String
  var tags: [TagDefinition]
  var reader: MessageReader

  /// `scale: weight 12.5 kg  stable true`
  func text(_ outcome: MessageOutcome) -> String {
    switch outcome {
    case .notMine: return "of no device"
    case .ignored: return "\(name): understood, without a value (a header, another sentence)"
    case .damaged(let reason, let text): return "\(name): damaged (\(reason.name)): \(text)"
    case .readings(let readings, let texts):
      let values = tags.indices.filter { readings[$0] != .absent }.map { index in
        let (tag, reading) = (tags[index], readings[index])
        let unit = tag.unit.isEmpty ? "" : " \(tag.unit)"
        guard let value = texts[index].map({ "'\($0)'" }) ?? Self.value(reading, tag) else {
          return "\(tag.name) — (\(reading.quality.reason.name))"
        }
        return "\(tag.name) \(value)\(unit)" + (reading.quality == .good ? "" : " (\(reading.quality))")
      }
      return "\(name): \(values.joined(separator: "  "))"
    }
  }

  func write(_ outcome: MessageOutcome, to json: inout JSONWriter) {
    json.member("device", name)
    switch outcome {
    case .notMine, .ignored: break
    case .damaged(let reason, _): json.member("quality", "bad (\(reason.name))")
    case .readings(let readings, let texts):
      json.object("values") { json in
        for (index, (tag, reading)) in zip(tags, readings).enumerated() where reading != .absent {
          json.key(tag.name)
          if let text = texts[index] {
            json.string(text)
            continue
          }
          switch reading.value(tag.type) {
          case nil: json.null()
          case .boolean(let flag): json.bool(flag)
          case let value?: json.double(tag.scaling.apply(value))
          }
        }
      }
      let reasons = zip(tags, readings).filter { $0.1.quality.reason != .none }
      guard !reasons.isEmpty else { return }
      json.object("reasons") { json in
        for (tag, reading) in reasons { json.member(tag.name, reading.quality.reason.name) }
      }
    }
  }

  private static func value(_ reading: Reading, _ tag: TagDefinition) -> String? {
    switch reading.value(tag.type) {
    case nil: return nil
    case .boolean(let flag): return "\(flag)"
    case let value?:
      var json = JSONWriter()
      json.double(tag.scaling.apply(value))
      return String(decoding: json.bytes, as: UTF8.self)
    }
  }
}
