import GatewayConfiguration
import GatewayCore
public import JSONText
import Telemetry

extension BusPlan {
  /// The members of a bus in the answer to `plan`: `docs/formats/local-api.md`.
  public func write(to json: inout JSONWriter) {
    json.member("name", name)
    json.member("round_ms", Self.milliseconds(round))
    json.member("load", (load * 10_000).rounded() / 10_000)
    json.array("devices") { json in
      for device in devices { json.object { json in device.write(to: &json) } }
    }
  }

  static func milliseconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds / 10_000) / 100 }
}

extension BusPlan.Device {
  func write(to json: inout JSONWriter) {
    json.member("name", settings.name)
    json.member("unit", settings.unit)
    json.member("every_ms", settings.scanInterval.wholeMilliseconds)
    json.member("continuous", settings.reading.isContinuous)
    json.member("time_ms", BusPlan.milliseconds(time))
    json.member("thinking_ms", BusPlan.milliseconds(reading.rules.thinking))
    json.array("requests") { json in
      for step in reading.plan.steps {
        json.object { json in
          write(step, to: &json)
          // Left out most of the time, because the device does not answer it though it answers others.
          if reading.unanswered.contains(step.request) { json.member("unanswered", true) }
        }
      }
    }
    json.array("refused") { json in
      for (tag, exception) in reading.plan.refused.sorted(by: { $0.key < $1.key }) {
        json.object { json in
          json.member("tag", settings.tags[tag].definition.name)
          json.member("exception", exception)
          json.member("reason", Quality.Reason.exception(exception).name)
        }
      }
    }
  }

  private func write(_ step: ReadPlan.Step, to json: inout JSONWriter) {
    json.member("table", step.request.table.name)
    json.member("function", step.request.table.readFunction)
    json.member("address", step.request.address)
    json.member("count", step.request.count)
    json.member(
      "time_ms", BusPlan.milliseconds(reading.rules.time(step.request.table, entries: step.request.count)))
    json.array("tags") { json in
      for slot in step.slots { json.string(settings.tags[slot.tag].definition.name) }
    }
  }
}
