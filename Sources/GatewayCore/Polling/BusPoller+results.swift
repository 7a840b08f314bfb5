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
      statistics.retryAt = nil
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
    noteOwing(request.unit, after: result)
    if Self.isWholeReply(result) {
      healths[position].replies += 1
      healths[position].responses.add(time)
    }
    switch result {
    case .success(let entries) where entries.count == request.count:
      backoff.succeeded()
      if let part = scan?.parts[scan?.step ?? 0] { understood(part, in: time, now: now) }
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
      if case .exception = error.reason { return !isUnreachable(error.reason) }
      return false
    }
  }

  /// A part of the scan was answered with data.
  private mutating func understood(_ part: RefusalSearch.Part, in time: Duration, now: MonotonicTime) {
    guard let position = scan?.position else { return }
    scan?.hasValue = true
    scan?.search.answered(part)
    if part.isRetry {
      plans[position].retried(part, exception: nil, now: now)
    } else {
      plans[position].answered(part.step.request, in: time)
    }
    gotReply(position, now: now)
  }

  private mutating func decode(_ entries: [UInt16]) {
    guard let (position, step) = scan.map({ ($0.position, $0.parts[$0.step].step) }) else { return }
    for slot in step.slots {
      let point = devices[position].points[slot.tag]
      let reading = RegisterDecoder.decode(entries, at: slot.offset, as: point)
      scan?.readings[slot.tag] = reading
      if point.type == .string, reading.quality.hasValue {
        scan?.texts[slot.tag] = RegisterDecoder.text(entries, at: slot.offset, as: point)
      }
      if reading.quality == .bad(.undecodable) {
        note("\(point.table.name) \(point.address) of unit \(devices[position].unit) holds no \(point.type)")
      }
    }
    advance()
  }

  private mutating func failed(_ error: FieldBusError, now: MonotonicTime) {
    statistics.failures[error.reason, default: 0] += 1
    note(error.detail)
    noteUnit(error)
    guard let position = scan?.position else { return }
    if error.isBusDown {
      lose(error, now: now)
      giveUp(reason: .busDown)
      return
    }
    // Whatever came back, even silence, the line itself works.
    backoff.succeeded()
    let isUnanswered = error.reason == .timeout || Self.isUnreachable(error.reason)
    let isDamaged = error.reason == .checksum || error.reason == .malformedReply
    if isDamaged { healths[position].noteDamage(answeredBy: error.answeredBy) }
    if !isUnanswered && !isDamaged { gotReply(position, now: now) }
    if askAgain(error.reason, position, now: now) { return }
    switch error.reason {
    case _ where isUnanswered:
      // A device that does not answer one request will not answer the others: it costs one time-out a scan.
      guard let scan else { return }
      let part = scan.parts[scan.step]
      giveUp(reason: error.reason)
      if scan.isAnswered, part.split == nil, !part.isRetry {
        plans[position].ignored(part.step.request, cost: now - awaitedSince, now: now)
      }
    case .exception(let code) where Self.refusals.contains(code):
      refused(code, now: now)
    // One block may be answered wrongly; a device of which nothing fits, scan after scan, is as good as silent.
    case _ where isDamaged && scan?.isAnswered == false && silent.failures(position) > 0:
      giveUp(reason: error.reason)
    default:
      skip(error.reason)
    }
    if isUnanswered || isDamaged { noteEnd(error.reason, position, now: now) }
  }

  /// When the scan is over and brought no whole reply, the device counts as one that does not answer.
  private mutating func noteEnd(_ reason: Quality.Reason, _ position: Int, now: MonotonicTime) {
    guard let scan, !scan.isAnswered, scan.step >= scan.parts.count else { return }
    silent.failed(position, reason: reason, cost: now - scan.started, now: now)
    healths[position].isSilent = silent.isSilent(position)
  }

  /// Another unit than the one that was asked has answered.
  mutating func noteUnit(_ error: FieldBusError) {
    if error.answeredBy != nil { statistics.wrongUnitReplies += 1 }
  }

  /// A gateway between us and the device says that the device does not answer it: "gateway path unavailable", "gateway
  /// target device failed to respond" (Modbus Application Protocol 1.1b3, section 7).
  private static func isUnreachable(_ reason: Quality.Reason) -> Bool {
    reason == .exception(10) || reason == .exception(11)
  }

  /// A reply that was lost or damaged is worth a second question; true when there will be one.
  private mutating func askAgain(_ reason: Quality.Reason, _ position: Int, now: MonotonicTime) -> Bool {
    switch reason {
    case .timeout where silent.mayWaitAgain(position, now: now): break
    case .checksum where !silent.isSilent(position), .malformedReply where !silent.isSilent(position): break
    default: return false
    }
    guard let left = scan?.retriesLeft, left > 0 else { return false }
    scan?.retriesLeft = left - 1
    statistics.retries += 1
    return true
  }

  private mutating func gotReply(_ position: Int, now: MonotonicTime) {
    scan?.isAnswered = true
    silent.answered(position, now: now)
    healths[position].isSilent = false
  }

  private mutating func giveUp(reason: Quality.Reason) {
    guard let (step, parts) = scan.map({ ($0.step, $0.parts) }) else { return }
    // A refused place that was to be asked for again is still refused.
    for part in parts[step...] where !part.isRetry { mark(part.step, reason) }
    scan?.step = parts.count
  }

  /// The bus is down; the next attempt to open it comes after the back-off.
  mutating func lose(_ error: FieldBusError, now: MonotonicTime) {
    let retryAt = backoff.failed(now: now, mayReturnSoon: error.mayReturnSoon)
    link = .closed(retryAt: retryAt)
    statistics.retryAt = retryAt
    linkFault = error
    statistics.isBusUp = false
    statistics.lastError = error.detail
  }

  private mutating func note(_ error: String) {
    statistics.lastError = error
    if scan?.error == nil { scan?.error = error }
  }
}
