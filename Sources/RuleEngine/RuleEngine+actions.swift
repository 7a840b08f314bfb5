public import Telemetry

extension RuleEngine {
  /// What is to be done because of an event of ``step(scan:tags:now:minuteOfWeek:)`` or
  /// ``expire(now:time:minuteOfWeek:)``. Counts as done: a write is not asked for again before its time.
  public mutating func actions(for event: AlarmEvent, now: MonotonicTime) -> [DueAction] {
    guard let rule = withActions[event.alarm] else { return [] }
    var due: [DueAction] = []
    for (index, action) in rules[rule].actions.enumerated() where action.trigger == event.transition {
      let work: DueAction.Work
      switch action.kind {
      case .publish(let topic, let payload, let isRetained):
        work = .publish(topic: topic, payload: payload.filled { place(rule, $0) }, isRetained: isRetained)
      case .note(let text): work = .note(text.filled { place(rule, $0) })
      case .write(let write): work = self.write(write, rule, index, now: now)
      case .scan: continue
      }
      due.append(DueAction(alarm: event.alarm, work: work))
    }
    return due
  }

  /// Devices that are watched closely while the causes of these alarms hold, with their intervals: the shortest counts.
  ///
  /// - Parameter active: names of alarms.
  public func closeWatches(active: Set<String>) -> [String: Duration] {
    var watches: [String: Duration] = [:]
    for rule in withScans where active.contains(rules[rule].name) {
      for case .scan(let scan) in rules[rule].actions.map(\.kind) {
        watches[scan.device] = min(watches[scan.device] ?? scan.every, scan.every)
      }
    }
    return watches
  }

  private mutating func write(_ write: WriteAction, _ rule: Int, _ index: Int, now: MonotonicTime) -> DueAction.Work {
    let name = "\(write.device)/\(write.tag)"
    if let node = program.places[rule].interlocks[index], truth(node) != .yes {
      let why = truth(node) == .unknown ? "is unknown" : "does not hold"
      return .held("\(name) is not written: its 'only-if' \(why)")
    }
    if let last = lastWrites[rule]?[index], now - last < write.atMostEvery {
      return .held("\(name) is not written: at most every \(RuleText.duration(write.atMostEvery))")
    }
    lastWrites[rule, default: [:]][index] = now
    return .write(write)
  }
}
