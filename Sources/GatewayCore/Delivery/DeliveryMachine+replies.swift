public import SyncProtocol
public import Telemetry

extension DeliveryMachine {
  /// A request ended. `jitter` is a random number from 0 to 1: after a failure the wait is half to all of the delay, so that
  /// a fleet does not come back as one.
  ///
  /// Afterwards ``confirmedThrough(_:)`` tells what may be deleted.
  public mutating func ended(request: Int, _ reply: Reply, now: MonotonicTime, jitter: Double) {
    guard let flight = flights.removeValue(forKey: request) else { return }
    lanes[flight.lane]!.inFlight -= 1
    switch reply {
    case .failure(let text):
      stumble(flight.lane, .offline(text, retryAt: now), after: nil, now: now, jitter: jitter)
    case .answer(200, let answer, _):
      guard let position = answer.position else {
        stumble(
          flight.lane, .offline("central's answer has no position", retryAt: now), after: nil, now: now, jitter: jitter)
        return
      }
      accept(position, flight: flight, now: now, jitter: jitter)
    case .answer(let status, let answer, let retryAfter):
      refused(status, answer, flight: flight, retryAfter: retryAfter, now: now, jitter: jitter)
    }
  }

  private mutating func accept(_ position: UInt64, flight: Flight, now: MonotonicTime, jitter: Double) {
    let lane = flight.lane
    let state = lanes[lane]!
    guard position <= state.cutThrough else {
      let text =
        "central has \(lane.name) batches through \(position), but this store made only \(state.cutThrough): it was "
        + "restored or cloned"
      stumble(lane, .refused(text, retryAt: now), after: Self.longestRetry, now: now, jitter: jitter)
      return
    }
    if flight.isQuestion, position < state.confirmed {
      let text =
        "central has \(lane.name) batches through \(position) only, but confirmed \(state.confirmed) earlier: it was "
        + "restored from a backup"
      stumble(lane, .refused(text, retryAt: now), after: Self.longestRetry, now: now, jitter: jitter)
      return
    }
    lanes[lane]!.confirmed = max(state.confirmed, position)
    guard !flight.isStale else { return }
    recover()
    if flight.isQuestion {
      lanes[lane]!.sentThrough = position
    } else if let through = flight.through, position < through {
      // Accepted, but not all: central stopped early. Ask and go on from there.
      restart(lane)
    }
  }

  private mutating func refused(
    _ status: Int, _ answer: SyncAnswer, flight: Flight, retryAfter: Duration?, now: MonotonicTime, jitter: Double
  ) {
    let lane = flight.lane
    if let position = answer.position, position <= lanes[lane]!.cutThrough, !flight.isQuestion {
      lanes[lane]!.confirmed = max(lanes[lane]!.confirmed, position)
    }
    guard !flight.isStale else { return }
    let text = "central answered \(status)" + (answer.message.map { ": \($0)" } ?? "")
    switch answer.error {
    case .gap:
      // The ordinary end of a request that overtook a failed one.
      restart(lane)
    case .busy, .storage:
      stumble(lane, .offline(text, retryAt: now), after: retryAfter, now: now, jitter: jitter)
    case .badBatch, .badRequest, .tooLarge, .forbidden:
      stumble(lane, .refused(text, retryAt: now), after: retryAfter ?? Self.longestRetry, now: now, jitter: jitter)
    case nil:
      stumble(lane, .offline(text, retryAt: now), after: retryAfter, now: now, jitter: jitter)
    }
  }

  private mutating func recover() {
    link = .online
    retryAt = nil
    retryDelay = Self.firstRetry
  }

  /// The lane asks for its position before it sends again; answers still under way no longer move it.
  private mutating func restart(_ lane: Lane) {
    lanes[lane]!.sentThrough = nil
    for (request, flight) in flights where flight.lane == lane { flights[request]!.isStale = !flight.isQuestion }
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
