/// What `fieldgate devices` prints: how well each device answers, and how busy each bus is.
struct DevicesText {
  let buses: [DevicesAnswer.Bus]

  var lines: [String] { buses.flatMap { busLines($0) } }

  private func busLines(_ bus: DevicesAnswer.Bus) -> [String] {
    if bus.type == "computed" {
      let names = bus.devices.map { "  \($0.name)  \($0.tags ?? 0) tags" }
      return ["\(bus.name)  by the gateway itself, so nobody is asked"] + names
    }
    var head = "\(bus.name)  \(bus.up ? "up" : "DOWN")"
    if let seconds = bus.retryInSeconds { head += "  next try in \(seconds) s" }
    if let load = bus.load { head += "  busy \(percent(load))" }
    if let late = bus.lateReplies, late > 0 { head += "  \(late) late replies dropped" }
    if let wrong = bus.wrongUnitReplies, wrong > 0 { head += "  \(wrong) replies of a unit that was not asked" }
    if let fault = bus.fault { head += "\n  ! \(fault)" }
    guard !bus.devices.isEmpty else { return [head, "  no devices"] }
    let width = bus.devices.map(\.name.count).max() ?? 0
    return [head] + bus.devices.map { deviceLine($0, width, bus.fault) }
  }

  private func deviceLine(_ device: DevicesAnswer.Device, _ width: Int, _ busFault: String?) -> String {
    let name = device.name + String(repeating: " ", count: max(0, width - device.name.count))
    var text = "  \(name)"
    if let unit = device.unit { text += "  unit \(unit)" }
    if let rate = device.successRate, let requests = device.requests {
      text += "  \(percent(rate)) of \(requests) answered"
    } else {
      text += "  not asked yet"
    }
    if let times = device.responses { text += "  in \(times.p50) ms (9 of 10: \(times.p90), 99 %: \(times.p99))" }
    if let unit = device.answeredBy, let count = device.wrongUnitReplies {
      text += "  unit \(unit) answered in its place (\(count) times)"
    }
    if let watched = device.watchedEveryMilliseconds { text += "  every \(watched) ms for an alarm" }
    if device.silent == true { text += "  SILENT, asked rarely" }
    // What stands at the bus already is not said again.
    if let fault = device.fault, fault != busFault { text += "\n    ! \(fault)" }
    return text
  }

  private func percent(_ part: Double) -> String {
    let tenths = Int((part * 1_000).rounded(.down))
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }
}

/// The daemon's answer to `devices`: how they answer (`docs/formats/local-api.md`).
struct DevicesAnswer: Decodable {
  struct Times: Decodable {
    var p50: Double
    var p90: Double
    var p99: Double
  }

  struct Device: Decodable {
    var name: String
    var unit: Int?
    var tags: Int?
    var requests: Int?
    var successRate: Double?
    var responses: Times?
    var silent: Bool?
    var watchedEveryMilliseconds: Int?
    var wrongUnitReplies: Int?
    var answeredBy: Int?
    var fault: String?

    enum CodingKeys: String, CodingKey {
      case name, unit, tags, requests, silent, fault
      case wrongUnitReplies = "wrong_unit_replies"
      case watchedEveryMilliseconds = "watched_every_ms"
      case answeredBy = "answered_by"
      case successRate = "success_rate"
      case responses = "response_ms"
    }
  }

  struct Bus: Decodable {
    var name: String
    var type: String?
    var up: Bool
    var fault: String?
    var load: Double?
    var retryInSeconds: Int?
    var lateReplies: Int?
    var wrongUnitReplies: Int?
    var devices: [Device]

    enum CodingKeys: String, CodingKey {
      case name, type, up, fault, load, devices
      case retryInSeconds = "retry_in_seconds"
      case lateReplies = "late_replies"
      case wrongUnitReplies = "wrong_unit_replies"
    }
  }

  struct Devices: Decodable { var buses: [Bus] }

  var devices: Devices
}
