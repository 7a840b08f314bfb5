import AlarmStates
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// Another configuration for the running engine (`docs/reload.md`).
extension GatewayEngine {
  /// The switch, between two events: what was scanned before is filed under the old catalogue, what comes after it under the
  /// new one. It touches no disk, so it cannot fail half-way.
  func reconfigure(_ new: Reconfiguration, now: MonotonicTime) {
    guard catalogues.count < EngineLimits.waitingCatalogues else {
      return new.finished(
        "the outbox takes no data, and frames of \(catalogues.count) configurations wait for it in memory; look at: "
          + "fieldgate outbox")
    }
    let old = running
    // Delays that ran out so far belong to the old rules.
    raise(rules.expire(now: now, time: outside.clock.wall(), minuteOfWeek: minuteOfWeek))
    running = new.configuration
    buses = new.buses
    catalogue = settings.catalogue
    catalogues.follow(catalogue)
    build(with: catalogues.current)
    moveDevices(from: old, now: now)
    moveBuses(from: old)
    for client in tails.keys { tails[client] = tails[client]?.moved(to: catalogue) }
    judgeByNewRules(old, now: now)
    applyLimits()
    // Devices may have other handles.
    let watched = Set(closeWatches.keys)
    closeWatches = [:]
    watchDevices(alsoTelling: watched)
    commands.machine.reconfigure(devices: CommandDesk.devices(running))
    replaceConnections(new, now: now)
    counters.reloads += 1
    nextStatus = now
    new.finished(nil)
  }

  /// What is known of a device goes with it to its new place.
  private func moveDevices(from old: RunningConfiguration, now: MonotonicTime) {
    let before = running.deviceHandles.map { old.device($0) }
    // A device that comes back after another reload must not go behind what it gave then (promise G4).
    let floor = newestTime.max() ?? Timestamp(milliseconds: .min)
    retiredTime = max(retiredTime, floor)
    latest = before.map { place in place.flatMap { latest[$0] } }
    for (place, known) in before.enumerated() where known != nil { latest[place]?.device = place }
    newestTime = before.map { place in place.map { newestTime[$0] } ?? retiredTime }
    // Counters go on where a device is as it was.
    treatments = zip(before, settings.devices.indices).map { known, place in
      if let known, old.settings.devices[known].tags == settings.devices[place].tags { return treatments[known] }
      return ScanTreatment(catalogue.devices[place], settings.devices[place].tags.map(\.treatment))
    }
    watchAges(now: now)
    moveComputed(from: old, now: now)
    var faults: [Int: String] = [:]
    for (place, known) in before.enumerated() { faults[place] = known.flatMap { deviceFaults[$0] } }
    deviceFaults = faults
    for name in Set(old.settings.devices.map(\.name)).subtracting(settings.devices.map(\.name)) {
      _ = logLimiter.clear(subject: "device \(name)")
    }
  }

  /// Ages count from the reload on: a value becomes stale a little later than it would have.
  private func watchAges(now: MonotonicTime) {
    staleWatch = StaleWatch(limits: settings.devices.map(\.staleLimits))
    for scan in latest { if let scan { staleWatch.took(scan, now: now) } }
  }

  private func moveBuses(from old: RunningConfiguration) {
    var faults: [Int: String] = [:]
    for (place, handle) in running.busHandles.enumerated() {
      faults[place] = old.bus(handle).flatMap { busFaults[$0] }
    }
    busFaults = faults
    for name in Set(old.settings.buses.map(\.name)).subtracting(settings.buses.map(\.name)) {
      _ = logLimiter.clear(subject: "bus \(name)")
    }
  }

  private func judgeByNewRules(_ old: RunningConfiguration, now: MonotonicTime) {
    rules = rules.continued(with: settings.rules, now: now) { tag in
      running.device(old.deviceHandles[tag.device]).map { TagIndex(device: $0, tag: tag.tag) }
    }
    alarms.settings = settings.alarmBookSettings
    tell(alarms.redefine(settings.alarmDefinitions, now: now, time: alarmTime(outside.clock.wall())))
    // Their topics are forgotten (``announce(now:)``), so nothing more is published under them.
    unpublishedAlarms.formIntersection(alarmNames)
  }

  private func applyLimits() {
    outbox.policy = settings.outboxPolicy
    let diskFreeBytes = outbox.space.diskFreeBytes
    outbox.space = settings.outboxSpace
    outbox.space.diskFreeBytes = diskFreeBytes
    if settings.central?.quietHours == nil { delivery.pauseTelemetry(until: nil) }
    deliveryDeadline = .zero
  }

  private func replaceConnections(_ new: Reconfiguration, now: MonotonicTime) {
    defer {
      publishing = PublishingState(
        settings, alarms: settings.rules.map(\.name) + [Self.capacityAlarm], floods: alarms.floodNames,
        version: version)
      // By the new topics, whichever connection it is.
      subscribe()
      // With topics to be forgotten, and entities that are new to Home Assistant.
      if outside.broker != nil, brokerState == .connected { announce(now: now) }
    }
    if case .replaced(let broker) = new.broker {
      // Under the old topics: the old broker would keep our last status for ever.
      publishFarewell()
      outside.broker = broker
      brokerState = .disconnected(broker == nil ? "not configured" : "not connected yet")
      _ = logLimiter.clear(subject: "broker")
    }
    replaceCentral(new.central)
  }

  /// What was under way over the old connection is asked about over the new one.
  func replaceCentral(_ new: Reconfiguration.Part<any CentralLink>) {
    guard case .replaced(let central) = new else { return }
    outside.central = central
    delivery.linkReplaced()
    outbox.centralChanged(isOnline: false)
    _ = logLimiter.clear(subject: "central")
  }
}
