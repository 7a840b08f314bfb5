import SerialSensors
import Telemetry

/// Asking, and what comes back.
extension SerialBusMachine {
  func timeout(of position: Int) -> Duration {
    if case .answers(_, let request, _) = entries[position].kind { request.timeout } else { line.timeout }
  }

  mutating func begin(_ scan: AskedScan, now: MonotonicTime) {
    var scan = scan
    switch entries[scan.position].kind {
    case .pushes: return
    case .answers(_, let request, _): exchange = draining(scan, request.bytes, now: now)
    case .sdi12(let sensor, let values, _):
      var commands: [SDI12Command] = []
      for value in values where !commands.contains(value.command) { commands.append(value.command) }
      scan.measurement = SDI12Measurement(sensor, commands: commands)
      // Who it is is asked once, for people; without an answer it is measured all the same.
      guard entries[scan.position].isIdentified else {
        entries[scan.position].isIdentified = true
        exchange = draining(scan, SDI12Measurement.identify(sensor), now: now)
        return
      }
      proceed(scan, now: now)
    }
  }

  /// Goes on with an SDI-12 scan.
  mutating func proceed(_ scan: AskedScan, now: MonotonicTime) {
    switch scan.measurement?.step {
    case nil: exchange = .idle
    case .ask(let bytes): exchange = draining(scan, bytes, now: now)
    case .listen(let seconds): exchange = .waiting(scan, asked: nil, until: now + .seconds(seconds))
    case .pause(let seconds):
      entries[scan.position].paused = (scan, now + .seconds(seconds))
      exchange = .idle
    case .done:
      exchange = .idle
      finish(scan, now: now)
    }
  }

  private mutating func finish(_ scan: AskedScan, now: MonotonicTime) {
    guard let measurement = scan.measurement, case .sdi12(_, let values, var turns) = entries[scan.position].kind else {
      return
    }
    for reason in measurement.retries { statistics.failures[reason, default: 0] += 1 }
    if measurement.isAnswered { turns.answered() } else { turns.failed(now: now) }
    entries[scan.position].turns = turns
    let sensor = entries[scan.position].sensor
    let readings = zip(values, sensor.points).map { measurement.reading($0.command, value: $0.value, as: $1) }
    if let fault = measurement.fault { statistics.lastError = fault }
    deliver(
      DeviceScan(device: sensor.device, time: scan.wall, readings: readings), scan.position, started: scan.started,
      fault: measurement.fault)
  }

  // MARK: Time-outs

  mutating func endExchange(now: MonotonicTime) {
    switch exchange {
    case .waiting(var scan, let asked, let until) where until <= now:
      guard scan.measurement == nil else {
        if asked == nil {
          scan.measurement?.elapsed()
        } else if !isIdentifying(scan, asked) {
          scan.measurement?.timedOut()
        }
        // What comes later than this is dropped before the next command is sent.
        framer.restart(now: now)
        return proceed(scan, now: now)
      }
      timedOut(scan, now: now)
    case .settling(_, let scan, let until) where until <= now:
      exchange = .idle
      if let scan { begin(scan, now: now) }
    default: break
    }
  }

  private func isIdentifying(_ scan: AskedScan, _ asked: [UInt8]?) -> Bool {
    guard case .sdi12(let sensor, _, _) = entries[scan.position].kind else { return false }
    return asked == SDI12Measurement.identify(sensor)
  }

  private mutating func timedOut(_ scan: AskedScan, now: MonotonicTime) {
    statistics.failures[.timeout, default: 0] += 1
    retry(scan, .timeout, "did not answer in time; check power, cable, baud rate and the request", now: now)
    guard case .idle = exchange else { return }
    exchange = .settling(position: scan.position, scan: nil, until: now + timeout(of: scan.position))
  }

  /// Asks an instrument again, or gives the scan up.
  private mutating func retry(_ scan: AskedScan, _ reason: Quality.Reason, _ text: String, now: MonotonicTime) {
    guard case .answers(_, let request, var turns) = entries[scan.position].kind else { return }
    statistics.lastError = text
    exchange = .idle
    guard scan.attempt < request.retries else {
      if reason == .timeout { turns.failed(now: now) } else { turns.answered() }
      entries[scan.position].turns = turns
      return deliverBad(reason, scan, text)
    }
    var again = scan
    again.attempt += 1
    if reason == .timeout {
      exchange = .settling(position: scan.position, scan: again, until: now + request.timeout)
    } else {
      begin(again, now: now)
    }
  }

  // MARK: Lines

  mutating func take(_ line: FramedLine, wall: Timestamp) {
    switch exchange {
    case .waiting(let scan, let asked, _):
      if scan.measurement != nil { return take(line, of: scan, asked: asked) }
      if takeAnswer(line, scan, asked) { return }
    case .settling(let position, let scan, _):
      if case .answers(var reader, _, _) = entries[position].kind, reader.read(line.bytes) != .notMine {
        counts.late += 1
        exchange = .idle
        if let scan { begin(scan, now: line.ended) }
        return
      }
    case .idle, .draining, .sending: break
    }
    takePushed(line, wall: wall)
  }

  private mutating func take(_ line: FramedLine, of asked: AskedScan, asked command: [UInt8]?) {
    guard case .sdi12(let sensor, _, _) = entries[asked.position].kind else { return }
    var scan = asked
    var line = line
    if let command {
      line.bytes = SDI12Measurement.withoutEcho(line.bytes, of: command)
      guard !line.bytes.isEmpty else { return }
    }
    if isIdentifying(scan, command) {
      let identity = SDI12Measurement.identity(line, of: sensor)
      counts.identities[entries[scan.position].sensor.device] = identity
      if identity == nil { counts.damaged += 1 } else { counts.matched += 1 }
    } else {
      let before = scan.measurement
      scan.measurement?.received(line)
      // Noise while the sensor measures changes nothing; the time goes on.
      guard scan.measurement != before else { return unmatched(line) }
      counts.matched += 1
    }
    if command != nil { entries[scan.position].health.replies += 1 }
    proceed(scan, now: line.ended)
  }

  /// The answer of an instrument; false when the line is none.
  private mutating func takeAnswer(_ line: FramedLine, _ scan: AskedScan, _ asked: [UInt8]?) -> Bool {
    guard case .answers(var reader, let request, var turns) = entries[scan.position].kind else { return false }
    // Some instruments repeat what they are asked.
    if let asked, isEcho(line.bytes, of: asked) { return true }
    let outcome =
      line.isDamaged
      ? .damaged(.checksum, "a line had a parity error; check baud rate, parity and cable")
      : reader.read(line.bytes)
    entries[scan.position].kind = .answers(reader, request, turns)
    switch outcome {
    case .notMine: return false
    case .ignored: counts.matched += 1
    case .damaged(let reason, let text):
      counts.damaged += 1
      statistics.failures[reason, default: 0] += 1
      retry(scan, reason, text, now: line.ended)
    case .readings(let readings, let texts):
      counts.matched += 1
      entries[scan.position].health.replies += 1
      turns.answered()
      entries[scan.position].turns = turns
      exchange = .idle
      // What the answer does not have was asked for, and is missing.
      let whole = readings.map { $0 == .absent ? .bad(.malformedReply) : $0 }
      let fault = whole.first { $0.quality.level == .bad }.map {
        "a value is missing or wrong: \($0.quality.reason.name)"
      }
      let device = entries[scan.position].sensor.device
      deliver(
        DeviceScan(device: device, time: scan.wall, readings: whole, texts: texts), scan.position,
        started: scan.started, fault: fault)
    }
    return true
  }

  private func isEcho(_ line: [UInt8], of request: [UInt8]) -> Bool {
    let isBlank: (UInt8) -> Bool = { $0 <= 0x20 }
    var bytes = Array(request.drop(while: isBlank))
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return !bytes.isEmpty && bytes == line
  }

  private mutating func takePushed(_ line: FramedLine, wall: Timestamp) {
    guard !line.isDamaged else {
      counts.damaged += 1
      statistics.failures[.checksum, default: 0] += 1
      statistics.lastError = "a line had a parity or framing error; check baud rate, parity and cable"
      return
    }
    for position in entries.indices {
      guard case .pushes(var reader, var readings) = entries[position].kind else { continue }
      let outcome = reader.read(line.bytes)
      switch outcome {
      case .notMine: break
      case .ignored: counts.matched += 1
      case .damaged(let reason, let text):
        counts.damaged += 1
        statistics.failures[reason, default: 0] += 1
        statistics.lastError = text
      case .readings(let new, let texts):
        counts.matched += 1
        if readings.took(new, texts, now: line.ended, wall: wall) { counts.merged += 1 }
      }
      entries[position].kind = .pushes(reader, readings)
      // Each message is a scan where the interval allows it.
      if outcome != .notMine { return scanPushed(position, now: line.ended, wall: wall) }
    }
    unmatched(line)
  }

  private mutating func unmatched(_ line: FramedLine) {
    counts.unmatched += 1
    counts.newestUnmatched = ShownBytes.text(line.bytes)
  }
}
