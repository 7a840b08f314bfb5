import SerialSensors
import Telemetry

/// What time brings: scans that are due, answers that are overdue.
extension SerialBusMachine {
  mutating func tick(now: MonotonicTime, wall: Timestamp) {
    if link == .open {
      framer.expire(now: now)
      fetchLines(wall: wall)
      endExchange(now: now)
    }
    for position in entries.indices { scanPushed(position, now: now, wall: wall) }
    // A bus that is down has nothing to ask, but each device's scans go on, as bad ones.
    if link != .open {
      scanUnreachable(now: now, wall: wall)
    } else if case .idle = exchange {
      startNext(now: now, wall: wall)
    }
  }

  /// A scan of a device that sends by itself, when one is due.
  mutating func scanPushed(_ position: Int, now: MonotonicTime, wall: Timestamp) {
    guard case .pushes(let reader, var readings) = entries[position].kind, now >= readings.deadline else { return }
    let device = entries[position].sensor.device
    guard link == .open else {
      let scan = readings.down(device: device, now: now, wall: wall)
      entries[position].kind = .pushes(reader, readings)
      return deliver(scan, position, started: now, fault: statistics.lastError)
    }
    let due = readings.scan(device: device, now: now, wall: wall)
    entries[position].kind = .pushes(reader, readings)
    guard let (scan, started) = due else { return }
    deliver(scan, position, started: started, fault: fault(of: scan, position))
  }

  private func fault(of scan: DeviceScan, _ position: Int) -> String? {
    guard let worst = scan.readings.first(where: { $0.quality.level == .bad })?.quality.reason else { return nil }
    let seconds = entries[position].sensor.serial.staleAfter.wholeMilliseconds / 1_000
    switch worst {
    case .timeout:
      return "no message for \(seconds) s; check power, cable and baud rate; fieldgate status shows what came"
    case .stale: return "some values were not sent for \(seconds) s"
    case .sensorFault: return "the sensor says that it has no value"
    case .undecodable: return "a field is no value of its type; fieldgate serial watch shows the lines"
    default: return worst.name
    }
  }

  private mutating func scanUnreachable(now: MonotonicTime, wall: Timestamp) {
    for position in entries.indices {
      guard var turns = entries[position].turns, turns.due <= now else { continue }
      statistics.scansSkipped += turns.begin(now: now)
      entries[position].turns = turns
      deliverBad(.busDown, AskedScan(position: position, wall: wall, started: now), statistics.lastError)
    }
  }

  /// Begins, or goes on with, the device that has waited longest.
  private mutating func startNext(now: MonotonicTime, wall: Timestamp) {
    while true {
      let waiting = entries.indices.compactMap { position -> (position: Int, due: MonotonicTime)? in
        let due = entries[position].paused?.until ?? entries[position].turns?.due
        return due.flatMap { $0 <= now ? (position, $0) : nil }
      }
      guard let position = waiting.min(by: { $0.due < $1.due })?.position else { return }
      if var scan = entries[position].paused?.scan {
        entries[position].paused = nil
        scan.measurement?.elapsed()
        return proceed(scan, now: now)
      }
      guard var turns = entries[position].turns else { return }
      statistics.scansSkipped += turns.begin(now: now)
      entries[position].turns = turns
      let scan = AskedScan(position: position, wall: wall, started: now)
      guard entries.count > 1, turns.isPausing(now: now) else { return begin(scan, now: now) }
      statistics.scansNotAsked += 1
      deliverBad(.timeout, scan, entries[position].health.lastError)
    }
  }

  /// The port is closed, or was lost: everything under way ends, and every device that sends by itself is bad at once.
  mutating func lose(now: MonotonicTime, wall: Timestamp) {
    let isNew = link == .open || !wasOpen && statistics.failedOpenings == 1
    link = .closed(retryAt: now + Self.reopenInterval)
    statistics.isBusUp = false
    // A port that was never there is told of at once, too; afterwards the devices' own pace will do.
    guard isNew else { return }
    var scans: [AskedScan] = entries.compactMap(\.paused?.scan)
    switch exchange {
    case .idle, .settling(_, nil, _): break
    case .draining(let scan, _, _), .sending(let scan, _), .waiting(let scan, _, _), .settling(_, let scan?, _):
      scans.append(scan)
    }
    exchange = .idle
    for position in entries.indices { entries[position].paused = nil }
    for scan in scans { deliverBad(.busDown, scan, statistics.lastError) }
    for position in entries.indices {
      guard case .pushes(let reader, var readings) = entries[position].kind else { continue }
      let device = entries[position].sensor.device
      if let (scan, started) = readings.scan(device: device, now: now, wall: wall, isForced: true) {
        deliver(scan, position, started: started, fault: nil)
      }
      let scan = readings.down(device: device, now: now, wall: wall)
      entries[position].kind = .pushes(reader, readings)
      deliver(scan, position, started: now, fault: statistics.lastError)
    }
  }

  // MARK: Scans

  mutating func deliverBad(_ reason: Quality.Reason, _ asked: AskedScan, _ fault: String?) {
    let count = entries[asked.position].sensor.points.count
    let readings = [Reading](repeating: .bad(reason), count: count)
    let scan = DeviceScan(device: entries[asked.position].sensor.device, time: asked.wall, readings: readings)
    deliver(scan, asked.position, started: asked.started, fault: fault)
  }

  mutating func deliver(_ scan: DeviceScan, _ position: Int, started: MonotonicTime, fault: String?) {
    statistics.scansDelivered += 1
    if scan.readings.contains(where: { $0.quality.hasValue }) {
      entries[position].health.lastGood = scan.time
      entries[position].health.failedScansInARow = 0
    } else {
      entries[position].health.failedScansInARow += 1
    }
    if let fault {
      entries[position].health.lastError = fault
      entries[position].health.lastErrorTime = scan.time
    }
    deliveries.append(Delivery(scan: scan, started: started, fault: fault))
  }
}
