import GatewayConfiguration
import GatewayCore
import JSONText
import RuleEngine
import Telemetry

/// What `fieldgate status` shows, as JSON.
extension GatewayEngine {
  func writeStatus(to json: inout JSONWriter, now: MonotonicTime) {
    let time = outside.clock.wall()
    json.member("gateway", settings.gateway)
    json.member("version", version)
    json.member("time", time.iso8601)
    json.member("since", startedAt.iso8601)
    json.object("broker") { writeBroker(to: &$0) }
    json.object("central") { writeCentral(to: &$0, now: now) }
    json.object("outbox") { writeOutbox(to: &$0, time: time, now: now) }
    json.array("buses") { json in
      for bus in buses { json.object { writeBus(bus, to: &$0) } }
    }
    json.object("alarms") { writeAlarms(to: &$0) }
    json.object("counters") { writeCounters(to: &$0) }
  }

  private func writeBroker(to json: inout JSONWriter) {
    guard let broker = settings.broker else { return json.member("state", "not configured") }
    json.member("address", "\(broker.host):\(broker.port)")
    switch brokerState {
    case .connected: json.member("state", "connected")
    case .disconnected(let text):
      json.member("state", "disconnected")
      json.member("detail", text)
    }
    if let statistics = outside.broker?.statistics { writeBroker(statistics, to: &json) }
  }

  private func writeBroker(_ statistics: BrokerStatistics, to json: inout JSONWriter) {
    json.member("protocol", ifPresent: statistics.protocolVersion.isEmpty ? nil : statistics.protocolVersion)
    json.member("connections", statistics.connections)
    json.array("subscriptions") { json in
      for subscription in statistics.subscriptions {
        json.object { json in
          json.member("filter", subscription.filter)
          switch subscription.state {
          case .waiting: json.member("state", "waiting")
          case .granted: json.member("state", "granted")
          case .refused(let text):
            json.member("state", "refused")
            json.member("detail", text)
          }
        }
      }
    }
    json.object("received") { json in
      json.member("messages", statistics.received)
      json.member("unknown", counters.messagesUnknown)
      json.member("too large", statistics.receivedTooLarge)
      json.member("queue full", statistics.receivedQueueFull)
    }
    json.member("lost_with_connection", statistics.lostWithConnection)
    json.member("refused_by_broker", statistics.refusedByBroker)
  }

  private func writeCentral(to json: inout JSONWriter, now: MonotonicTime) {
    json.member("state", delivery.linkName(isConfigured: settings.central != nil))
    json.member("url", ifPresent: settings.central?.url)
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

  private func writeBus(_ bus: any BusObserver, to json: inout JSONWriter) {
    let report = bus.current
    let statistics = report.statistics
    json.member("name", bus.name)
    json.member("up", statistics.isBusUp)
    json.member("fault", ifPresent: busFaults[bus.index])
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
    json.array("devices") { json in
      for (index, device) in settings.devices.enumerated() where device.bus == bus.index {
        json.object { json in
          json.member("name", device.name)
          json.member("unit", device.unit)
          json.member("every_ms", device.scanInterval.wholeMilliseconds)
          json.member("tags", device.tags.count)
          json.member("quality", latest[index].map { ScanMessage.worstLevel($0).name } ?? "waiting")
          json.member("last_scan", ifPresent: latest[index]?.time.iso8601)
          json.member("last_good", ifPresent: report.health[index]?.lastGood?.iso8601)
          json.member("fault", ifPresent: deviceFaults[index])
          if let health = report.health[index] { Self.writeAnswers(of: health, to: &json) }
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
      for monitor in rules.states {
        json.object { json in
          json.member("alarm", monitor.rule.name)
          json.member("active", monitor.state == .active)
          json.member("pending", monitor.deadline != nil)
          // The last readings had no value, so the state is what it was before.
          json.member("held", monitor.isHeld)
          json.member("tag", monitor.rule.tagName)
          json.member("severity", monitor.rule.severity.name)
          json.member("value", orNull: monitor.lastValue)
          json.member("since", ifPresent: alarmTexts[monitor.rule.name]?.time.iso8601)
          json.member("message", ifPresent: alarmTexts[monitor.rule.name]?.message)
        }
      }
    }
  }

  private func writeCounters(to json: inout JSONWriter) {
    json.member("scans", counters.scans)
    json.member("samples", counters.samples)
    json.member("good_samples", counters.goodSamples)
    json.member("samples_dropped", counters.samplesDropped)
    json.member("alarm_events", counters.alarmEvents)
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
