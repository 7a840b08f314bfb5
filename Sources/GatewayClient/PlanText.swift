/// `fieldgate plan` for people.
struct PlanText {
  let plan: PlanAnswer

  var lines: [String] {
    let serial = (plan.serialBuses ?? []).map { Self.text($0) }
    guard !plan.buses.isEmpty else { return serial + ["no Modbus bus, so nothing to plan"] }
    return plan.buses.flatMap { bus in [Self.text(bus)] + bus.devices.flatMap { Self.lines($0) } } + serial
  }

  /// A bus of serial lines has no requests to plan.
  private static func text(_ bus: PlanAnswer.SerialBus) -> String {
    let head = "bus \(bus.name): serial lines, no plan; "
    guard !bus.asked.isEmpty else { return head + "its devices send by themselves" }
    let asked = bus.asked.map { device in
      let longest = Double(device.longestMilliseconds)
      return "\(device.name) every \(time(Double(device.everyMilliseconds)))"
        + (longest > 0 ? " (up to \(time(longest)) when it does not answer)" : "")
    }
    let load = Int((bus.longestLoad * 100).rounded())
    return head + "asked: \(asked.joined(separator: ", "))"
      + (load > 100 ? "; without answers the line cannot keep up (\(load) % busy)" : "")
  }

  private static func text(_ bus: PlanAnswer.Bus) -> String {
    let mark = bus.load > 1 ? "! " : ""
    let load = Int((bus.load * 100).rounded())
    return "\(mark)bus \(bus.name): a round takes \(time(bus.roundMilliseconds)); busy \(load) % of the time"
      + (bus.load > 1 ? ": it cannot keep up" : "")
  }

  private static func lines(_ device: PlanAnswer.Device) -> [String] {
    let every = device.isContinuous ? "as often as the line allows" : "every \(time(Double(device.everyMilliseconds)))"
    let count = device.requests.count
    let head =
      "  \(device.name) (unit \(device.unit)), \(every): \(count) \(count == 1 ? "request" : "requests"), "
      + "\(time(device.milliseconds)), of which \(time(device.thinkingMilliseconds)) a request for the device"
    let requests = device.requests.map { request in
      let place =
        "\(request.table) \(request.address)"
        + (request.count > 1 ? " to \(request.address + request.count - 1)" : "")
      return request.unanswered == true
        ? "  ! asked rarely, because the device does not answer it: \(place): \(names(request.tags))"
        : "    \(place), \(time(request.milliseconds)): \(names(request.tags))"
    }
    let refused = device.refused.map { "  ! not asked for: \($0.tag), which the device refuses (\($0.reason))" }
    return [head] + requests + refused
  }

  /// The first few, and how many more there are.
  private static func names(_ tags: [String]) -> String {
    let shown = tags.prefix(6).joined(separator: ", ")
    return tags.count > 6 ? "\(shown) and \(tags.count - 6) more" : shown
  }

  /// `0.4 ms`, `35 ms`, `1.7 s`
  private static func time(_ milliseconds: Double) -> String {
    if milliseconds >= 1_000 { return "\(rounded(milliseconds / 1_000)) s" }
    return milliseconds >= 10 ? "\(Int(milliseconds.rounded())) ms" : "\(rounded(milliseconds)) ms"
  }

  private static func rounded(_ number: Double) -> String {
    let tenths = Int((number * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}
