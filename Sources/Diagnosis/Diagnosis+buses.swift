/// Buses: what the file says of them, and what the daemon counted.
extension Diagnosis {
  static func bus(_ bus: BusEvidence, daemon: Evidence.Daemon) -> [Finding] {
    var found: [Finding] = []
    switch bus.kind {
    case .modbusRTU(let port, let settings):
      found += self.port(port, bus: bus.name) + line(settings, bus: bus.name, isModbus: true)
    case .serialLines(let port, let settings):
      found += self.port(port, bus: bus.name) + line(settings, bus: bus.name, isModbus: false)
    case .modbusTCP(let address, let reachability):
      if let reachability { found.append(connection(bus.name, address, reachability)) }
    case .unknown: break
    }
    if let load = bus.plannedLoad { found += self.load(load, bus: bus.name) }
    guard let figures = bus.figures else {
      let text =
        daemon.answers ? "the daemon does not know this bus yet" : "whether the devices answer: the daemon polls them"
      let next =
        daemon.answers
        ? "fieldgate reload"
        : daemon.isSocketForbidden ? "sudo fieldgate doctor" : "start the daemon, and ask again after a minute"
      return found + [Finding(.bus, bus.name, .notChecked, text, next: next)]
    }
    return found + answers(bus, figures)
  }

  private static func connection(_ bus: String, _ address: String, _ seen: Reachability) -> Finding {
    guard let trouble = unreachable(seen, .bus, address) else {
      return Finding(.bus, bus, .ok, "a TCP connection to \(address) works")
    }
    let next = seen == .refused ? "is Modbus TCP enabled on the device, and is the port right (502)?" : trouble.next
    return Finding(.bus, bus, .problem, trouble.text, next: next)
  }

  private static func load(_ load: Double, bus: String) -> [Finding] {
    let percent = Int((load * 100).rounded())
    guard load > 0.9 else {
      return [Finding(.bus, bus, .ok, "the devices' intervals take \(percent) % of its time")]
    }
    let next = "read less often, raise the baud rate, or share the devices out to two buses; see: fieldgate plan"
    let text = "the devices' intervals take \(percent) % of its time"
    return load > 1
      ? [Finding(.bus, bus, .problem, text + ", which cannot be done: scans are skipped", next: next)]
      : [Finding(.bus, bus, .warning, text + ", which leaves little room for retries", next: next)]
  }

  private static func answers(_ bus: BusEvidence, _ figures: BusEvidence.Figures) -> [Finding] {
    guard figures.isUp else {
      let fault = figures.fault ?? "the bus is down"
      return [.told(.bus, bus.name, .problem, fault)] + skipped(bus.name, figures)
    }
    if let lines = figures.serial { return self.lines(bus, figures, lines) + skipped(bus.name, figures) }
    let asked = figures.devices.filter { $0.requests > 0 }
    guard !asked.isEmpty else {
      return [Finding(.bus, bus.name, .notChecked, "no device has been asked yet", next: "ask again in a minute")]
    }
    let swapped = asked.filter(\.isAnsweredByAnother)
    let shared = asked.filter { !$0.isAnsweredByAnother && $0.isDamagedAlone(among: asked) }
    let known = Set((swapped + shared).map(\.name))
    var found = swapped.map { wrongUnit($0, bus, figures) } + shared.map { sharedUnit($0, bus) }
    let dead = asked.filter { $0.isDead && !known.contains($0.name) }
    if dead.count == asked.count { return [allDead(bus, figures, dead)] + skipped(bus.name, figures) }
    found += dead.map { deadAmongLiving($0, bus) } + (shared.isEmpty ? damage(bus, figures) : [])
    found += asked.filter { !$0.isDead && !known.contains($0.name) }.flatMap { living($0, bus) }
    found += skipped(bus.name, figures)
    guard found.isEmpty else { return found }
    return [Finding(.bus, bus.name, .ok, "\(number(asked.count, "device")) asked, all answer")]
  }

  /// With every device silent the fault is in what they share.
  private static func allDead(
    _ bus: BusEvidence, _ figures: BusEvidence.Figures, _ dead: [BusEvidence.Device]
  ) -> Finding {
    let count = dead.count == 1 ? "the only device (\(dead[0].name))" : "any of the \(dead.count) devices"
    let cause = figures.failures.filter { failureWords.contains($0.key) }.max {
      ($0.value, $1.key) < ($1.value, $0.key)
    }
    switch cause?.key {
    case "checksum error":
      return Finding(
        .bus, bus.name, .problem, "every reply is damaged on the way: nothing readable comes from \(count)",
        next: "set baud rate and parity as on the devices; turn off the adapter's local echo; then look at "
          + "termination (120 Ω at both ends only), shield and ground")
    case "malformed reply":
      return Finding(
        .bus, bus.name, .problem, "replies come, and none fits its request: \(count) cannot be read",
        next: "turn off the adapter's local echo (a switch or jumper; it hears what it sends itself); else two devices "
          + "share one unit id: connect them one by one")
    default: break
    }
    let unit = dead.count == 1 ? "its unit id (\(dead[0].unit.map(String.init) ?? "?")), " : ""
    if bus.isTCP {
      return Finding(
        .bus, bus.name, .problem, "the connection stands, and no answer comes from \(count)",
        next: "check \(unit)the power behind the converter, and its serial side; fieldgate scan \(bus.name)")
    }
    return Finding(
      .bus, bus.name, .problem, "no answer from \(count), which points to the line",
      next: "check in this order: power of the devices; wires A and B swapped (swapping them back harms nothing); "
        + "\(unit)baud rate and parity as on the devices; a wire broken; termination 120 Ω at both ends. Who answers: "
        + "fieldgate scan \(bus.name)")
  }

  private static func deadAmongLiving(_ device: BusEvidence.Device, _ bus: BusEvidence) -> Finding {
    let unit = device.unit.map { " (unit \($0))" } ?? ""
    return Finding(
      .device, device.name, .problem, "does not answer\(unit), while others on \(bus.name) do: the line is good",
      next: "check its power, its unit id, and its own wires\(bus.isTCP ? "" : " (A and B)"); who answers: "
        + "fieldgate scan \(bus.name)")
  }

  private static let failureWords: Set = ["time-out", "checksum error", "malformed reply"]

  /// Single failures are everyday life on a line of hundreds of metres.
  private static func damage(_ bus: BusEvidence, _ figures: BusEvidence.Figures) -> [Finding] {
    var found: [Finding] = []
    func note(_ count: Int, _ text: String, next: String) {
      guard figures.requests > 0, count >= 5, count * 100 >= figures.requests else { return }
      let percent = count * 100 / figures.requests
      found.append(
        Finding(
          .bus, bus.name, percent >= 20 ? .problem : .warning,
          "\(text) (\(count) of \(figures.requests) requests since the daemon's start)", next: next))
    }
    note(
      figures.failures["checksum error", default: 0], "replies with a wrong check sum",
      next:
        "noise: shield on one side to earth, away from drives and mains, termination 120 Ω at both ends only, ground "
        + "wire between the devices; if nearly all: baud rate or parity")
    note(
      max(0, figures.failures["malformed reply", default: 0] - figures.devices.reduce(0) { $0 + $1.wrongUnitReplies }),
      "replies that do not fit their request",
      next: "two devices with one unit id (connect them one by one), an adapter that echoes, or a second master on the "
        + "line")
    note(
      figures.lateReplies, "replies that came after the time-out",
      next: "raise 'timeout' of the bus or of the slow device; see: fieldgate devices")
    return found
  }

  private static func living(_ device: BusEvidence.Device, _ bus: BusEvidence) -> [Finding] {
    var found: [Finding] = []
    if !device.refused.isEmpty {
      let shown = device.refused.prefix(3).joined(separator: ", ")
      let more = device.refused.count > 3 ? " and \(device.refused.count - 3) more" : ""
      found.append(
        Finding(
          .device, device.name, .problem, "refuses to give \(shown)\(more)",
          next:
            "compare table and address with its manual: addresses count from 0, so a manual's 40001 is 'holding: 0' "
            + "and its 30001 'input: 0'; try one: fieldgate read \(bus.name) \(device.unit ?? 1) holding 0"))
    }
    let lost = device.requests - device.replies
    if device.requests >= 20, lost * 20 > device.requests {
      found.append(
        Finding(
          .device, device.name, .warning, "leaves \(lost) of \(device.requests) requests without a good reply",
          next: "a loose contact, noise, or a time-out that is too short; see: fieldgate devices"))
    }
    if found.isEmpty, device.quality != "good", let fault = device.fault {
      found.append(.told(.device, device.name, device.quality == "bad" ? .problem : .warning, fault))
    }
    return found
  }

  private static func skipped(_ bus: String, _ figures: BusEvidence.Figures) -> [Finding] {
    guard figures.scansSkipped + figures.scansLate > 0 else { return [] }
    let total = figures.scans + figures.scansSkipped
    let text =
      "\(figures.scansSkipped) of \(total) scans skipped and \(figures.scansLate) late since the daemon's start"
    // A few belong to the first seconds, when silent devices are found.
    guard figures.scansSkipped * 100 > total else { return [] }
    return [
      Finding(
        .bus, bus, .warning, text,
        next:
          "repair what does not answer first; else read less often or faster; see: fieldgate plan, fieldgate devices")
    ]
  }

  private static func lines(
    _ bus: BusEvidence, _ figures: BusEvidence.Figures, _ lines: BusEvidence.Lines
  ) -> [Finding] {
    let port = bus.portPath ?? "PORT"
    guard lines.lines > 0 else {
      return [
        Finding(
          .bus, bus.name, .problem, "not a single line has come since the daemon's start",
          next: "check the sensor's power, RX and TX swapped, and the baud rate: stop the daemon, then "
            + "fieldgate serial sweep \(port)")
      ]
    }
    var found: [Finding] = []
    let watch = "look at them: stop the daemon, then fieldgate serial watch \(port)"
    if lines.unmatched == lines.lines {
      found.append(
        Finding(.bus, bus.name, .problem, "lines come, and none is that of a configured device", next: watch))
    }
    if lines.damaged * 10 > lines.lines {
      found.append(
        Finding(
          .bus, bus.name, .warning, "\(lines.damaged) of \(lines.lines) lines are damaged",
          next: "baud rate, parity or noise; \(watch)"))
    }
    for device in figures.devices where device.quality == "bad" {
      found.append(.told(.device, device.name, .problem, device.fault ?? "has no good values; see: fieldgate status"))
    }
    return found.isEmpty ? [Finding(.bus, bus.name, .ok, "\(lines.lines) lines have come")] : found
  }
}

extension BusEvidence {
  var isTCP: Bool { if case .modbusTCP = kind { true } else { false } }

  var portPath: String? {
    switch kind {
    case .modbusRTU(let port, _), .serialLines(let port, _): port.path
    case .modbusTCP, .unknown: nil
    }
  }
}

extension BusEvidence.Device {
  /// It never answered, or has stopped. A converter from Modbus TCP to a serial line says so with exception 11 (Modbus
  /// Application Protocol 1.1b3, section 7).
  var isDead: Bool {
    isSilent || replies == 0 || (quality == "bad" && fault?.contains(Self.noTarget) == true)
  }

  private static let noTarget = "gateway target device failed to respond"
}
