public import Telemetry

/// What came of an opening or a read.
extension BusPoller {
  /// Reports the result of ``Action/open``; ignored when none was asked for.
  public mutating func opened(_ result: Result<Void, FieldBusError>, now: MonotonicTime) {
    guard awaited == .open else { return }
    _ = takeBusyTime(now: now)
    switch result {
    case .success:
      link = .open
      statistics.isBusUp = true
      if wasOpen { statistics.reconnects += 1 }
      wasOpen = true
    case .failure(let error):
      statistics.failedOpenings += 1
      lose(error, now: now)
    }
  }

  /// Reports the result of ``Action/read(_:)``; ignored when none was asked for.
  public mutating func answered(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    guard case .read(let request) = awaited, let position = scan?.position else { return }
    let time = takeBusyTime(now: now)
    if Self.isWholeReply(result) {
      healths[position].replies += 1
      healths[position].responses.add(time)
    }
    switch result {
    case .success(let entries) where entries.count == request.count:
      backoff.succeeded()
      decode(entries)
    case .success(let entries):
      failed(
        FieldBusError(
          .malformedReply,
          "unit \(request.unit) sent \(entries.count) entries where \(request.count) were asked for"), now: now)
    case .failure(let error):
      failed(error, now: now)
    }
  }

  /// What was handed out has been answered.
  ///
  /// - Returns: how long it took.
  mutating func takeBusyTime(now: MonotonicTime) -> Duration {
    awaited = nil
    let time = max(.zero, now - awaitedSince)
    load.add(time, now: now)
    statistics.busyTime += time
    statistics.load = load.fraction(now: now)
    return time
  }

  /// The device itself answered, if only to refuse.
  private static func isWholeReply(_ result: Result<[UInt16], FieldBusError>) -> Bool {
    switch result {
    case .success: return true
    case .failure(let error):
      if case .exception = error.reason { return true }
      return false
    }
  }

  private mutating func decode(_ entries: [UInt16]) {
    guard let (position, step) = scan.map({ ($0.position, $0.step) }) else { return }
    gotReply(position)
    for slot in plans[position].steps[step].slots {
      let point = devices[position].points[slot.tag]
      let reading = RegisterDecoder.decode(entries, at: slot.offset, as: point)
      scan?.readings[slot.tag] = reading
      if reading.quality == .bad(.undecodable) {
        note("\(point.table.name) \(point.address) of unit \(devices[position].unit) holds no finite \(point.type)")
      }
    }
    scan?.step += 1
  }

  private mutating func failed(_ error: FieldBusError, now: MonotonicTime) {
    statistics.failures[error.reason, default: 0] += 1
    note(error.detail)
    guard let (position, step) = scan.map({ ($0.position, $0.step) }) else { return }
    if error.isBusDown {
      lose(error, now: now)
      giveUp(from: step, reason: .busDown)
      return
    }
    // Whatever came back, even silence, the line itself works.
    backoff.succeeded()
    if error.reason != .timeout { gotReply(position) }
    switch error.reason {
    case .timeout:
      // A device that does not answer one request will not answer the others: it costs one time-out a scan.
      giveUp(from: step, reason: .timeout)
      if let scan, !scan.isAnswered {
        silent.failed(position, cost: now - scan.started, now: now)
        healths[position].isSilent = silent.isPausing(position, now: now)
      }
    case .exception(Self.illegalDataAddress)
    where plans[position].splitAtGaps(step: step, points: devices[position].points):
      // The refusal may be about entries that no tag needs; the same values are asked for again without them.
      break
    default:
      mark(step: step, reason: error.reason)
      scan?.step += 1
    }
  }

  /// "The data address received in the query is not an allowable address" (Modbus Application Protocol 1.1b3, section 7).
  private static let illegalDataAddress: UInt8 = 2

  private mutating func gotReply(_ position: Int) {
    scan?.isAnswered = true
    silent.answered(position)
    healths[position].isSilent = false
  }

  private mutating func giveUp(from step: Int, reason: Quality.Reason) {
    guard let position = scan?.position else { return }
    let end = plans[position].steps.count
    for index in step..<end { mark(step: index, reason: reason) }
    scan?.step = end
  }

  private mutating func mark(step: Int, reason: Quality.Reason) {
    guard let position = scan?.position else { return }
    for slot in plans[position].steps[step].slots { scan?.readings[slot.tag] = .bad(reason) }
  }

  /// The bus is down; the next attempt to open it comes after the back-off.
  mutating func lose(_ error: FieldBusError, now: MonotonicTime) {
    link = .closed(retryAt: backoff.failed(now: now))
    linkFault = error
    statistics.isBusUp = false
    statistics.lastError = error.detail
  }

  private mutating func note(_ error: String) {
    statistics.lastError = error
    if scan?.error == nil { scan?.error = error }
  }
}
