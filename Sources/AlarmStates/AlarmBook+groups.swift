import Telemetry

/// First-out: of the alarms of one group, the one that rose while all others were quiet most likely tells the cause.
extension AlarmBook {
  /// Members that are not set aside; those keep a group neither busy nor quiet.
  private func others(of name: String) -> some Sequence<AlarmRecord> {
    let members = definitions[name]?.group.flatMap { groups[$0] } ?? []
    return members.lazy.filter { $0 != name }.compactMap { records[$0] }.filter { !$0.standing.isSetAside }
  }

  func isFirstOfGroup(_ name: String) -> Bool {
    guard let group = definitions[name]?.group else { return false }
    let standing = records[name]?.standing ?? AlarmStanding()
    guard !standing.isSetAside, standing.underlying == .normal else { return false }
    let isMarked = (groups[group] ?? []).contains { records[$0]?.standing.isFirstOut ?? false }
    return !isMarked && others(of: name).allSatisfy { $0.standing.underlying == .normal }
  }

  /// Takes the mark away when the alarm's group is quiet and acknowledged.
  mutating func settleGroup(of name: String, time: Timestamp, _ outcome: inout AlarmOutcome) {
    guard let group = definitions[name]?.group, let members = groups[group],
      let first = members.first(where: { records[$0]?.standing.isFirstOut ?? false })
    else { return }
    let isBusy = members.contains { member in
      guard let standing = records[member]?.standing, !standing.isSetAside else { return false }
      return standing.underlying != .normal
    }
    if !isBusy { add(mark(first, .firstOutOver, time: time), .firstOutOver, &outcome) }
  }
}
