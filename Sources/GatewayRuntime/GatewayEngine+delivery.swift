import Enrolment
import GatewayConfiguration
import GatewayCore
import Logging
import SyncProtocol
import Telemetry

extension GatewayEngine {
  func deliver(now: MonotonicTime) {
    guard let central = outside.central, isStoreOpen else {
      deliveryDeadline = .never
      return
    }
    pauseInQuietHours(now: now)
    // Bounded by the machine: it starts as many requests as its windows allow, then waits.
    while isStoreOpen {
      switch delivery.next(now: now) {
      case .askPosition(let request, let row, let at):
        central.perform(
          HTTPRequest(
            identifier: request, method: .get,
            path: SyncProtocol.positionPath(epoch: row.epoch, lane: row.lane, at: at)))
      case .send(let request, let row, let from, let through):
        guard send(request, row, from: from, through: through, by: central, now: now) else { return retryLater(now) }
      case .settle(let finding):
        guard settle(finding, now: now) else { return retryLater(now) }
      case .wait(let until):
        deliveryDeadline = until
        return
      }
    }
    deliveryDeadline = .never
  }

  private func retryLater(_ now: MonotonicTime) { deliveryDeadline = now + .seconds(1) }

  private func pauseInQuietHours(now: MonotonicTime) {
    guard let quiet = settings.central?.quietHours else { return }
    let rest = quiet.rest(at: outside.clock.minuteOfDay(outside.clock.wall()))
    delivery.pauseTelemetry(until: rest.map { now + min($0, .seconds(60)) })
  }

  /// - Returns: false when the store must be mended first; it is tried again after the next commit.
  private func send(
    _ request: Int, _ row: EpochLane, from: UInt64, through: UInt64, by central: any CentralLink, now: MonotonicTime
  ) -> Bool {
    do throws(OutboxStoreError) {
      let bytes = SendAllowance.requestBytes(
        perSecond: settings.central?.rateLimitBytes, most: EngineLimits.requestBytes)
      let found = try outside.store.batches(row, from: from, through: through, maximumBytes: bytes)
      guard let last = found.through else {
        log.error(
          "\(row.lane.name) batch \(found.damaged ?? from) in the outbox cannot be read; a loss notice takes its place")
        delivery.abandoned(request: request)
        var transaction = OutboxTransaction()
        transaction.damaged[row] = [found.damaged ?? from]
        return commit(transaction, now: now)
      }
      // From now on central may have them, so they must not be thinned or dropped any more, not even after a power cut.
      if row.epoch == stored.epoch, last > stored[row.lane].offeredThrough {
        var transaction = OutboxTransaction()
        transaction.offered[row] = last
        guard commit(transaction, now: now) else {
          delivery.abandoned(request: request)
          return false
        }
      }
      // Without it, a copy of this gateway that filled the number before would have us believe that central has our batch.
      let before = from > 1 ? try outside.store.checksum(row, number: from - 1) : nil
      delivery.started(request: request, through: last)
      counters.requestsSent += 1
      counters.bytesSent += found.bytes.count
      traffic.sent += found.bytes.count
      central.perform(
        HTTPRequest(
          identifier: request, method: .post, path: SyncProtocol.batchesPath(after: before),
          contentType: SyncProtocol.batchesContentType, body: found.bytes, isUrgent: row.lane == .alarms))
      return true
    } catch {
      warn("cannot read a batch to send: \(error)", about: "outbox read", now: now)
      if error.kind == .damaged { isStoreOpen = false }
      outbox.failed(now: now)
      delivery.ended(request: request, .failure("\(error)"), now: now, jitter: jitter())
      return false
    }
  }

  /// Another past than the store's was found out: the store learns it, and a person too.
  private func settle(_ finding: DeliveryMachine.Finding, now: MonotonicTime) -> Bool {
    var transaction = OutboxTransaction()
    var text: String
    switch finding {
    case .gone(let gone):
      transaction.goneAtCentral = gone
      text = "central was set back to a backup"
    case .retire(let retirement, let gone):
      transaction.retirement = retirement
      transaction.goneAtCentral = gone
      switch retirement {
      case .close(let reason), .abandon(let reason): text = reason + "; a new epoch begins"
      }
    case .abandon(let epoch, let gone):
      transaction.abandoned = [epoch]
      transaction.goneAtCentral = gone
      text = "central has other batches under the numbers of an earlier epoch: they go on under new ones"
    case .missing(let row, let position):
      transaction.missingAtCentral[row] = position
      text =
        "central has \(row.lane.name) batches through \(position) only, but had confirmed "
        + "\(stored.confirmedThrough(row)): it was restored from a backup. A loss notice says so"
    case .incomparable(let row, let numbers):
      transaction.confirmed[row] = numbers.upperBound
      transaction.incomparable[row] = numbers
      text =
        "central has \(row.lane.name) batches \(numbers.lowerBound) to \(numbers.upperBound)"
        + (row.epoch == stored.epoch ? "" : " of epoch \(row.epoch)") + ", and this outbox's are damaged: "
        + "whether they are the same cannot be told. A loss notice says so"
    }
    for (row, numbers) in transaction.goneAtCentral.sorted(by: { $0.key < $1.key }) {
      text +=
        "; it has \(row.lane.name) batches \(numbers.lowerBound) to \(numbers.upperBound) of epoch \(row.epoch) no more, "
        + "which it had confirmed: a loss notice says so"
    }
    guard commit(transaction, now: now) else { return false }
    log.error("\(text)")
    notes.append((outside.clock.wall(), text))
    if notes.count > 20 { notes.removeFirst() }
    delivery.settled(finding, now: now)
    delivery.storeChanged(stored)
    tellOwedAlarmStates()
    return true
  }

  func centralAnswered(_ result: HTTPResult, now: MonotonicTime) {
    let before = delivery.link
    takeCommands(of: result, now: now)
    var reply = reply(result.outcome)
    var comparison: BatchComparison?
    do throws(OutboxStoreError) {
      comparison = try compare(result.identifier, reply)
    } catch {
      // Believed without it, a copied gateway's batch would have ours deleted.
      reply = .failure("cannot be compared with the outbox: \(error)")
    }
    delivery.ended(request: result.identifier, reply, comparison: comparison, now: now, jitter: jitter())
    if isStoreOpen, !delivery.confirmations(beyond: stored).isEmpty { outbox.confirmationArrived(now: now) }
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

  /// Central's batch with the number that its answer names, with this store's; nil when the answer names none.
  private func compare(
    _ request: Int, _ reply: DeliveryMachine.Reply
  ) throws(OutboxStoreError) -> BatchComparison? {
    guard case .answer(200, let answer, _) = reply, let at = answer.at, at > 0, let row = delivery.row(of: request)
    else { return nil }
    guard isStoreOpen else { throw OutboxStoreError("it is not open") }
    guard at <= UInt64(Int64.max) else { throw OutboxStoreError("central names a batch \(at)") }
    return try outside.store.compare(row, number: at, with: answer.checksum)
  }

  private func jitter() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

  private func reply(_ outcome: HTTPResult.Outcome) -> DeliveryMachine.Reply {
    switch outcome {
    case .failed(let text): return .failure(text)
    case .answered(let status, let body, let retryAfter):
      traffic.received += body.count
      guard let answer = SyncAnswer(json: body) else {
        // Central's refusals of a gateway as such; what is sent has nothing to do with them.
        let text = String(decoding: body.prefix(1_024), as: UTF8.self)
        if status >= 400, let refusal = EnrolmentRefusal.allCases.first(where: { text.contains("\"\($0.rawValue)\"") })
        {
          return .failure("\(refusal.message): \(refusal.nextStep)")
        }
        return .failure(
          "status \(status) and an answer that is not central's; is the url in the configuration right?")
      }
      return .answer(status: status, answer, retryAfter: retryAfter)
    }
  }
}
