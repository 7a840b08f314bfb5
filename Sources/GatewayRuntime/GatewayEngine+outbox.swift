import AlarmStates
import BatchCodec
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

extension GatewayEngine {
  /// Opens the store, again and again until it is open: the daemon runs without it, from bounded memory.
  ///
  /// - Throws: when another daemon holds it or a newer version wrote it, which waiting does not cure.
  func openStore(now: MonotonicTime) throws(OutboxStoreError) {
    do throws(OutboxStoreError) {
      let news = try outside.store.open()
      for line in news {
        log.error("\(line)")
        notes.append((outside.clock.wall(), line))
      }
      catalogues.storeOpened()
      _ = try catalogues.number(catalogues.current, in: outside.store)
      let state = try outside.store.state()
      let saved = wasStoreOpen ? nil : try outside.store.alarms()
      isStoreOpen = true
      wasStoreOpen = true
      isStoreOpening = false
      storeFailure = nil
      took(state, alarms: saved)
      allClear("the outbox takes data again", about: "outbox")
    } catch {
      isStoreOpen = false
      isStoreOpening = error.kind == .opening
      storeFailure = error.description
      outbox.failed(now: outside.clock.monotonic())
      if error.kind == .held || error.kind == .newerFormat { throw error }
      let next = isStoreOpening ? "" : "; trying again, values wait in memory"
      warn(error.description + next, about: "outbox", now: now)
    }
  }

  /// Once more, after the start: whatever is the reason, the daemon goes on.
  func tryOpening(now: MonotonicTime) {
    do throws(OutboxStoreError) {
      try openStore(now: now)
    } catch {
      warn("\(error.description); values wait in memory", about: "outbox", now: now)
    }
  }

  /// - Parameter saved: what the store keeps of alarms, when it was opened for the first time.
  private func took(_ state: OutboxState, alarms saved: [SavedAlarm]?) {
    // Opening may have taken long.
    let now = outside.clock.monotonic()
    stored = state
    // What was to tell them may have gone with a damaged file.
    toldAlarmStates = false
    let floor = state.frames[.telemetry]?.lastTime ?? Timestamp(milliseconds: .min)
    if saved != nil { reconsiderClock(newestStored: state.frames[.telemetry]?.lastTime) }
    newestTime = newestTime.map { max($0, floor) }
    newestAlarm = max(newestAlarm, state.frames[.alarms]?.lastTime ?? Timestamp(milliseconds: .min))
    takeUpFrames(behind: state)
    outbox.committed(state, wall: outside.clock.wall(), now: now)
    delivery.storeChanged(state)
    if let saved {
      beginAlarms(saved, now: now)
      beginRules(active: activeAlarms.union(rules.activeAlarms), now: now)
    }
    // A new file may have been put in the place of a damaged one, of which not every row could be read.
    unsavedAlarms.formUnion(alarms.all.map(\.name))
    keepWaitingScans(floor: floor, now: now)
    lookAtClock(now: now)
    // All of it waited before, and is due.
    let waiting = pendingFrames.reduce(builder.weight) { $0 + ($1.lane == .telemetry ? $1.sampleCount : 0) }
    if waiting > 0 { outbox.appended(samples: waiting, now: now) }
    if !pendingAlarms.isEmpty || pendingFrames.contains(where: { $0.lane == .alarms }) { outbox.alarmAppended() }
  }

  /// Frames that wait keep their numbers where they may have been committed, and get new ones behind those of the store
  /// where they surely were not: what took a damaged file's place has given a number to its notice.
  private func takeUpFrames(behind state: OutboxState) {
    if isOutcomeUnknown { pendingFrames.removeAll { $0.sequence <= state.lastGivenFrame } }
    if let first = pendingFrames.first, first.sequence <= state.lastFrame {
      let distance = state.lastFrame + 1 - first.sequence
      for index in pendingFrames.indices { pendingFrames[index].sequence += distance }
      catalogues.renumbered(by: distance)
    }
    isOutcomeUnknown = false
    nextSequence = max(nextSequence, state.lastFrame + 1, (pendingFrames.last?.sequence ?? 0) + 1)
  }

  /// They were taken before anybody knew how far the store's times reach, and some perhaps under an earlier configuration.
  private func keepWaitingScans(floor: Timestamp, now: MonotonicTime) {
    let scans = waitingScans
    waitingScans.removeAll()
    waitingScanBytes = 0
    for var waiting in scans {
      if !waiting.hasBootTime, !clockTrust.isTrusted {
        waiting.hasBootTime = true
        waiting.scan.time = waiting.bootTime
      }
      if !waiting.hasBootTime {
        let device = waiting.scan.device
        waiting.scan.time = max(waiting.scan.time, floor)
        if waiting.catalogue == catalogues.current, newestTime.indices.contains(device) {
          newestTime[device] = max(newestTime[device], waiting.scan.time)
        }
      }
      build(with: waiting.catalogue)
      append(waiting.scan, hasBootTime: waiting.hasBootTime)
    }
    build(with: catalogues.current)
  }

  /// Scans of different catalogues go into different frames.
  func build(with catalogue: Int) {
    guard builderCatalogue != catalogue else { return }
    sealFrame()
    builder = FrameBuilder(catalogue: catalogues[catalogue])
    builderCatalogue = catalogue
  }

  /// Commits until nothing more is due: after a long time without central several batches may be cut in a row.
  func commitIfDue(now: MonotonicTime) {
    for _ in 0..<16 {
      tellOwedAlarmStates()
      let wall = outside.clock.wall()
      guard outbox.deadline <= now else { return }
      guard isStoreOpen else {
        tryOpening(now: now)
        if !isStoreOpen { return }
        continue
      }
      guard let decision = outbox.decide(stored, wall: wall, now: now) else { return }
      var transaction = OutboxTransaction()
      transaction.cut = decision.cut
      // What central confirmed goes with this commit and makes room; what is oldest behind it, and whether anything must go,
      // shows only then.
      switch delivery.confirmations(beyond: stored).isEmpty ? decision.room : .none {
      case .none: break
      case .cut: transaction.cut = [.alarms, .telemetry]
      case .thin(let count): transaction.thin = count
      case .drop(let count, let reason): transaction.drop = (count, reason)
      }
      guard commit(transaction, now: now) else { return }
    }
  }

  /// Commits what waits together with `wanted`.
  ///
  /// - Returns: false when it failed; then all of it waits again, but for what `wanted` asked.
  @discardableResult
  func commit(_ wanted: OutboxTransaction, now: MonotonicTime) -> Bool {
    guard isStoreOpen else { return false }
    sealAlarms()
    sealFrame()
    do throws(OutboxStoreError) {
      try catalogues.number(&pendingFrames, in: outside.store)
    } catch {
      return commitFailed(error, now: now)
    }
    var transaction = wanted
    transaction.frames = pendingFrames
    saveAlarms(in: &transaction, now: now)
    transaction.tellsAlarmStates = toldAlarmStates
    transaction.clockOffset = clockOffset
    // What is to be settled may confirm more.
    transaction.confirmed.merge(delivery.confirmations(beyond: stored)) { max($0, $1) }
    guard !transaction.isEmpty else {
      outbox.committed(stored, wall: outside.clock.wall(), now: now)
      return true
    }
    if traffic.sent + traffic.received > 0 {
      transaction.traffic = (String(outside.clock.wall().iso8601.prefix(10)), traffic.sent, traffic.received)
    }
    do throws(OutboxStoreError) {
      let after = try outside.store.commit(transaction)
      settle(transaction, after, now: now)
      return true
    } catch {
      return commitFailed(error, now: now)
    }
  }

  private func commitFailed(_ error: OutboxStoreError, now: MonotonicTime) -> Bool {
    counters.failedCommits += 1
    if error.kind == .outcomeUnknown { isOutcomeUnknown = true }
    storeFailure = error.description
    outbox.failed(now: now)
    warn("\(error.description); trying again, nothing is lost yet", about: "outbox", now: now)
    readBack(error, now: now)
    return false
  }

  private func settle(_ transaction: OutboxTransaction, _ after: OutboxState, now: MonotonicTime) {
    counters.commits += 1
    fillRate.committed(frameBytes: transaction.frames.reduce(0) { $0 + $1.bytes.count }, now: now)
    for lane in transaction.cut where after.epoch == stored.epoch && after[lane].cutThrough > stored[lane].cutThrough {
      counters.batchesCut += 1
      outbox.cut(lane, now: now)
      let frames =
        (stored.frames[lane]?.bytes ?? 0) + transaction.frames.reduce(0) { $0 + ($1.lane == lane ? $1.bytes.count : 0) }
      fillRate.cut(
        frameBytes: frames - (after.frames[lane]?.bytes ?? 0),
        batchBytes: after[lane].batchBytes - stored[lane].batchBytes)
    }
    if after.damagedFrames > stored.damagedFrames {
      log.error("\(after.damagedFrames) damaged frames were set aside in the outbox; the disk may be failing")
    }
    for (reason, samples) in after.lost where samples > stored.lost[reason, default: 0] {
      warn("\(samples) samples were lost so far: \(reason.name)", about: "loss \(reason.name)", now: now)
    }
    pendingFrames.removeAll(keepingCapacity: true)
    catalogues.framesLeft()
    if transaction.traffic != nil { traffic = (0, 0) }
    if transaction.clockOffset != nil { clockOffset = nil }
    unsavedAlarms.removeAll()
    toldAlarmsWaiting = 0
    if transaction.tellsAlarmStates { toldAlarmStates = false }
    stored = after
    isOutcomeUnknown = false
    storeFailure = after.isClosed ? "the outbox is to be checked, because something in it changed on the disk" : nil
    if after.isClosed { isStoreOpen = false }
    outbox.committed(after, wall: outside.clock.wall(), now: now)
    if alarmLoss != nil { outbox.alarmAppended() }
    if memoryLoss != nil { outbox.appended(samples: 0, now: now) }
    delivery.storeChanged(after)
    allClear("the outbox takes data again", about: "outbox")
  }

  /// After a failure the transaction may have been committed all the same: the store says which frames it has. What it does not
  /// have may still stand in the file's log, and count once the file is opened anew (``takeUpFrames(behind:)``).
  private func readBack(_ error: OutboxStoreError, now: MonotonicTime) {
    guard error.kind != .damaged else {
      isStoreOpen = false
      return
    }
    guard let state = try? outside.store.state() else { return }
    pendingFrames.removeAll { $0.sequence <= state.lastFrame }
    stored = state
    delivery.storeChanged(state)
  }

  /// Turns the gathered scans into a frame with a number of its own, which it keeps over all attempts to commit it.
  ///
  /// - Parameter tellsLoss: together with a notice of what memory had no room for.
  func sealFrame(tellsLoss: Bool = true) {
    guard wasStoreOpen else { return }
    if builder.isEmpty { builderHasBootTimes = !clockTrust.isTrusted }
    if tellsLoss, let loss = memoryLoss, outbox.hasRoom {
      builder.append(loss.notice(lane: .telemetry, hasBootTimes: builderHasBootTimes))
      memoryLoss = nil
    }
    // Of a frame that has nothing but a notice without times.
    var time = keptTime(outside.clock.wall(), bootTime: outside.clock.monotonic())
    if !builderHasBootTimes { time = max(time, newestTime.max() ?? time) }
    guard
      var frame = builder.frame(
        sequence: nextSequence, catalogueID: catalogues.expectedNumber(builderCatalogue), time: time)
    else { return }
    frame.hasBootTimes = builderHasBootTimes
    catalogues.made(frame.sequence, with: builderCatalogue)
    nextSequence += 1
    pendingFrames.append(frame)
    builder.removeAll()
  }
}
