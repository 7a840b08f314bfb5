import AlarmStates
import GatewayConfiguration
import GatewayCore
import JSONText
import RuleEngine
import SerialSensors
import Telemetry

/// What `fieldgate status` shows, as JSON.
extension GatewayEngine {
  func writeStatus(to json: inout JSONWriter, now: MonotonicTime) {
    let time = outside.clock.wall()
    json.member("gateway", settings.gateway)
    json.member("version", version)
    json.member("time", time.iso8601)
    json.member("since", startedAt.iso8601)
    if let state = outside.keeper?.state { json.object("configuration") { state.write(to: &$0) } }
    json.object("broker") { writeBroker(to: &$0) }
    json.object("central") { writeCentral(to: &$0, now: now) }
    json.object("outbox") { writeOutbox(to: &$0, time: time, now: now) }
    json.array("buses") { json in
      for (place, bus) in buses.enumerated() { json.object { writeBus(bus, place, now: now, to: &$0) } }
    }
    json.object("alarms") { writeAlarms(to: &$0) }
    json.object("counters") { writeCounters(to: &$0) }
  }

  /// What `fieldgate devices` shows: the buses alone.
  func writeDevices(to json: inout JSONWriter, now: MonotonicTime) {
    json.array("buses") { json in
      for (place, bus) in buses.enumerated() { json.object { writeBus(bus, place, now: now, to: &$0) } }
    }
  }

  private func writeCentral(to json: inout JSONWriter, now: MonotonicTime) {
    let identity = settings.central == nil ? nil : outside.identity?.report
    let isEnrolled = identity?.state != .notEnrolled
    json.member(
      "state",
      isEnrolled ? delivery.linkName(isConfigured: settings.central != nil) : RenewalReport.State.notEnrolled.rawValue)
    json.member("url", ifPresent: settings.central?.url)
    if !isEnrolled { json.member("detail", "it needs a ticket of central's operator: sudo fieldgate enroll TICKET") }
    if let identity { json.object("certificate") { Self.write(identity, to: &$0, now: now) } }
    switch delivery.link {
    case .offline(let text, let retryAt), .refused(let text, let retryAt):
      json.member("detail", text)
      json.member("retry_in_seconds", max(0, (retryAt - now).wholeMilliseconds / 1_000))
    case .connecting, .online: break
    }
    json.object("positions") { json in
      for lane in Lane.allCases {
        json.member(lane.name, delivery.confirmedThrough(EpochLane(stored.epoch, lane)))
      }
    }
  }

  private static func write(_ identity: RenewalReport, to json: inout JSONWriter, now: MonotonicTime) {
    json.member("state", identity.state.rawValue)
    if let certificate = identity.certificate {
      json.member("serial", certificate.serial)
      json.member("not_before", Timestamp(milliseconds: certificate.notBefore * 1_000).iso8601)
      json.member("not_after", Timestamp(milliseconds: certificate.notAfter * 1_000).iso8601)
      json.member("renewal", Timestamp(milliseconds: certificate.renewal * 1_000).iso8601)
    }
    json.member("problem", ifPresent: identity.problem)
    if let retryAt = identity.retryAt {
      json.member("retry_in_seconds", max(0, (retryAt - now).wholeMilliseconds / 1_000))
    }
  }

  private func writeBus(_ bus: any BusObserver, _ place: Int, now: MonotonicTime, to json: inout JSONWriter) {
    let report = bus.current
    let statistics = report.statistics
    json.member("name", bus.name)
    json.member("type", settings.buses[place].kind.typeName)
    json.member("up", statistics.isBusUp)
    json.member("fault", ifPresent: busFaults[place])
    if !statistics.isBusUp, let retryAt = statistics.retryAt {
      json.member("retry_in_seconds", max(0, (retryAt - now).wholeMilliseconds + 999) / 1_000)
    }
    json.member("requests", statistics.requests)
    json.member("failed_requests", statistics.failedRequests)
    json.object("failures") { json in
      for (reason, count) in statistics.failures.sorted(by: { $0.key.code < $1.key.code }) {
        json.member(reason.name, count)
      }
    }
    json.member("scans", statistics.scansDelivered)
    json.member("scans_late", statistics.scansLate)
    json.member("scans_skipped", statistics.scansSkipped)
    json.member("scans_dropped", report.scansDropped)
    json.member("reconnects", statistics.reconnects)
    json.member("load", Self.rounded(statistics.load))
    json.member("busy_ms", statistics.busyTime.wholeMilliseconds)
    json.member("late_replies", statistics.lateReplies)
    json.member("wrong_unit_replies", statistics.wrongUnitReplies)
    if let serial = report.serial { json.object("serial") { serial.write(to: &$0) } }
    json.array("devices") { json in
      for (index, device) in settings.devices.enumerated() where device.bus == place {
        let health = report.health[running.deviceHandles[index]]
        json.object { json in
          json.member("name", device.name)
          if let serial = device.serial {
            json.member("format", serial.formatName)
            json.member("identity", ifPresent: report.serial?.identities[running.deviceHandles[index]])
          } else if settings.buses[place].kind != .computed {
            json.member("unit", device.unit)
          }
          json.member("every_ms", device.scanInterval.wholeMilliseconds)
          // The bus may hold it at less than the alarm asks for.
          json.member("watched_every_ms", ifPresent: health?.watchedInterval?.wholeMilliseconds)
          json.member("tags", device.tags.count)
          json.member("quality", latest[index].map { ScanMessage.worstLevel($0).name } ?? "waiting")
          json.member("bad_tags", latest[index]?.readings.count { $0.quality.level == .bad } ?? 0)
          json.member("last_scan", ifPresent: latest[index]?.time.iso8601)
          json.member("last_good", ifPresent: health?.lastGood?.iso8601)
          json.member("fault", ifPresent: deviceFaults[index])
          if let health { Self.writeAnswers(of: health, to: &json) }
        }
      }
    }
  }

  /// How a device answers: what `docs/formats/local-api.md` calls its figures.
  private static func writeAnswers(of health: DeviceHealth, to json: inout JSONWriter) {
    json.member("silent", health.isSilent)
    json.member("requests", health.requests)
    json.member("replies", health.replies)
    json.member("success_rate", ifPresent: health.successRate.map(rounded))
    json.member("damaged_replies", health.damagedReplies)
    if let unit = health.wrongUnit {
      json.member("wrong_unit_replies", health.wrongUnitReplies)
      json.member("answered_by", unit)
    }
    guard health.responses.count > 0 else { return }
    json.object("response_ms") { json in
      for percent in [50, 90, 99] {
        let time = health.responses.percentile(percent) ?? .zero
        json.member("p\(percent)", Double(time.wholeNanoseconds / 10_000) / 100)
      }
    }
  }

  /// To four digits after the point.
  private static func rounded(_ fraction: Double) -> Double { (fraction * 10_000).rounded() / 10_000 }

  func writeAlarms(to json: inout JSONWriter) {
    json.array("rules") { json in
      for (place, status) in rules.statuses.enumerated() {
        json.object { json in
          json.member("alarm", status.rule.name)
          json.member("active", status.monitor.isActive)
          json.member("pending", status.delay == .on)
          json.member("returning", status.delay == .off)
          // The condition is unknown, so the state is what it was before.
          json.member("held", status.monitor.isHeld)
          if status.monitor.isHeld {
            json.member("held_because", status.holds.map(\.sentence).joined(separator: ", "))
            json.array("missing") { json in for tag in status.missing { json.string(tag) } }
          }
          json.member("suppressed", status.monitor.isSuppressed)
          json.member("tag", status.rule.tagName)
          json.member("severity", status.rule.severity.name)
          json.member("value", orNull: status.lastValue)
          if let learning = rules.learning(place) {
            json.object("anomaly") { json in
              json.member("phase", learning.phase)
              json.member("learned", (learning.progress * 1_000).rounded() / 1_000)
            }
          }
          let record = alarms[status.rule.name]
          json.member("since", ifPresent: record?.since?.iso8601)
          json.member("message", ifPresent: record?.since == nil ? nil : record?.message)
          writeState(of: status.rule.name, to: &json)
        }
      }
    }
    writeOtherAlarms(to: &json)
  }

  private func writeCounters(to json: inout JSONWriter) {
    json.member("scans", counters.scans)
    json.member("scans_superseded", counters.scansSuperseded)
    json.member("reloads", counters.reloads)
    json.member("samples", counters.samples)
    json.member("good_samples", counters.goodSamples)
    json.member("samples_dropped", counters.samplesDropped)
    json.member("alarm_events", counters.alarmEvents)
    json.member("alarm_events_dropped", counters.alarmEventsDropped)
    json.member("commits", counters.commits)
    json.member("failed_commits", counters.failedCommits)
    json.member("batches_cut", counters.batchesCut)
    json.member("requests_to_central", counters.requestsSent)
    json.member("bytes_to_central", counters.bytesSent)
    json.object("messages") { json in
      for outcome in PublishOutcome.allCases { json.member(outcome.rawValue, counters.messages[outcome, default: 0]) }
    }
  }
}

extension ConfigurationState {
  fileprivate func write(to json: inout JSONWriter) {
    json.member("file", path)
    json.member("loaded", loaded.iso8601)
    json.member("changed_since", isChangedSince)
    json.array("needs_restart") { json in for text in needsRestart { json.string(text) } }
    json.member("failure", ifPresent: failure)
  }
}
