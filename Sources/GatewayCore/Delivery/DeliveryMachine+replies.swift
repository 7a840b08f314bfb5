import SyncProtocol
public import Telemetry

extension DeliveryMachine {
  /// The row of a request that is under way.
  public func row(of request: Int) -> EpochLane? { flights[request]?.row }

  /// A request ended.
  ///
  /// Afterwards ``confirmations(beyond:)`` tells what may be deleted.
  ///
  /// - Parameters:
  ///   - comparison: of central's batch with the number ``SyncAnswer/at`` of the answer with this store's; nil when the
  ///     answer names none.
  ///   - jitter: a random number from 0 to 1: after a failure the wait is half to all of the delay, so that a fleet does
  ///     not come back as one.
  public mutating func ended(
    request: Int, _ reply: Reply, comparison: BatchComparison? = nil, now: MonotonicTime, jitter: Double
  ) {
    guard let flight = flights.removeValue(forKey: request) else { return }
    switch reply {
    case .failure(let text):
      endLookBack()
      // Central may come back from a backup: a lane that has nothing to send would never hear that its newest is gone.
      for lane in Lane.allCases where inFlight(lane) == 0 { restart(lane) }
      stumble(flight.row.lane, .offline(text, retryAt: now), after: nil, now: now, jitter: jitter)
    case .answer(200, let answer, _):
      guard let position = answer.position else {
        let text = "central's answer has no position"
        endLookBack()
        return stumble(flight.row.lane, .offline(text, retryAt: now), after: nil, now: now, jitter: jitter)
      }
      if let asked = flight.asksForPast { return learned(asked, answer, comparison, of: flight.row) }
      guard !evades(answer, flight) else {
        let text = "central was asked about one batch and answered about another"
        return stumble(flight.row.lane, .refused(text, retryAt: now), after: nil, now: now, jitter: jitter)
      }
      accept(position, provenThrough: answer.at, comparison, flight: flight)
    case .answer(let status, let answer, let retryAfter):
      // A question about the past is asked anew; what was learned may be outdated by then.
      if flight.asksForPast != nil { endLookBack() }
      refused(status, answer, flight: flight, retryAfter: retryAfter, now: now, jitter: jitter)
    }
  }

  /// - Parameters:
  ///   - provenThrough: the number whose check sum came with the position; nil: it came without one.
  ///   - comparison: of that number; nil: it came without one.
  private mutating func accept(
    _ position: UInt64, provenThrough: UInt64?, _ comparison: BatchComparison?, flight: Flight
  ) {
    let lane = flight.row.lane
    guard let state = lanes[lane], state.row == flight.row else { return }
    let known = confirmedThrough(state.row)
    if comparison == .other {
      guard state.isCurrent else { return found(.abandon(state.row.epoch, gone: [:]), flight) }
      return found(
        .retire(
          .abandon(
            "central has other \(lane.name) batches under this store's numbers: a copy of this gateway is at work, or "
              + "this store is an old one"), gone: [:]), flight)
    }
    // The store cut more while it asked, or even its first batch: the check sum says nothing of that, and what central has
    // there may be another's.
    let claimed = min(position, state.cutThrough)
    let proven = provenThrough ?? claimed
    if claimed > known, let proven = provenThrough, doubts(claimed, proven, comparison, flight) { return }
    if claimed > known, proven < claimed || proven > state.cutThrough { return restart(lane) }
    if state.isCurrent, position > state.cutThrough {
      guard flight.isQuestion else { return restart(lane) }
      confirmed[state.row] = state.cutThrough
      return found(
        .retire(
          .close(
            "central has \(lane.name) batches through \(position), but this store made only \(state.cutThrough): it "
              + "was restored from a backup, or copied"), gone: [:]), flight)
    }
    if flight.isQuestion, position < known { return found(.missing(state.row, position: position), flight) }
    confirmed[state.row] = max(known, claimed)
    guard !flight.isStale else { return }
    recover()
    if flight.isQuestion {
      lanes[lane]!.sentThrough = claimed
    } else if let through = flight.through, position < through {
      // Accepted, but not all: central stopped early. Ask and go on from there.
      restart(lane)
    }
  }

  mutating func found(_ finding: Finding, _ flight: Flight) {
    // An answer from before the trouble may be outdated; the question that follows will find the same.
    guard !flight.isStale else { return }
    switch finding {
    case .missing, .incomparable:
      if !findings.contains(finding) { findings.append(finding) }
    case .retire, .abandon, .gone: lookBack(before: finding, of: flight.row.epoch)
    }
  }

  private mutating func refused(
    _ status: Int, _ answer: SyncAnswer, flight: Flight, retryAfter: Duration?, now: MonotonicTime, jitter: Double
  ) {
    let lane = flight.row.lane
    guard !flight.isStale else { return }
    let text = "central answered \(status)" + (answer.message.map { ": \($0)" } ?? "")
    switch answer.error {
    case .gap:
      // The ordinary end of a request that overtook a failed one; or central was set back.
      hasSignOfSetback = true
      restart(lane)
    case .busy, .storage, nil:
      stumble(lane, .offline(text, retryAt: now), after: retryAfter, now: now, jitter: jitter)
    case .badBatch, .badRequest, .tooLarge, .forbidden:
      stumble(lane, .refused(text, retryAt: now), after: retryAfter ?? Self.longestRetry, now: now, jitter: jitter)
    }
  }

  /// Requests go another way from now on, perhaps to another central: what is under way counts as unknown, answers to it are
  /// ignored, and positions are asked for at once.
  public mutating func linkReplaced() {
    flights.removeAll()
    findings.removeAll()
    endLookBack()
    for lane in Lane.allCases { restart(lane) }
    link = .connecting
    retryAt = nil
    retryDelay = Self.firstRetry
  }

  mutating func recover() {
    link = .online
    retryAt = nil
    retryDelay = Self.firstRetry
  }

  /// The lane asks for its position before it sends again; answers still under way no longer move it.
  mutating func restart(_ lane: Lane) {
    lanes[lane]?.sentThrough = nil
    lanes[lane]?.doubt = nil
    for (request, flight) in flights where flight.row.lane == lane { flights[request]!.isStale = !flight.isQuestion }
  }

  private mutating func stumble(
    _ lane: Lane, _ state: LinkState, after: Duration?, now: MonotonicTime, jitter: Double
  ) {
    restart(lane)
    let asked = after.map { now + min($0, Self.longestAskedWait) }
    if let pending = retryAt, pending > now {
      // Several requests fail together when a link goes: that is one failure. Only a longer wait that central asked for
      // counts on top.
      retryAt = max(pending, asked ?? pending)
    } else if let asked {
      retryAt = asked
    } else {
      retryAt = now + retryDelay * (0.5 + min(max(jitter, 0), 1) / 2)
      retryDelay = min(retryDelay * 2, Self.longestRetry)
    }
    switch state {
    case .offline(let text, _): link = .offline(text, retryAt: retryAt!)
    case .refused(let text, _): link = .refused(text, retryAt: retryAt!)
    case .connecting, .online: link = state
    }
  }
}
