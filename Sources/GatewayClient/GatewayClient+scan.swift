import JSONText

extension GatewayClient {
  /// Why a scan ended early.
  private static let busy =
    "the schedule of this bus leaves no gap as long as --timeout; scan with a shorter one, poll less often for the "
    + "time of the scan, or stop the daemon's polling of it"

  /// Asks every unit id of a bus, one question at a time, in the gaps of the daemon's schedule.
  ///
  /// - Parameters:
  ///   - timeoutMilliseconds: for one answer, 10 to 60000; gaps must be as long.
  ///   - progress: gets a line before each unit, for the person who waits.
  public func scan(
    bus: String, units: ClosedRange<Int>, timeoutMilliseconds: Int, progress: (String) -> Void
  ) throws {
    let least = (units.count * timeoutMilliseconds + 999) / 1_000
    progress(
      "\(units.count) unit ids, \(timeoutMilliseconds) ms each: at least \(least) s where nobody answers, longer on a "
        + "busy bus. Ctrl-C ends it; what was found has been printed.")
    var found = 0
    for unit in units {
      progress("unit \(unit) …")
      var scan = UnitScan(unit: unit)
      while let question = scan.question {
        scan.take(try probe(bus, unit, question.bytes, timeoutMilliseconds))
      }
      guard scan.isPresent else { continue }
      found += 1
      show(scan)
    }
    progress("\(found) \(found == 1 ? "device" : "devices") answered")
  }

  private func probe(_ bus: String, _ unit: Int, _ bytes: [UInt8], _ timeout: Int) throws -> UnitScan.Answer {
    try send("probe") { json in
      json.member("bus", bus)
      json.member("unit", unit)
      json.array("bytes") { json in for byte in bytes { json.integer(byte) } }
      json.member("timeout_ms", timeout)
      json.member("wait_ms", 30_000)
    }
    guard let answer = try answer(timeout: .seconds(120)).line.probe else {
      throw Failure(description: "the daemon answered something else")
    }
    if let bytes = answer.bytes { return .reply(bytes) }
    switch answer.failure?.reason {
    case "no-gap", "queue-full": throw Failure(description: "bus \(bus): \(Self.busy)")
    case "time-out": return .silence
    // Noise, two devices with one unit id, another baud rate: worth a line, but nobody whom one could poll.
    case "checksum error", "malformed reply": return .silence
    case "bus down", "input/output error": throw Failure(description: answer.failure?.message ?? "the bus is down")
    case let reason: return .exception(reason ?? "")
    }
  }

  private func show(_ scan: UnitScan) {
    guard printsJSON else {
      let identity = scan.identity.isEmpty ? "" : "  \(scan.identity.joined(separator: " "))"
      return output("unit \(scan.unit)\(identity)  answers: \(scan.functions.joined(separator: ", "))")
    }
    output(
      JSONWriter.text { json in
        json.object { json in
          json.member("unit", scan.unit)
          json.array("answers") { json in for name in scan.functions { json.string(name) } }
          json.array("identity") { json in for text in scan.identity { json.string(text) } }
        }
      })
  }
}
