import Telemetry

/// A device refuses a read: finding out which value it does not have.
extension BusPoller {
  /// Exceptions that may be about one entry of a block: "illegal data address", "illegal data value", and "server device
  /// failure", which some devices say instead (Modbus Application Protocol 1.1b3, section 7).
  static let refusals: ClosedRange<UInt8> = 2...4

  mutating func refused(_ exception: UInt8, now: MonotonicTime) {
    guard let (position, part) = scan.map({ ($0.position, $0.parts[$0.step]) }) else { return }
    let reason = Quality.Reason.exception(exception)
    guard !part.isRetry else {
      plans[position].retried(part, exception: exception, now: now)
      return skip(reason)
    }
    // A device failure at a value that is asked for alone is just that.
    let isFailure = exception == 4 && part.split == nil && part.step.slots.count == 1
    guard !isFailure, plans[position].maySearch(now: now) else { return skip(reason) }
    guard let (first, second) = scan?.search.refuse(part, exception: exception, points: devices[position].points) else {
      skip(reason)
      if scan?.search.isExhausted == true { endSearch(reason) }
      return
    }
    let step = scan?.step ?? 0
    scan?.parts.replaceSubrange(step...step, with: [first, second])
  }

  /// The parts of the search that are left are not asked for.
  private mutating func endSearch(_ reason: Quality.Reason) {
    guard let (step, parts) = scan.map({ ($0.step, $0.parts) }) else { return }
    for part in parts[step...] where part.split != nil { mark(part.step, reason) }
    scan?.parts.replaceSubrange(step..., with: parts[step...].filter { $0.split == nil })
  }

  /// The tags of the read under way are bad; the scan goes on behind it.
  mutating func skip(_ reason: Quality.Reason) {
    guard let step = scan.map({ $0.parts[$0.step].step }) else { return }
    mark(step, reason)
    advance()
  }

  mutating func mark(_ step: ReadPlan.Step, _ reason: Quality.Reason) {
    for slot in step.slots { scan?.readings[slot.tag] = .bad(reason) }
  }

  mutating func advance() {
    guard let position = scan?.position else { return }
    scan?.step += 1
    scan?.retriesLeft = devices[position].retries
  }
}
