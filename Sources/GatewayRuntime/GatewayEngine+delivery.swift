import GatewayConfiguration
import GatewayCore
import Logging
import SyncProtocol
import Telemetry

extension GatewayEngine {
  func deliver(now: MonotonicTime) {
    guard let central = outside.central else {
      deliveryDeadline = .never
      return
    }
    // Bounded by the machine: it starts as many requests as its windows allow, then waits.
    while true {
      switch delivery.next(now: now) {
      case .askPosition(let request, let lane):
        central.perform(
          HTTPRequest(
            identifier: request, method: .get, path: SyncProtocol.positionPath(epoch: stored.epoch, lane: lane)))
      case .send(let request, let lane, let from, let through):
        send(request, lane: lane, from: from, through: through, by: central, now: now)
      case .wait(let until):
        deliveryDeadline = until
        return
      }
    }
  }

  private func send(
    _ request: Int, lane: Lane, from: UInt64, through: UInt64, by central: any CentralLink, now: MonotonicTime
  ) {
    var body: [UInt8] = []
    var last = from - 1
    do {
      for number in from...through {
        guard let batch = try outside.store.batch(lane: lane, number: number) else {
          throw OutboxStoreError("\(lane.name) batch \(number) is missing from the outbox", outcomeUnknown: false)
        }
        guard body.isEmpty || body.count + batch.count <= EngineLimits.requestBytes else { break }
        body += batch
        last = number
      }
    } catch {
      warn("cannot read a batch to send: \(error)", about: "outbox read", now: now)
      delivery.ended(request: request, .failure("\(error)"), now: now, jitter: jitter())
      return
    }
    delivery.started(request: request, through: last)
    counters.requestsSent += 1
    counters.bytesSent += body.count
    central.perform(
      HTTPRequest(
        identifier: request, method: .post, path: SyncProtocol.batchesPath,
        contentType: SyncProtocol.batchesContentType, body: body))
  }

  func centralAnswered(_ result: HTTPResult, now: MonotonicTime) {
    let before = delivery.link
    delivery.ended(request: result.identifier, reply(result.outcome), now: now, jitter: jitter())
    for lane in Lane.allCases where delivery.confirmedThrough(lane) > stored[lane].confirmedThrough {
      outbox.confirmationArrived()
    }
    outbox.centralChanged(isOnline: delivery.isOnline)
    switch delivery.link {
    case .online:
      allClear("central is reachable again", about: "central")
      if before == .connecting { log.notice("connected to central at \(settings.central?.url ?? "")") }
    case .offline(let text, _): warn("central: \(text)", about: "central", now: now)
    case .refused(let text, _):
      warn("central refuses this gateway's data: \(text). The outbox keeps it", about: "central", now: now)
    case .connecting: break
    }
  }

  private func jitter() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

  private func reply(_ outcome: HTTPResult.Outcome) -> DeliveryMachine.Reply {
    switch outcome {
    case .failed(let text): return .failure(text)
    case .answered(let status, let body, let retryAfter):
      guard let answer = SyncAnswer(json: body) else {
        return .failure(
          "status \(status) and an answer that is not central's; is the url in the configuration right?")
      }
      return .answer(status: status, answer, retryAfter: retryAfter)
    }
  }
}
