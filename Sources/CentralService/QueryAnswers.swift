import CentralCore
import JSONText
import Telemetry

/// The bodies of query answers.
enum QueryAnswers {
  static func gateways(_ gateways: [GatewayOverview], now: Timestamp) -> [UInt8] {
    list("gateways", gateways) { gateway, json in
      json.member("name", gateway.name)
      json.member("first_seen", gateway.firstSeen.iso8601)
      json.member("last_seen", gateway.lastSeen.iso8601)
      json.member("newest_sample", ifPresent: gateway.newest?.iso8601)
      json.member("lag_seconds", ifPresent: gateway.newest.map { max(0, (now - $0).wholeMilliseconds) / 1_000 })
      json.member("devices", gateway.devices)
      json.member("tags", gateway.tags)
      json.member("active_alarms", gateway.activeAlarms)
      json.member("unacknowledged_alarms", gateway.unacknowledgedAlarms)
      json.member("losses", gateway.losses)
      json.member("epochs", gateway.epochs)
      json.array("lanes") { json in
        for lane in gateway.lanes {
          json.object { json in
            json.member("epoch", lane.epoch.description)
            json.member("lane", lane.lane.name)
            json.member("position", lane.position)
            json.member("records", lane.records)
            json.member("bytes", lane.bytes)
            json.member("newest", ifPresent: lane.newest?.iso8601)
          }
        }
      }
    }
  }

  static func tags(_ tags: [LatestValue]) -> [UInt8] {
    list("tags", tags) { value, json in
      json.member("tag", "\(value.device)/\(value.tag.name)")
      json.member("type", value.tag.type.name)
      json.member("unit", value.tag.unit)
      guard !value.tag.names.isEmpty else { return }
      json.object("names") { json in for name in value.tag.names { json.member("\(name.value)", name.name) } }
    }
  }

  /// - Parameter staleAfter: values older than this are uncertain (stale), whatever they were when they were taken: the
  ///   gateway, or the way to it, has been silent since.
  static func latest(_ values: [LatestValue], now: Timestamp, staleAfter: Duration) -> [UInt8] {
    list("values", values) { value, json in
      let age = max(.zero, now - value.time)
      let isStale = age > staleAfter && value.reading.quality.hasValue
      json.member("tag", "\(value.device)/\(value.tag.name)")
      json.member("time", value.time.iso8601)
      json.member("age_ms", age.wholeMilliseconds)
      json.key("value")
      write(value.reading, value.tag, text: value.text, to: &json)
      json.member("label", ifPresent: value.tag.label(of: value.reading))
      write(isStale ? .uncertain(.stale) : value.reading.quality, to: &json)
      json.member("unit", value.tag.unit)
    }
  }

  static func samples(_ samples: [Sample], tag: String, next: Timestamp?) -> [UInt8] {
    JSONWriter.object { json in
      json.member("tag", tag)
      json.member("unit", samples.last?.definition.unit ?? "")
      json.member("truncated", next != nil)
      json.member("next_from", ifPresent: next?.iso8601)
      json.array("samples") { json in
        for sample in samples {
          json.object { json in
            json.member("time", sample.time.iso8601)
            write(sample, to: &json)
          }
        }
      }
    }
  }

  static func csv(_ samples: [Sample]) -> [UInt8] {
    var text = Array("time,value,quality,reason\n".utf8)
    for sample in samples {
      text += sample.time.iso8601.utf8
      text.append(UInt8(ascii: ","))
      var json = JSONWriter(capacity: 32)
      write(sample.reading, sample.definition, to: &json)
      if let aggregate = sample.aggregate {
        json = JSONWriter(capacity: 32)
        json.double(aggregate.mean)
        text += sample.text.map { Array(quoted($0).utf8) } ?? json.bytes
        text += ",uncertain,thinned: \(sample.text == nil ? "mean" : "last") of \(aggregate.count)\n".utf8
        continue
      }
      if sample.reading.quality.hasValue { text += sample.text.map { Array(quoted($0).utf8) } ?? json.bytes }
      let reason = sample.reading.quality.reason
      text += ",\(sample.reading.quality.level.name),\(reason == .none ? "" : reason.name)\n".utf8
    }
    return text
  }

  /// A text as CSV has it (RFC 4180): quotes around it, and its own doubled.
  private static func quoted(_ text: String) -> String {
    "\"\(text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
  }

  static func losses(_ losses: [StoredLoss]) -> [UInt8] {
    list("losses", losses) { loss, json in
      json.member("gateway", loss.gateway)
      json.member("received", loss.received.iso8601)
      json.member("reason", loss.notice.reason.name)
      json.member("lane", loss.notice.lane.name)
      json.member("epoch", ifPresent: loss.notice.epoch?.description)
      json.member("first_batch", ifPresent: loss.notice.numbers?.lowerBound)
      json.member("last_batch", ifPresent: loss.notice.numbers?.upperBound)
      json.member("from", ifPresent: loss.notice.firstTime?.iso8601)
      json.member("to", ifPresent: loss.notice.lastTime?.iso8601)
      json.member("samples", ifPresent: loss.notice.samples)
      json.array("devices") { json in for device in loss.notice.devices { json.string(device) } }
      json.member("more_devices", loss.notice.moreDevices)
      json.member("detail", loss.notice.detail)
    }
  }

  /// The reading, or what thinning left of several.
  private static func write(_ sample: Sample, to json: inout JSONWriter) {
    guard let aggregate = sample.aggregate else {
      json.key("value")
      write(sample.reading, sample.definition, text: sample.text, to: &json)
      json.member("label", ifPresent: sample.definition.label(of: sample.reading))
      return write(sample.reading.quality, to: &json)
    }
    if let text = sample.text {
      json.member("value", text)
    } else {
      json.member("value", aggregate.mean)
      json.member("minimum", aggregate.minimum)
      json.member("maximum", aggregate.maximum)
    }
    json.member("quality", "uncertain")
    json.member("reason", "thinned")
    json.member("count", aggregate.count)
    json.member("period_ms", aggregate.periodMilliseconds)
  }

  private static func list<Item>(
    _ name: String, _ items: [Item], _ write: (Item, inout JSONWriter) -> Void
  ) -> [UInt8] {
    JSONWriter.object { json in
      json.array(name) { json in
        for item in items { json.object { write(item, &$0) } }
      }
    }
  }

  private static func write(_ quality: Quality, to json: inout JSONWriter) {
    json.member("quality", quality.level.name)
    json.member("reason", ifPresent: quality.reason == .none ? nil : quality.reason.name)
  }

  /// As on the gateway's broker: a number in the tag's unit, true or false, a text, null without a value.
  private static func write(
    _ reading: Reading, _ tag: TagDefinition, text: String? = nil, to json: inout JSONWriter
  ) {
    if let text { return json.string(text) }
    switch reading.value(tag.type) {
    case nil: json.null()
    case .boolean(let value): json.bool(value)
    case .integer(let value) where tag.scaling.isIdentity: json.integer(value)
    case .float32(let value) where tag.scaling.isIdentity: json.float(value)
    case let value?: json.double(tag.scaling.apply(value))
    }
  }
}
