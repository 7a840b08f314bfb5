/// Unit ids: devices that answer under another one, and two that share one.
extension Diagnosis {
  /// Another unit answers in place of the one that is asked.
  static func wrongUnit(_ device: BusEvidence.Device, _ bus: BusEvidence, _ figures: BusEvidence.Figures) -> Finding {
    let asked = device.unit.map { "unit \($0)" } ?? "it"
    let other = device.answeredBy ?? 0
    let text =
      "when \(asked) is asked, unit \(other) answers (\(device.wrongUnitReplies) of \(device.requests) requests since the "
      + "daemon's start)"
    if let owner = figures.devices.first(where: { $0.unit == other && $0.name != device.name }) {
      return Finding(
        .device, device.name, .problem, text,
        next: "unit \(other) is \(owner.name): look for a second master on the line, or a device that answers for "
          + "others; connect the devices one by one: fieldgate scan \(bus.name)")
    }
    return Finding(
      .device, device.name, .problem, text,
      next: "set its unit id in the device, or 'unit: \(other)' in the configuration if that is what it has; who "
        + "answers: fieldgate scan \(bus.name)")
  }

  /// Only this device's replies are damaged, so it is not the line: mostly two devices answer at once.
  static func sharedUnit(_ device: BusEvidence.Device, _ bus: BusEvidence) -> Finding {
    let unit = device.unit.map(String.init) ?? "?"
    return Finding(
      .device, device.name, .problem,
      "its replies are damaged (\(device.damagedReplies) of \(device.requests) requests since the daemon's start), those "
        + "of the others on \(bus.name) are not",
      next: "two devices may share the unit id \(unit) and answer at once: disconnect one after the other, and see who "
        + "still answers: fieldgate scan \(bus.name) --units \(unit)-\(unit); else its own wires")
  }
}

extension BusEvidence.Device {
  /// Often enough not to be a chance.
  var isAnsweredByAnother: Bool {
    answeredBy != nil && wrongUnitReplies >= 3 && (isDead || wrongUnitReplies * 20 > requests)
  }

  /// Damaged where the others' are whole: one in five, where theirs are fewer than one in fifty.
  func isDamagedAlone(among others: [BusEvidence.Device]) -> Bool {
    let rest = others.filter { $0.name != name && $0.requests > 0 }
    return damagedReplies >= 5 && damagedReplies * 5 >= requests && !rest.isEmpty
      && rest.allSatisfy { $0.damagedReplies * 50 < $0.requests && !$0.isDead }
  }
}
