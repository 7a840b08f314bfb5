import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import Telemetry

/// What is judged while a gateway runs.
extension SimulatedGateway {
  func check(_ engine: GatewayEngine) {
    let state = engine.outboxState
    history.judgeBounds(
      series, samplesWaiting: engine.samplesWaiting, alarmsWaiting: engine.alarmsWaiting,
      memory: scenario.memory, usedBytes: state.usedBytes, capacityBytes: settings.outbox.capacityBytes)
    checkMemory(engine)
    checkSum(engine)
    if let keep = scenario.keep { checkAge(engine, state, keep) }
    let dropped = state.lost[.outboxFull] ?? 0
    if state.thinned + dropped > givenUp {
      history.count(.smallCapacity)
      history.note("\(milliseconds) \(series) is full: \(state.thinned) samples thinned, \(dropped) dropped")
    }
    givenUp = state.thinned + dropped
  }

  /// What the buses brought is in the store, in memory, or was dropped and counted.
  private func checkSum(_ engine: GatewayEngine) {
    guard let kept = store?.keptSamples, !isMiscounted else { return }
    let known = kept + engine.samplesWaiting + engine.samplesDropped
    guard known != engine.samplesTaken else { return }
    isMiscounted = true
    history.report(
      .miscounted,
      "\(milliseconds) \(series): of \(engine.samplesTaken) samples since the start \(kept) were committed, "
        + "\(engine.samplesWaiting) wait and \(engine.samplesDropped) were dropped")
  }

  private func checkMemory(_ engine: GatewayEngine) {
    let now = (samples: engine.samplesDropped, alarms: engine.alarmEventsDropped)
    guard now != unheld else {
      if engine.samplesWaiting == 0 { isUnheld = false }
      return
    }
    if !isUnheld {
      history.count(.smallMemory)
      history.note("\(milliseconds) \(series) has no memory left")
    }
    isUnheld = true
    history.unheld[name, default: (0, 0)].samples += now.samples - unheld.samples
    history.unheld[name, default: (0, 0)].alarms += now.alarms - unheld.alarms
    unheld = now
  }

  /// What is too old goes with one of the next commits, and a store that works commits when a scan comes.
  private func checkAge(_ engine: GatewayEngine, _ state: OutboxState, _ keep: Duration) {
    let tooOld = state.lost[.tooOld] ?? 0
    if tooOld > outlived { history.count(.shortKeep) }
    outlived = tooOld
    let mayWait: [Scenario.Fault] = [
      .clockStep, .noClock, .busFault, .gatewayDiskError, .gatewaySyncError, .gatewayDiskFull, .smallMemory,
    ]
    guard engine.isOutboxOpen, !mayWait.contains(where: scenario.has), let oldest = state.oldestDroppable,
      clock.wall() - oldest > keep
    else {
      tooOldSince = nil
      return
    }
    // Batches of an epoch that was given up become droppable all at once, and go one a commit.
    tooOldSince = tooOldSince ?? time.now
    if let since = tooOldSince, time.now - since > .seconds(60) {
      history.report(
        .boundExceeded, "\(milliseconds) \(series): values older than \(keep) are kept for a minute: \(state)")
    }
  }
}
