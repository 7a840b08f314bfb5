import GatewayCore
import JSONText
import Telemetry

/// Requests of the local API, `docs/formats/local-api.md`.
enum LocalRequest {
  static let names = [
    "status", "devices", "outbox", "plan", "values", "tail", "alarms", "tag", "write", "read", "probe", "reload",
    "acknowledge", "shelve", "unshelve", "comment", "normal", "alarm-history", "stored",
  ]
}

extension GatewayEngine {
  func answer(_ client: Int, _ line: [UInt8], now: MonotonicTime) {
    guard let object = JSONObject(line), let request = object.text("request"), let tags = object.texts("tags") else {
      return refuse(client, "bad-request", "a request is one line like {\"request\":\"status\"}")
    }
    switch request {
    case "status": reply(client, "status") { writeStatus(to: &$0, now: now) }
    case "devices": reply(client, "devices") { writeDevices(to: &$0, now: now) }
    case "outbox":
      reply(client, "outbox") { json in
        writeOutbox(to: &json, time: outside.clock.wall(), now: now)
        json.object("traffic") { writeTraffic(to: &$0) }
      }
    case "plan": reply(client, "plan") { writePlan(to: &$0) }
    case "values": showValues(client, tags)
    case "alarms": reply(client, "alarms") { writeAlarms(to: &$0) }
    case "acknowledge", "shelve", "unshelve", "comment", "normal":
      beginAlarmCommand(client, request, object, now: now)
    case "alarm-history": showAlarmHistory(client, object)
    case "stored": showStored(client, object)
    case "tail": beginTail(client, tags)
    case "tag": describe(client, object)
    case "write": beginWrite(client, object, now: now)
    case "read": beginRead(client, object, now: now)
    case "probe": beginProbe(client, object, now: now)
    case "reload":
      // The keeper reads the file on a thread of its own, and answers when it is applied.
      if let keeper = outside.keeper, keeper.reload(client: client, isDryRun: object.flag("check") ?? false) { return }
      refuse(client, "busy", "too many reloads wait; try again")
    case let name:
      let known = LocalRequest.names
      let hint = EditDistance.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
      refuse(client, "unknown-request", "'\(name)': \(hint ?? "known: \(known.joined(separator: ", "))")")
    }
  }

  func reply(_ client: Int, _ kind: String, _ body: (inout JSONWriter) -> Void) {
    outside.viewers.send(JSONWriter.object { $0.object(kind, body) }, to: client)
  }

  func refuse(_ client: Int, _ code: String, _ message: String) {
    reply(client, "error") { json in
      json.member("code", code)
      json.member("message", message)
    }
  }

  private func filter(_ client: Int, _ names: [String]) -> TailFilter? {
    do {
      return try TailFilter(names, catalogue: catalogue)
    } catch {
      refuse(client, "unknown-tag", error.description)
      return nil
    }
  }

  /// The newest scan of each device that was asked for, one line each, and then the end mark.
  private func showValues(_ client: Int, _ names: [String]) {
    guard let filter = filter(client, names) else { return }
    for scan in latest { if let scan { show(scan, to: client, filter) } }
    reply(client, "end") { _ in }
  }

  /// Like `values`, but goes on with every scan and every change of an alarm.
  private func beginTail(_ client: Int, _ names: [String]) {
    guard let filter = filter(client, names) else { return }
    for scan in latest { if let scan { show(scan, to: client, filter) } }
    tails[client] = filter
  }

  func showTails(_ scan: DeviceScan, _ device: DeviceDefinition) {
    for (client, filter) in tails { show(scan, to: client, filter) }
  }

  func showTails(_ event: AlarmEvent) {
    guard !tails.isEmpty else { return }
    for client in tails.keys {
      reply(client, "alarm") { json in
        json.member("alarm", event.alarm)
        event.write(to: &json)
      }
    }
  }

  private func show(_ scan: DeviceScan, to client: Int, _ filter: TailFilter) {
    guard let part = filter.apply(scan, catalogue.devices[scan.device]) else { return }
    reply(client, "scan") { json in
      json.member("device", part.device.name)
      ScanMessage.write(part.scan, part.device, to: &json)
      json.object("units") { json in
        for tag in part.device.tags where !tag.unit.isEmpty { json.member(tag.name, tag.unit) }
      }
    }
  }
}
