import Telemetry

/// Many alarms of one device are one fault, told many times: one alarm stands for them until it is quiet.
extension AlarmBook {
  /// The event is one that a flood of its device hides. A critical alarm is always shown.
  func isFlooded(_ event: AlarmEvent) -> Bool {
    guard event.severity != .critical, let device = definitions[event.alarm]?.device, !device.isEmpty else {
      return false
    }
    return activeFloods.contains(AlarmWords.floodName(device))
  }

  /// Counts a raising, and raises the flood's alarm when there were too many.
  mutating func countForFlood(_ event: AlarmEvent, now: MonotonicTime, _ outcome: inout AlarmOutcome) {
    guard let device = definitions[event.alarm]?.device, !device.isEmpty else { return }
    let name = AlarmWords.floodName(device)
    var record = records[name] ?? AlarmRecord(name: name, tag: "", severity: .high)
    record.watch.note(settings.flood, now: now)
    records[name] = record
    touch(name)
    guard !activeFloods.contains(name), record.watch.since != nil else { return }
    var raised = mark(
      name, .raised, time: event.time, message: AlarmWords.flood(device, record.watch, now: now))
    raised.value = Double(record.watch.count)
    add(raised, .raised, &outcome)
    activeFloods.insert(name)
  }

  mutating func endFloods(now: MonotonicTime, time: Timestamp, _ outcome: inout AlarmOutcome) {
    for name in activeFloods.sorted() {
      guard let record = records[name], record.watch.calm(settings.flood) <= now else { continue }
      let device = floods[name]?.device ?? ""
      activeFloods.remove(name)
      var over = mark(name, .cleared, time: time, message: AlarmWords.floodOver(device, record.watch, now: now))
      over.value = Double(record.watch.count)
      add(over, .cleared, &outcome)
      records[name]?.watch.end()
      // What the flood hid is shown as it is now.
      for member in floods[name]?.members ?? [] where records[member]?.isHeldBack ?? false {
        records[member]?.isHeldBack = false
        touch(member)
        if !(records[member]?.standing.isSetAside ?? false) { outcome.presented.insert(member) }
      }
    }
  }
}
