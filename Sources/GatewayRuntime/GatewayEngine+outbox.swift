import BatchCodec
import GatewayCore
import Logging
import RuleEngine
import Telemetry

extension GatewayEngine {
  /// Commits until nothing more is due: after a long time without central several batches may be cut in a row.
  func commitIfDue(now: MonotonicTime) {
    for _ in 0..<16 {
      guard let decision = outbox.decide(now: now) else { return }
      commit(cutting: decision.cut, now: now)
      if outbox.isFailing { return }
    }
  }

  func commit(cutting lanes: [Lane], now: MonotonicTime) {
    if !pendingAlarms.isEmpty { sealAlarms() }
    sealFrame()
    var transaction = OutboxTransaction()
    transaction.frames = pendingFrames
    transaction.cut = lanes
    if pendingFrames.contains(where: { $0.lane == .alarms }) { transaction.activeAlarms = rules.activeAlarms.sorted() }
    for lane in Lane.allCases where delivery.confirmedThrough(lane) > stored[lane].confirmedThrough {
      transaction.confirmed[lane] = delivery.confirmedThrough(lane)
    }
    guard !transaction.isEmpty else {
      outbox.committed(stored, now: now)
      return
    }
    do {
      let after = try outside.store.commit(transaction)
      counters.commits += 1
      for lane in lanes where after[lane].cutThrough > stored[lane].cutThrough {
        counters.batchesCut += 1
        outbox.cut(lane, now: now)
      }
      pendingFrames.removeAll(keepingCapacity: true)
      settle(after, now: now)
      allClear("the outbox takes data again", about: "outbox")
    } catch {
      counters.failedCommits += 1
      outbox.failed(now: now)
      warn("\(error.description); trying again, nothing is lost yet", about: "outbox", now: now)
      readBack(now: now)
    }
  }

  private func settle(_ state: OutboxState, now: MonotonicTime) {
    for lane in Lane.allCases where state[lane].damagedFrames > stored[lane].damagedFrames {
      log.error(
        "\(state[lane].damagedFrames) damaged \(lane.name) frames were set aside in the outbox; the disk may be failing"
      )
    }
    stored = state
    outbox.committed(state, now: now)
    delivery.storeChanged(state)
  }

  /// After a failure the transaction may have been committed all the same: the store says which frames it has.
  private func readBack(now: MonotonicTime) {
    guard let state = try? outside.store.state() else { return }
    stored = state
    delivery.storeChanged(state)
    pendingFrames.removeAll { $0.sequence <= state.lastFrame }
  }

  private func sealAlarms() {
    guard let first = pendingAlarms.first, let last = pendingAlarms.last else { return }
    pendingFrames.append(
      PendingFrame(
        sequence: nextSequence, lane: .alarms, sampleCount: pendingAlarms.count, firstTime: first.time,
        lastTime: last.time, bytes: FrameCodec.encode(pendingAlarms)))
    nextSequence += 1
    pendingAlarms.removeAll(keepingCapacity: true)
  }
}
