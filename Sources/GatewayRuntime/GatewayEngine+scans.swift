import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

extension GatewayEngine {
  func took(_ arrived: DeviceScan, fault: String?, now: MonotonicTime) {
    var scan = arrived
    // The wall clock may step back; the times of a tag never do.
    scan.time = max(scan.time, newestTime[scan.device])
    newestTime[scan.device] = scan.time
    latest[scan.device] = scan
    counters.scans += 1
    counters.samples += scan.readings.count
    for reading in scan.readings where reading.quality == .good { counters.goodSamples += 1 }
    reportHealth(of: scan.device, fault: fault, now: now)

    let definition = catalogue.devices[scan.device]
    let changes = rules.step(scan: scan, tags: definition.tags, now: now)
    publish(scan, definition, now: now)
    showTails(scan, definition)
    keep(scan, now: now)
    raise(changes)
  }

  private func keep(_ scan: DeviceScan, now: MonotonicTime) {
    guard outbox.hasRoom else {
      counters.samplesDropped += scan.readings.count
      warn(
        "the outbox does not take data and memory is full: \(counters.samplesDropped) samples dropped so far; check the disk",
        about: "memory full", now: now)
      return
    }
    builder.append(scan)
    outbox.appended(samples: scan.readings.count, now: now)
    if builder.sampleCount >= OutboxPolicy.maximumFrameSamples { sealFrame() }
  }

  /// Turns the gathered scans into a frame with a number of its own, which it keeps over all attempts to commit it.
  func sealFrame() {
    guard let frame = builder.frame(sequence: nextSequence, catalogueID: catalogueID) else { return }
    nextSequence += 1
    pendingFrames.append(frame)
    builder.removeAll()
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

  func busChanged(_ index: Int, fault: String?, now: MonotonicTime) {
    busFaults[index] = fault
    let name = buses[index].name
    if let fault {
      warn("bus \(name) is down: \(fault)", about: "bus \(name)", now: now)
    } else {
      allClear("bus \(name) is up again", about: "bus \(name)")
    }
  }

  /// Alarm changes: to the broker, to the viewers, and into the alarms lane, which is committed at once.
  func raise(_ changes: [AlarmEvent]) {
    for var event in changes {
      // Events of one gateway stay in order even when rules of several devices change at different wall-clock times.
      event.time = max(event.time, newestAlarm)
      newestAlarm = event.time
      counters.alarmEvents += 1
      pendingAlarms.append(event)
      outbox.alarmAppended()
      alarmTexts[event.alarm] = event
      unpublishedAlarms.insert(event.alarm)
      log.notice("alarm \(event.alarm) \(event.transition.name): \(event.message)")
      showTails(event)
    }
  }

  /// An alarm that was active when its rule was taken out of the configuration ends, so that central's state agrees.
  func clearAlarmsWithoutRule(now: MonotonicTime) {
    let known = Set(settings.rules.map(\.name))
    raise(
      stored.activeAlarms.filter { !known.contains($0) }.map {
        AlarmEvent(
          time: outside.clock.wall(), alarm: $0, tag: "", transition: .cleared, severity: .low, value: nil,
          message: "the rule was removed from the configuration")
      })
  }
}
