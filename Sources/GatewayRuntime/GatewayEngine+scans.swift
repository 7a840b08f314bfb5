import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

extension GatewayEngine {
  func took(_ arrived: DeviceScan, started: MonotonicTime, fault: String?, now: MonotonicTime) {
    guard let place = running.device(arrived.device) else {
      counters.scansSuperseded += 1
      return
    }
    if !clockTrust.isTrusted { lookAtClock(now: now) }
    var scan = arrived
    scan.device = place
    for note in treatments[scan.device].apply(to: &scan) {
      log.warning("\(catalogue.devices[scan.device].name): \(note)")
    }
    if !scan.texts.isEmpty { scan.sealTexts() }
    staleWatch.took(scan, now: now)
    let hasBootTime = !clockTrust.isTrusted
    // From the boot clock, because the wall clock may have been set between the start of the scan and now.
    scan.time = keptTime(wall(at: started, now: now), bootTime: started)
    // The wall clock may step back; the times of a tag never do.
    if !hasBootTime {
      scan.time = max(scan.time, newestTime[scan.device])
      newestTime[scan.device] = scan.time
    }
    let kept = scan
    // People and programs on the box see the wall clock as it is.
    if hasBootTime { scan.time = arrived.time }
    remember(scan)
    counters.scans += 1
    counters.samples += scan.readings.count
    for reading in scan.readings where reading.quality == .good { counters.goodSamples += 1 }
    reportHealth(of: scan.device, fault: fault, now: now)

    let definition = catalogue.devices[scan.device]
    let changes = rules.step(scan: scan, tags: definition.tags, now: now, minuteOfWeek: minuteOfWeek)
    publish(scan, definition, now: now)
    showTails(scan, definition)
    keep(kept, hasBootTime: hasBootTime, taken: started, now: now)
    raise(changes)
    act(on: changes, now: now)
    compute(with: scan, started: started, now: now)
  }

  /// Values grew old: told like a scan, with nothing but them.
  func tookStale(_ stale: DeviceScan, now: MonotonicTime) {
    let hasBootTime = !clockTrust.isTrusted
    var scan = stale
    scan.time = keptTime(stale.time, bootTime: now)
    if !hasBootTime {
      scan.time = max(scan.time, newestTime[scan.device])
      newestTime[scan.device] = scan.time
    }
    for (tag, reading) in stale.readings.enumerated() where reading.quality.level != .absent {
      latest[stale.device]?.readings[tag] = reading
    }
    let definition = catalogue.devices[scan.device]
    let changes = rules.step(scan: stale, tags: definition.tags, now: now, minuteOfWeek: minuteOfWeek)
    publish(stale, definition, now: now)
    showTails(stale, definition)
    keep(scan, hasBootTime: hasBootTime, taken: now, now: now)
    raise(changes)
    act(on: changes, now: now)
    compute(with: stale, started: now, now: now)
  }

  /// The newest reading of each tag; a tag that the scan says nothing of keeps the one before.
  private func remember(_ scan: DeviceScan) {
    var newest = scan
    if let before = latest[scan.device], scan.readings.contains(where: { $0.quality.level == .absent }) {
      for (tag, reading) in scan.readings.enumerated() where reading.quality.level == .absent {
        newest.readings[tag] = before.readings[tag]
        newest.texts[tag] = before.texts[tag]
      }
    }
    latest[scan.device] = newest
  }

  func keep(_ scan: DeviceScan, hasBootTime: Bool, taken: MonotonicTime, now: MonotonicTime) {
    guard outbox.hasRoom, isStoreOpen || waitingScanBytes < EngineLimits.waitingScanBytes else {
      return drop(scan, hasBootTime: hasBootTime, now: now)
    }
    outbox.appended(samples: scan.weight, now: now)
    guard isStoreOpen else {
      let waiting = WaitingScan(
        scan: scan, hasBootTime: hasBootTime, bootTime: Timestamp(milliseconds: taken.nanoseconds / 1_000_000),
        catalogue: catalogues.current)
      waitingScanBytes += waiting.bytes
      return waitingScans.append(waiting)
    }
    append(scan, hasBootTime: hasBootTime)
  }

  /// Into the frame that the next commit writes.
  func append(_ scan: DeviceScan, hasBootTime: Bool) {
    if hasBootTime != builderHasBootTimes { sealFrame() }
    builderHasBootTimes = hasBootTime
    builder.append(scan)
    if builder.weight >= OutboxPolicy.maximumFrameSamples { sealFrame() }
  }

  /// Memory is full because the store does not answer: the newest samples go, counted, and a notice will say so.
  private func drop(_ scan: DeviceScan, hasBootTime: Bool, now: MonotonicTime) {
    counters.samplesDropped += scan.readings.count
    var loss = memoryLoss ?? MemoryLoss(time: scan.time, hasBootTime: hasBootTime)
    loss.add(
      scan.readings.count, device: catalogue.devices[scan.device].name, time: scan.time, hasBootTime: hasBootTime)
    memoryLoss = loss
    warn(
      "the outbox does not take data and memory is full: \(counters.samplesDropped) samples dropped so far; check the disk",
      about: "memory full", now: now)
  }

  private func reportHealth(of device: Int, fault: String?, now: MonotonicTime) {
    let name = catalogue.devices[device].name
    deviceFaults[device] = fault
    // What is wrong with a whole bus is said once, for the bus.
    if busFaults[settings.devices[device].bus] != nil { return }
    if let fault {
      warn("\(name): \(fault)", about: "device \(name)", now: now)
    } else {
      allClear("\(name) answers again", about: "device \(name)")
    }
  }

  func busChanged(_ handle: Int, fault: String?, now: MonotonicTime) {
    guard let place = running.bus(handle) else { return }
    busFaults[place] = fault
    let name = settings.buses[place].name
    if let fault {
      warn("bus \(name) is down: \(fault)", about: "bus \(name)", now: now)
    } else {
      allClear("bus \(name) is up again", about: "bus \(name)")
    }
  }
}
