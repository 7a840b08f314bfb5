import AlarmStates
import BatchCodec
import Telemetry

/// Compares what central holds with what happened, and names every difference that the promises do not allow.
struct Checker {
  private let evidence: Evidence
  private let history: History

  /// What central holds of one gateway, in the order in which it was committed.
  private struct Held {
    var samples: [(device: String, time: Timestamp, scan: Int64, value: Int64, level: Int64)] = []
    var aggregates: [(device: String, begin: Int64, end: Int64, low: Int64, high: Int64, count: Int64)] = []
    var losses: [LossNotice] = []
    var alarms: [AlarmEvent] = []
    /// Alarms that are active by the events since the states were last told anew.
    var activeAlarms: Set<String> = []
    /// What the events of each alarm add up to, since the states were last told anew.
    var standings: [String: AlarmStanding] = [:]
    /// Newest time of each device so far.
    var newest: [String: Timestamp] = [:]
  }

  init(_ evidence: Evidence, _ history: History) {
    self.evidence = evidence
    self.history = history
  }

  func judge() {
    let held = gather()
    for gateway in evidence.gateways {
      guard let waiting = gateway.waiting else { continue }
      history.report(
        .noProgress, "\(gateway.series): an hour after all faults ended, something still waits: \(waiting)")
    }
    for name in Set(evidence.gateways.map(\.name)).sorted() {
      let found = held[name] ?? Held()
      let series = evidence.gateways.filter { $0.name == name }.map(\.series)
      judgeSamples(found, series, name)
      judgeNotices(found, series, name)
      judgeUnheld(found, series, name)
      judgeAlarms(found, name)
    }
    for problem in evidence.problems where !isExcused(problem) { history.report(.damagedStore, problem) }
  }

  /// Two gateways of one name interleave their alarms; a store that was restored or damaged tells its alarms again.
  private func isExcused(_ problem: String) -> Bool {
    let hasOtherPast = !(history.cloned.isEmpty && history.rollbacks.isEmpty)
    return problem.contains("time of") && hasOtherPast
      || problem.contains("is raised twice in a row")
        && (hasOtherPast || !history.damagedAt.isEmpty || history.centralRestored)
  }

  private func gather() -> [String: Held] {
    var held: [String: Held] = [:]
    var positions: [String: UInt64] = [:]
    for row in evidence.rows {
      let key = "\(row.gateway) \(row.epoch) \(row.lane.name)"
      if row.first > (positions[key] ?? 0) + 1 {
        history.report(.unaccountedGap, "\(key): \(row.first) after \(positions[key] ?? 0)")
      }
      positions[key] = row.last
      take(row, into: &held[row.gateway, default: Held()])
    }
    return held
  }

  private func take(_ row: Evidence.Row, into held: inout Held) {
    let gateway = row.gateway
    switch row.content {
    case .alarms(let events, let losses):
      held.alarms += events
      // In a new epoch, and after a loss, all states are told again: what is not told is no alarm any more.
      if row.first == 1 || !losses.isEmpty {
        held.activeAlarms.removeAll()
        held.standings.removeAll()
      }
      for event in events where event.transition != .written {
        held.standings[event.alarm, default: AlarmStanding()].apply(event)
      }
      for event in events where event.transition.isActivity {
        if event.transition == .raised || event.transition == .raisedAgain {
          held.activeAlarms.insert(event.alarm)
        } else {
          held.activeAlarms.remove(event.alarm)
        }
      }
      held.losses += losses
    case .telemetry(let catalogue, let blocks, let aggregates, let losses):
      held.losses += losses
      for loss in losses { judgeAge(loss, row) }
      for block in blocks { take(block, catalogue.devices[block.device].name, into: &held, gateway) }
      for block in aggregates {
        let device = catalogue.devices[block.device].name
        for (row, time) in block.times.enumerated() {
          let scans = block.columns[0]
          guard scans.counts[row] > 0 else { continue }
          held.aggregates.append(
            (
              device, time.milliseconds, time.milliseconds + block.periodMilliseconds, scans.minimums[row],
              scans.maximums[row], scans.counts[row]
            ))
        }
      }
    }
  }

  private func take(_ block: DeviceColumns, _ device: String, into held: inout Held, _ gateway: String) {
    for (row, time) in block.times.enumerated() {
      if let before = held.newest[device], time < before, !mayGoBack(gateway) {
        history.report(.invertedOrder, "\(gateway)/\(device): time \(time.milliseconds) after \(before.milliseconds)")
      }
      held.newest[device] = max(held.newest[device] ?? time, time)
      guard block.columns[0].qualities[row].hasValue else { continue }
      held.samples.append(
        (device, time, block.columns[0].bits[row], block.columns[1].bits[row], block.columns[2].bits[row]))
    }
  }

  /// A store that was copied or set back sends some things again, and late.
  private func repeats(_ gateway: String) -> Bool {
    history.cloned.contains(gateway) || history.rollbacks[gateway] != nil
  }

  /// Also a damaged store of which not even the newest time could be read, while the clock is not right.
  private func mayGoBack(_ gateway: String) -> Bool {
    repeats(gateway) || evidence.clocksVary && history.damagedAt[gateway] != nil
  }

  private func judgeSamples(_ held: Held, _ series: [String], _ name: String) {
    var there: [History.SampleKey: Int] = [:]
    var newest: [String: Int64] = [:]
    let repeats = repeats(name) || series.contains { history.rollbacks[$0] != nil }
    for sample in held.samples {
      let origin = series.first {
        SimulatedFieldDevice.value(seed: evidence.seed, key: "\($0)/\(sample.device)", scan: sample.scan)
          == sample.value
      }
      let title = "\(name)/\(sample.device) scan \(sample.scan)"
      guard let origin, sample.level == SimulatedFieldDevice.level(sample.scan) else {
        history.report(.corrupt, "\(title) has value \(sample.value), level \(sample.level)")
        // It is there, if spoilt: not lost as well.
        for line in series { there[.init(gateway: line, device: sample.device, scan: sample.scan), default: 0] += 1 }
        continue
      }
      if sample.scan > history.scans["\(origin)/\(sample.device)"] ?? 0 {
        history.report(.phantom, "\(title): the device never gave it")
      }
      let key = History.SampleKey(gateway: origin, device: sample.device, scan: sample.scan)
      there[key, default: 0] += 1
      if there[key]! > 1, !repeats { history.report(.duplicate, "\(title) is at central \(there[key]!) times") }
      let line = "\(origin)/\(sample.device)"
      if let before = newest[line], sample.scan < before, !repeats {
        history.report(.invertedOrder, "\(title) came after scan \(before)")
      }
      newest[line] = max(newest[line] ?? 0, sample.scan)
    }
    judgeMissing(held, there, series, name)
  }

  private func judgeMissing(_ held: Held, _ there: [History.SampleKey: Int], _ series: [String], _ name: String) {
    var named = 0
    for (key, accepted) in history.accepted where series.contains(key.gateway) && there[key] == nil {
      guard !isThinned(key, held) else { continue }
      guard !isNamed(key, accepted, held) else {
        named += 1
        continue
      }
      // What a store held that was rolled back is gone with it, unless it had been sent.
      if (history.rollbacks[key.gateway] ?? []).contains(where: { $0.from <= accepted.at && accepted.at <= $0.to }) {
        continue
      }
      history.report(
        .lost,
        "\(key.gateway)/\(key.device) scan \(key.scan) of \(accepted.time.milliseconds), accepted at "
          + "\(accepted.at.nanoseconds / 1_000_000) ms; notices: "
          + held.losses.map { "\($0.reason.name) \($0.firstTime?.milliseconds ?? 0)-\($0.lastTime?.milliseconds ?? 0)" }
          .joined(separator: ", "))
    }
    // Notices that say how much must say enough.
    let told = held.losses.reduce(UInt64(0)) { $0 + ($1.samples ?? .max / 1_000) }
    let columns = UInt64(SimulatedFieldDevice.definitions.count)
    let rolledBack = series.contains { history.rollbacks[$0] != nil }
    if UInt64(named) * columns > told, !rolledBack {
      history.report(.miscounted, "\(name): \(named) scans are missing, and notices name \(told) samples")
    }
  }

  /// A notice of something that never happened is as wrong as a loss without a notice.
  private func judgeNotices(_ held: Held, _ series: [String], _ name: String) {
    // A page that cannot be read while a store is opened counts as damage: nobody knows whether it ever will be.
    let isDamaged = series.contains { history.damagedAt[$0] != nil || history.hadReadErrors.contains($0) }
    for loss in held.losses {
      let isTrue =
        switch loss.reason {
        case .damagedStore, .damagedFrame: isDamaged
        case .centralRestored: history.centralRestored
        case .outboxFull: true
        case .memoryFull: history.unheld[name] != nil
        case .tooOld: evidence.keep != nil
        }
      if !isTrue { history.report(.miscounted, "\(name): a notice tells of \(loss.reason.name), which never was") }
    }
  }

  /// Notices of what memory had no room for tell of no more than there was, and of all of it since the last start.
  private func judgeUnheld(_ held: Held, _ series: [String], _ name: String) {
    guard !repeats(name), !series.contains(where: { history.rollbacks[$0] != nil }), !history.centralRestored,
      let gateway = evidence.gateways.first(where: { $0.name == name })
    else { return }
    // Times are left out only where those of two clocks met.
    if !evidence.clocksVary, held.losses.contains(where: { $0.reason == .memoryFull && $0.firstTime == nil }) {
      history.report(.miscounted, "\(name): a notice of what memory had no room for does not say when")
    }
    let all = history.unheld[name] ?? (0, 0)
    for (lane, most, least) in [
      (Lane.telemetry, all.samples, gateway.unheld.samples), (.alarms, all.alarms, gateway.unheld.alarms),
    ] {
      let told = held.losses.filter { $0.reason == .memoryFull && $0.lane == lane }.reduce(0) { $0 + ($1.samples ?? 0) }
      let mayBeGone = series.contains { history.damagedAt[$0] != nil || history.hadReadErrors.contains($0) }
      guard told > UInt64(most) || told < UInt64(least) && !mayBeGone else { continue }
      history.report(
        .miscounted,
        "\(name): memory had no room for \(most) records of \(lane.name), \(least) of them since the start, and notices name \(told)"
      )
    }
  }

  /// What is dropped for its age was too old at the latest when central heard of it.
  private func judgeAge(_ loss: LossNotice, _ row: Evidence.Row) {
    guard loss.reason == .tooOld, let keep = evidence.keep, !evidence.clocksVary, let last = loss.lastTime,
      row.received - last < keep
    else { return }
    history.report(
      .lost,
      "\(row.gateway): values of \(last.milliseconds) were dropped as older than \(keep.wholeMilliseconds) ms, and central heard "
        + "of it at \(row.received.milliseconds)")
  }

  private func isThinned(_ key: History.SampleKey, _ held: Held) -> Bool {
    held.aggregates.contains { $0.device == key.device && $0.low <= key.scan && key.scan <= $0.high }
  }

  private func isNamed(_ key: History.SampleKey, _ accepted: History.Accepted, _ held: Held) -> Bool {
    held.losses.contains { loss in
      guard loss.lane == .telemetry else { return false }
      switch loss.reason {
      case .damagedStore, .damagedFrame:
        guard let at = history.damagedAt[key.gateway] else { return false }
        // Damage may show late, but then each frame is named with its times.
        guard accepted.at <= at + .seconds(30) || loss.firstTime != nil else { return false }
      case .centralRestored:
        guard history.centralRestored else { return false }
      case .outboxFull, .memoryFull, .tooOld: break
      }
      guard loss.devices.isEmpty || loss.devices.contains(key.device) || loss.moreDevices > 0 else { return false }
      guard !evidence.clocksVary, let first = loss.firstTime, let last = loss.lastTime else { return true }
      return first <= accepted.time && accepted.time <= last
    }
  }

  /// What must be the same at both ends. Times are not part of it: after a restore they are those of the telling.
  private static func picture(_ standing: AlarmStanding) -> String {
    let acknowledged = standing.isUnacknowledged ? nil : standing.acknowledgement?.who
    return "\(standing.state.rawValue), underneath \(standing.underlying.rawValue),"
      + " acknowledged by \(acknowledged ?? "nobody"), shelved by \(standing.shelf?.by.who ?? "nobody"), comment \(standing.comment?.text ?? "none"),"
      + " first-out \(standing.isFirstOut)"
  }

  private func judgeAlarms(_ held: Held, _ name: String) {
    guard !history.cloned.contains(name), let gateway = evidence.gateways.first(where: { $0.name == name })
    else { return }
    let own = { (event: AlarmEvent) in event.alarm.hasPrefix("high_") }
    let central = held.activeAlarms
    let active = gateway.activeAlarms
    if central != active {
      history.report(.divergentAlarmState, "\(name): central has \(central.sorted()), the gateway \(active.sorted())")
    }
    let isRule = { (alarm: String) in alarm.hasPrefix("high_") }
    if let rules = gateway.alarmsOfRules, rules.filter(isRule) != active.filter(isRule) {
      history.report(
        .divergentAlarmState, "\(name): rules take \(rules.sorted()) for active, its alarms are \(active.sorted())")
    }
    for (alarm, standing) in gateway.standings {
      let told = held.standings[alarm] ?? AlarmStanding()
      guard Self.picture(told) != Self.picture(standing) else { continue }
      history.report(
        .divergentAlarmState,
        "\(name): \(alarm) is \(Self.picture(standing)) at the gateway and \(Self.picture(told)) at central")
    }
    guard history.rollbacks[name] == nil, history.damagedAt[name] == nil, !history.centralRestored else { return }
    let text = { (event: AlarmEvent) in "\(event.alarm) \(event.transition.name) \(event.value ?? 0)" }
    let sent = (history.alarms[name] ?? []).filter(own).map(text)
    let uncertain = Set((history.uncertainAlarms[name] ?? []).map(text))
    var came: [String] = []
    for event in held.alarms.filter(own).map(text) {
      let isNext = came.count < sent.count && event == sent[came.count]
      if !isNext, uncertain.contains(event) { continue }
      came.append(event)
    }
    guard sent != came else { return }
    let kind: Anomaly.Kind =
      came.count < sent.count ? .lostAlarm : came.count > sent.count ? .duplicateAlarm : .invertedAlarms
    let place =
      zip(sent, came).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(sent.count, came.count)
    history.report(
      kind, "\(name): \(sent.count) events were committed, \(came.count) are at central, they differ at \(place)")
  }
}
