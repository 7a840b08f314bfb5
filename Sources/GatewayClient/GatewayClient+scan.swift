import JSONText

extension GatewayClient {
  /// Why a scan ended early.
  private static let busy =
    "the schedule of this bus leaves no gap as long as --timeout; scan with a shorter one, poll less often for the "
    + "time of the scan, or stop the daemon's polling of it"

  /// A question that finds no gap for so long ends the scan.
  private static let longestWait = Duration.seconds(30)
  /// One more question to a unit that is there, which may have a long answer, is left out after so long.
  private static let longestWaitForMore = Duration.seconds(3)

  /// Asks every unit id of a bus, one question at a time, in the gaps of the daemon's schedule.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: for one answer, 10 to 60000; gaps must be as long.
  ///   - progress: is told the estimate and each unit.
  ///   - isInterrupted: looked at between two questions; then it ends with what was found.
  public func scan(
    bus: String, units: ClosedRange<Int>, timeoutMilliseconds: Int, progress: ScanProgress,
    isInterrupted: () -> Bool
  ) throws {
    let least = Duration.milliseconds(units.count * timeoutMilliseconds)
    let most = least + Self.longestWait * units.count
    progress.note(
      "\(units.count) unit ids, \(timeoutMilliseconds) ms each, in the gaps of the schedule: about "
        + "\(SweepPlan.text(least)) on an idle bus where nobody answers, at most \(SweepPlan.text(most)) on a busy one. "
        + "Ctrl-C ends it; what was found has been printed.")
    var found = 0
    for unit in units where !isInterrupted() {
      progress.step("unit \(unit) of \(units.lowerBound)-\(units.upperBound)")
      var scan = UnitScan(unit: unit)
      while let question = scan.question, !isInterrupted() {
        scan.take(try probe(bus, unit, question.bytes, timeoutMilliseconds, isMore: scan.isPresent))
      }
      guard scan.isPresent else { continue }
      found += 1
      output(scan.line(json: printsJSON))
    }
    progress.note("\(isInterrupted() ? "interrupted; " : "")\(found) \(found == 1 ? "device" : "devices") answered")
  }

  /// - Parameter isMore: the unit has answered before.
  private func probe(
    _ bus: String, _ unit: Int, _ bytes: [UInt8], _ timeout: Int, isMore: Bool
  ) throws -> UnitScan.Answer {
    let wait = isMore ? Self.longestWaitForMore : Self.longestWait
    try send("probe") { json in
      json.member("bus", bus)
      json.member("unit", unit)
      json.array("bytes") { json in for byte in bytes { json.integer(byte) } }
      json.member("timeout_ms", timeout)
      json.member("wait_ms", Int(wait.components.seconds) * 1_000)
    }
    guard let answer = try answer(timeout: .seconds(120)).line.probe else {
      throw Failure(description: "the daemon answered something else")
    }
    if let bytes = answer.bytes { return .reply(bytes) }
    switch answer.failure?.reason {
    case "no-gap" where isMore: return .silence
    case "no-gap", "queue-full": throw Failure(description: "bus \(bus): \(Self.busy)")
    case "time-out": return .silence
    // Noise, two devices with one unit id, another baud rate: worth a line, but nobody whom one could poll.
    case "checksum error", "malformed reply": return .silence
    case "bus down", "input/output error": throw Failure(description: answer.failure?.message ?? "the bus is down")
    case let reason: return .exception(reason ?? "")
    }
  }
}
