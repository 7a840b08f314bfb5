public import AlarmStates
import BatchCodec
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// Alarms: from rules and people into the book, and from there into the record and before people (`docs/alarms.md`).
extension GatewayEngine {
  /// Alarms whose cause holds, those of the gateway itself included.
  public var activeAlarms: Set<String> { alarms.active }

  /// Every alarm that is not simply normal, by name: its state and who has seen it. What central's picture must equal.
  public var alarmPicture: [String: AlarmStanding] {
    Dictionary(alarms.all.map { ($0.name, $0.standing) }) { first, _ in first }
  }

  // MARK: Into the record

  /// The time of an event that happens now, or happened at `wall` by the wall clock: events of one gateway stay in order
  /// even when rules of several devices change at different wall-clock times.
  func alarmTime(_ wall: Timestamp) -> Timestamp {
    guard clockTrust.isTrusted else { return keptTime(wall, bootTime: outside.clock.monotonic()) }
    return max(wall, newestAlarm)
  }

  /// Gives an event its time and lets it wait for the next commit, which is at once.
  func admit(_ arrived: AlarmEvent) -> AlarmEvent {
    var event = arrived
    event.time = alarmTime(event.time)
    enter(event)
    return event
  }

  /// - Parameter isTold: it says a state again. Then it is taken in any case: there are only so many, and a notice that some
  ///   had no room would be the reason to tell all of them again.
  private func enter(_ event: AlarmEvent, isTold: Bool = false) {
    let hasBootTime = !clockTrust.isTrusted
    if !hasBootTime { newestAlarm = max(newestAlarm, event.time) }
    counters.alarmEvents += 1
    alarmHistory.append(event)
    outbox.alarmAppended()
    // What comes behind a gap waits until the notice of it has its place.
    guard isTold || hasRoomForAlarms else { return drop(event, hasBootTime) }
    if isTold { toldAlarmsWaiting += 1 }
    if hasBootTime != alarmsHaveBootTimes { sealAlarms() }
    alarmsHaveBootTimes = hasBootTime
    pendingAlarms.append(event)
  }

  /// Whether an event is kept. What a store that answers takes with its next commit has no limit but what may happen in one turn.
  var hasRoomForAlarms: Bool {
    guard alarmLoss == nil else { return false }
    if isStoreOpen, !outbox.isFailing { return true }
    let waiting = alarmsWaiting
    return waiting - min(toldAlarmsWaiting, waiting) < outside.memory.alarmEvents
  }

  /// Memory is full because the store does not answer: the newest events go, counted. A notice will say so, with which
  /// central forgets what it knows of the alarms, and then the state of each is told again.
  private func drop(_ event: AlarmEvent, _ hasBootTime: Bool) {
    counters.alarmEventsDropped += 1
    if !wasStoreOpen { alarmsWithDroppedEvents.insert(event.alarm) }
    var loss = alarmLoss ?? MemoryLoss(time: event.time, hasBootTime: hasBootTime)
    loss.add(1, time: event.time, hasBootTime: hasBootTime)
    alarmLoss = loss
    warn(
      "the outbox does not take data and memory is full: \(counters.alarmEventsDropped) alarm events dropped so far, "
        + "their states are told once it does; check the disk",
      about: "memory full of alarms", now: outside.clock.monotonic())
  }

  /// Frames of what waits, and behind it the notice of what had no room: in the transaction that keeps the alarms' rows, which
  /// know of it already. More that is dropped before that transaction ends well is told by another notice behind it.
  func sealAlarms() {
    guard isStoreOpen else { return }
    var rest = pendingAlarms[...]
    while !rest.isEmpty {
      let events = Array(rest.prefix(EngineLimits.alarmsInFrame))
      rest = rest.dropFirst(events.count)
      sealAlarmFrame(events: events, first: events[0].time, last: events[events.count - 1].time)
    }
    pendingAlarms.removeAll(keepingCapacity: true)
    let isNoticeWaiting = pendingFrames.contains { $0.lane == .alarms && $0.sampleCount == 0 }
    guard let loss = alarmLoss, !isNoticeWaiting else { return }
    alarmsHaveBootTimes = !clockTrust.isTrusted
    let notice = loss.notice(lane: .alarms, hasBootTimes: alarmsHaveBootTimes)
    let known = notice.lastTime ?? alarmTime(outside.clock.wall())
    sealAlarmFrame(losses: [notice], first: notice.firstTime ?? known, last: known)
    alarmLoss = nil
  }

  private func sealAlarmFrame(
    events: [AlarmEvent] = [], losses: [LossNotice] = [], first: Timestamp, last: Timestamp
  ) {
    pendingFrames.append(
      PendingFrame(
        sequence: nextSequence, lane: .alarms, sampleCount: events.count, firstTime: first, lastTime: last,
        hasBootTimes: alarmsHaveBootTimes,
        bytes: FrameCodec.encode(events, losses: losses)))
    nextSequence += 1
  }

  /// What rules found out goes into the book.
  func raise(_ changes: [AlarmEvent]) {
    let now = outside.clock.monotonic()
    for change in changes {
      var event = change
      event.time = alarmTime(event.time)
      tell(alarms.take(event, now: now))
    }
  }

  /// What the book says goes into the alarms lane, which is committed at once, to viewers, and where it is to be heard.
  func tell(_ outcome: AlarmOutcome) {
    for news in outcome.news {
      let event = news.event
      enter(event)
      if news.isAnnunciated {
        log.notice("alarm \(event.alarm) \(event.transition.name): \(event.message)")
      } else {
        log.debug("alarm \(event.alarm) \(event.transition.name), not annunciated: \(event.message)")
      }
      showTails(event)
    }
    unpublishedAlarms.formUnion(outcome.presented)
    unsavedAlarms.formUnion(alarms.takeChanges())
    if !outcome.news.isEmpty { watchDevices() }
  }

  // MARK: Time

  func expireAlarms(now: MonotonicTime) {
    if alarms.deadline <= now {
      tell(alarms.expire(now: now, time: alarmTime(outside.clock.wall())))
    }
    guard nextShelfSave <= now else { return }
    nextShelfSave = alarms.hasShelved ? now + EngineLimits.shelfInterval : .never
    // So that a power cut does not begin the time of shelving anew.
    unsavedAlarms.formUnion(alarms.all.filter { $0.shelfEnd != nil }.map(\.name))
    if !unsavedAlarms.isEmpty { outbox.alarmAppended() }
  }

  // MARK: The store

  /// Alarms whose rows are not what the book says; nothing is lost when they are written again.
  func saveAlarms(in transaction: inout OutboxTransaction, now: MonotonicTime) {
    for name in unsavedAlarms.sorted() {
      if let saved = alarms.saved(name, now: now) {
        transaction.alarms.append(saved)
      } else {
        transaction.forgottenAlarms.append(name)
      }
    }
    if alarms.hasShelved { nextShelfSave = now + EngineLimits.shelfInterval }
  }

  /// The store was opened for the first time: what it knows goes before what happened since the start. Alarms that rose
  /// before it could be opened may have been active before the start, and are not raised twice.
  func beginAlarms(_ saved: [SavedAlarm], now: MonotonicTime) {
    let early = alarms
    alarms = AlarmBook(
      definitions: settings.alarmDefinitions, settings: settings.alarmBookSettings, saved: saved, now: now)
    pendingAlarms = pendingAlarms.compactMap { event in
      event.transition == .written ? event : alarms.replay(event, of: early)
    }
    followDropped(early, now: now)
    // Rules that are gone from the configuration.
    tell(alarms.redefine(settings.alarmDefinitions, now: now, time: alarmTime(outside.clock.wall())))
    if alarms.hasShelved { nextShelfSave = now }
    // The broker may have been told already how things stood without the store.
    unpublishedAlarms.formUnion(alarms.all.map(\.name))
  }

  /// Events that were dropped cannot be entered again, and alarms must be as rules know them: what they changed is done
  /// once more, and dropped from the record as they were.
  private func followDropped(_ early: AlarmBook, now: MonotonicTime) {
    let time = alarmTime(outside.clock.wall())
    for name in alarmsWithDroppedEvents.sorted() { tell(alarms.follow(name, of: early, time: time, now: now)) }
    alarmsWithDroppedEvents = []
  }

  /// Central may not know what alarms there are, and forgets what it knew (``OutboxState/owesAlarmStates``): each state
  /// is told again, once. They wait in memory like all alarms; the commit that takes them says that nothing is owed any
  /// more.
  func tellOwedAlarmStates() {
    guard isStoreOpen, stored.owesAlarmStates else { return toldAlarmStates = false }
    guard !toldAlarmStates else { return }
    toldAlarmStates = true
    for event in alarms.restatement(time: alarmTime(outside.clock.wall()), undoing: waitingAlarms()) {
      enter(event, isTold: true)
      showTails(event)
    }
  }

  /// Alarms of which something waits to be delivered. Batches of an epoch that was given up stand behind newer ones of the
  /// present epoch, and what salvage found has gaps: either may say last of an alarm what is not so any more.
  private func waitingAlarms() -> Set<String> {
    let row = EpochLane(stored.epoch, .alarms)
    let lane = stored[.alarms]
    var names = (try? outside.store.alarmsInFrames()) ?? []
    var next = lane.confirmedThrough + 1
    while next <= lane.cutThrough {
      guard
        let found = try? outside.store.batches(row, from: next, through: lane.cutThrough, maximumBytes: 1 << 20),
        let through = found.through, through >= next
      else { break }
      var rest = found.bytes[...]
      while !rest.isEmpty, let (_, length) = try? BatchCodec.readHeader(rest) {
        if case .alarms(let events, _)? = try? BatchCodec.decode(rest.prefix(length)).content {
          names.formUnion(events.map(\.alarm))
        }
        rest = rest.dropFirst(length)
      }
      next = through + 1
    }
    return names
  }

  /// Times of the boot clock in the book get their places, as those in frames do.
  func placeAlarms(_ offset: Duration) {
    alarms.place(offset) { $0.milliseconds < ClockTrust.earliest.milliseconds }
    unsavedAlarms.formUnion(alarms.takeChanges())
  }
}
