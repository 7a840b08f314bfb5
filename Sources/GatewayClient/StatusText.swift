import Telemetry

/// The page that `fieldgate status` prints.
struct StatusText {
  let status: GatewayStatus

  var lines: [String] {
    var lines = [head] + configuration
    lines += BrokerText(broker: status.broker, messages: status.counters.messages).lines
    lines += [central] + certificate + [outbox]
    lines += troubles
    lines.append("buses")
    for bus in status.buses { lines += busLines(bus) }
    lines.append("alarms")
    lines += alarmLines
    return lines
  }

  private var now: Timestamp? { Timestamp(iso8601: status.time) }

  private var head: String {
    "\(status.gateway)  fieldgated \(status.version), running for \(age(status.since) ?? "?")"
  }

  private var configuration: [String] {
    guard let file = status.configuration else { return [] }
    var text = "file     \(file.file), loaded \(age(file.loaded) ?? "?") ago"
    if file.changedSince { text += "; changed since: fieldgate reload" }
    var lines = [text]
    if let failure = file.failure { lines.append("! the newest reload changed nothing: \(failure)") }
    return lines + file.needsRestart.map { "! waits for a restart: \($0)" }
  }

  private var central: String {
    var text = "central  \(status.central.state)\(status.central.url.map { "  \($0)" } ?? "")"
    if let detail = status.central.detail { text += ": \(detail)" }
    if let seconds = status.central.retryInSeconds { text += " (next attempt in \(seconds) s)" }
    return text
  }

  private var certificate: [String] {
    guard let identity = status.central.certificate, let end = identity.notAfter else { return [] }
    let minute = { (text: String) in "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))" }
    var lines: [String] = []
    switch identity.state {
    case "valid":
      lines.append("identity certificate until \(minute(end)), next renewal \(minute(identity.renewal ?? end)) (UTC)")
    case "renewing": lines.append("identity certificate until \(minute(end)) (UTC), is being renewed")
    case "expired":
      lines.append(
        "! the certificate expired \(minute(end)) (UTC): check the clock, then enrol with a new ticket of the operator: "
          + "sudo fieldgate enroll TICKET")
    default: lines.append("! the clock shows a time before the certificate was made: set it (timedatectl)")
    }
    if let problem = identity.problem {
      lines.append(
        "! the certificate is not renewed yet: \(problem)"
          + (identity.retryInSeconds.map { " (next attempt in \($0) s)" } ?? ""))
    }
    return lines
  }

  private var outbox: String {
    let outbox = status.outbox
    let lanes = outbox.lanes.values
    // Nobody takes them: they are kept, and the oldest are given up when there is no room.
    let what = status.central.isConfigured ? "samples wait for central" : "samples kept, no central is configured"
    var text = "outbox   \(outbox.samples) \(what), \(Self.bytes(outbox.bytes))"
    text += " in \(lanes.reduce(0) { $0 + $1.frames }) frames and \(lanes.reduce(0) { $0 + $1.batches }) batches"
    if let oldest = outbox.oldestAgeSeconds { text += ", oldest \(Self.duration(oldest))" }
    if status.central.state != "online", let forecast = OutboxText.forecast(outbox) { text += "; full \(forecast)" }
    return text
  }

  /// What a technician must not overlook.
  private var troubles: [String] {
    var lines = OutboxText.troubles(status.outbox)
    let lost = status.outbox.lostSamples.values.reduce(0, +)
    if lost > 0 { lines.append("! \(lost) samples were lost; why and when: fieldgate outbox") }
    if let note = status.outbox.notes.last { lines.append("! \(note.text)") }
    return lines
  }

  private func busLines(_ bus: GatewayStatus.Bus) -> [String] {
    let width = bus.devices.map(\.name.count).max() ?? 0
    if bus.type == "computed" {
      return ["  \(bus.name)"] + bus.devices.map { deviceLine($0, width: width, busFault: nil, kind: "computed") }
    }
    let failed = bus.failures.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
    var head = "  \(bus.name)  \(bus.up ? "up" : "DOWN")  "
    head += bus.serial.map(serialFigures) ?? "\(bus.requests) requests"
    if !failed.isEmpty { head += ", failed: \(failed)" }
    if bus.scansLate > 0 { head += "; \(bus.scansLate) scans late" }
    if bus.scansSkipped > 0 { head += "; \(bus.scansSkipped) scans skipped: the bus is too slow for its intervals" }
    if let seconds = bus.retryInSeconds { head += "; next try in \(seconds) s" }
    if let fault = bus.fault { head += "\n    ! \(fault)" }
    return [head] + bus.devices.map { deviceLine($0, width: width, busFault: bus.fault) }
  }

  /// `120 lines, 3 without a device (the newest: "Boot v1.2")`
  private func serialFigures(_ figures: GatewayStatus.SerialFigures) -> String {
    var text = "\(figures.lines) lines"
    let newest = figures.newestUnmatched.map { " (the newest: \"\($0)\")" } ?? ""
    if figures.unmatched > 0 { text += ", \(figures.unmatched) of no device\(newest)" }
    if figures.damaged > 0 { text += ", \(figures.damaged) damaged" }
    if figures.late > 0 { text += ", \(figures.late) late" }
    let dropped = figures.dropped.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    if !dropped.isEmpty { text += ", dropped: " + dropped.map { "\($0.value) × \($0.key)" }.joined(separator: ", ") }
    return text
  }

  /// - Parameter usualKind: of a device that says none.
  private func deviceLine(
    _ device: GatewayStatus.Device, width: Int, busFault: String?, kind usualKind: String = "?"
  ) -> String {
    let name = device.name + String(repeating: " ", count: max(0, width - device.name.count))
    let isEach = device.everyMilliseconds == 0
    var every = isEach ? "each message" : "every \(Self.milliseconds(device.everyMilliseconds))"
    if let watched = device.watchedEveryMilliseconds { every += " (now \(Self.milliseconds(watched)), for an alarm)" }
    let kind = device.unit.map { "unit \($0)" } ?? device.identity ?? device.format ?? usualKind
    var text = "    \(name)  \(kind)  \(every)  \(device.tags) tags  "
    text += quality(device)
    // Said once, of the bus.
    if let fault = device.fault { text += fault == busFault ? "  ! see its bus" : "  ! \(fault)" }
    if device.quality != "good", device.fault == nil { text += "  ! why: fieldgate values \(device.name)" }
    if device.quality != "good", let last = device.lastGood.flatMap(age) { text += " (last good values \(last) ago)" }
    return text
  }

  /// One bad tag of many is not a bad device.
  private func quality(_ device: GatewayStatus.Device) -> String {
    guard device.quality == "bad" else { return device.quality }
    guard let bad = device.badTags, bad < device.tags else { return "BAD" }
    return "\(bad) of \(device.tags) tags bad"
  }

  private var alarmLines: [String] {
    guard !status.alarms.rules.isEmpty else { return ["  no rules are configured"] }
    return status.alarms.all.map { rule in
      var state = rule.active ? "ACTIVE" : rule.pending ?? false ? "pending" : "normal"
      switch rule.state {
      case "acknowledged": state = "active, acknowledged"
      case "returned": state = "gone, not acknowledged"
      case "shelved", "suppressed": state = rule.state
      default: break
      }
      var text = "  \(rule.alarm)  \(state)  \(rule.severity)  \(rule.tag)"
      if let note = rule.heldSentence ?? rule.learningSentence { text += "  (\(note))" }
      if rule.active, let message = rule.message { text += "  \(message)" }
      if rule.active, let since = rule.since.flatMap(age) { text += "; this state for \(since)" }
      return text
    }
  }

  private func age(_ time: String) -> String? {
    guard let now, let then = Timestamp(iso8601: time) else { return nil }
    return Self.duration(Int(max(0, (now - then).wholeMilliseconds / 1_000)))
  }

  static func duration(_ seconds: Int) -> String {
    switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
    default: "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
    }
  }

  static func milliseconds(_ count: Int) -> String { count % 1_000 == 0 ? "\(count / 1_000) s" : "\(count) ms" }

  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<10_000: "\(count) B"
    case ..<10_000_000: "\(count / 1_000) kB"
    default: "\(count / 1_000_000) MB"
    }
  }
}
