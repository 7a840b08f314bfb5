import AnomalyDetection
public import Telemetry

/// The state of all rules as bytes (`docs/formats/rule-state.md`). Times are kept as ages, so that the time between saving and
/// restoring does not count: nobody saw what happened in it. Only for the pace of writes it does.
extension RuleEngine {
  static let stateVersion: Int64 = 1

  public func saved(now: MonotonicTime) -> [UInt8] {
    var writer = StateWriter()
    writer.put(Self.stateVersion)
    writer.put(Int64(rules.count))
    for rule in rules.indices {
      var entry = StateWriter()
      write(rule, now: now, to: &entry)
      writer.put(block: rules[rule].name.utf8)
      writer.put(Int64(bitPattern: rules[rule].identity))
      writer.put(block: entry.bytes)
    }
    return writer.bytes
  }

  /// Takes up the state of each rule that is still the same. Whether an alarm is active is known better by whoever kept its
  /// events, so the engine's own word stays where the two differ.
  ///
  /// - Parameter elapsed: since it was saved, as far as that is known.
  /// - Returns: rules whose state was taken up.
  /// - Throws: when the bytes are damaged or of another version; then nothing is changed.
  @discardableResult
  public mutating func restore(
    _ bytes: [UInt8], elapsed: Duration = .zero, now: MonotonicTime
  ) throws(SavedStateError) -> Int {
    var reader = RuleStateReader(bytes)
    let version = try reader.int64()
    guard version == Self.stateVersion else {
      throw SavedStateError(
        description: "the saved state has version \(version), this program knows \(Self.stateVersion)")
    }
    var next = self
    var byName: [String: Int] = [:]
    for rule in rules.indices { byName[rules[rule].name] = rule }
    var taken = 0
    for _ in 0..<(try reader.count(each: 24)) {
      let name = String(decoding: try reader.block(), as: UTF8.self)
      let identity = UInt64(bitPattern: try reader.int64())
      var entry = RuleStateReader(try reader.block())
      guard let rule = byName[name], rules[rule].identity == identity else { continue }
      try next.read(rule, elapsed: elapsed, now: now, &entry)
      taken += 1
    }
    guard reader.isAtEnd else { throw SavedStateError(description: "the saved state has more than it counts") }
    for rule in rules.indices where next.monitors[rule].isActive != monitors[rule].isActive {
      next.monitors[rule] = monitors[rule]
      for leaf in program.places[rule].leaves { next.leaves[leaf].isLatched = monitors[rule].isActive }
    }
    next.findSoonest()
    self = next
    return taken
  }

  // MARK: One rule

  private func write(_ rule: Int, now: MonotonicTime, to writer: inout StateWriter) {
    let monitor = monitors[rule]
    let (code, since): (UInt8, MonotonicTime) =
      switch monitor.state {
      case .normal: (0, now)
      case .pending(let since): (1, since)
      case .active: (2, now)
      case .returning(let since): (3, since)
      }
    writer.put(code)
    writer.put((now - since).wholeNanoseconds)
    writer.put(UInt8((monitor.isHeld ? 1 : 0) | (monitor.isSuppressed ? 2 : 0)))
    writer.put(Int64(lastWrites[rule]?.count ?? 0))
    for (action, time) in (lastWrites[rule] ?? [:]).sorted(by: { $0.key < $1.key }) {
      writer.put(Int64(action))
      writer.put((now - time).wholeNanoseconds)
    }
    for index in program.places[rule].leaves {
      let leaf = leaves[index]
      writer.put(UInt8(leaf.truth.rawValue | (leaf.isLatched ? 4 : 0)))
      writer.put(leaf.number)
      write(slots[leaf.slot], now: now, to: &writer)
      write(slots[leaf.other], now: now, to: &writer)
      switch leaf.kind {
      case .rate(let history, _, _):
        writer.put(Int64(rates[history].points.count))
        for point in rates[history].points {
          writer.put((now - point.time).wholeNanoseconds)
          writer.put(point.value)
        }
      case .flatLine(let run):
        writer.put(flatLines[run].bits)
        writer.put(Int64(flatLines[run].run))
        writer.put((now - flatLines[run].since).wholeNanoseconds)
        writer.put(Int64(flatLines[run].longest))
      case .anomaly(let watch):
        writer.put((now - anomalies[watch].lastUnusual).wholeNanoseconds)
        writer.put(block: anomalies[watch].detector.save())
      default: break
      }
    }
  }

  private func write(_ slot: Slot, now: MonotonicTime, to writer: inout StateWriter) {
    writer.put(UInt8((slot.hasValue ? 1 : 0) | (slot.isGood ? 2 : 0) | (slot.wasSeen ? 4 : 0)))
    writer.put(slot.value)
    writer.put(slot.bits)
    writer.put((now - slot.lastValue).wholeNanoseconds)
  }

  private mutating func read(
    _ rule: Int, elapsed: Duration, now: MonotonicTime, _ reader: inout RuleStateReader
  ) throws(SavedStateError) {
    let code = try reader.uint8()
    let since = try Self.time(&reader, now: now)
    let flags = try reader.uint8()
    switch code {
    case 0: monitors[rule].state = .normal
    case 1: monitors[rule].state = .pending(since: since)
    case 2: monitors[rule].state = .active
    case 3: monitors[rule].state = .returning(since: since)
    default: throw SavedStateError(description: "the saved state of \(rules[rule].name) is none that a rule can have")
    }
    monitors[rule].isHeld = flags & 1 != 0
    monitors[rule].isSuppressed = flags & 2 != 0
    lastWrites[rule] = nil
    for _ in 0..<(try reader.count(each: 16)) {
      let action = Int(clamping: try reader.int64())
      // No pace is longer than a week, so that more elapsed time says no more.
      let time = try Self.time(&reader, now: now) + (.zero - min(elapsed, .seconds(8 * 86_400)))
      if rules[rule].actions.indices.contains(action) { lastWrites[rule, default: [:]][action] = time }
    }
    for index in program.places[rule].leaves {
      let byte = try reader.uint8()
      guard let truth = Truth(rawValue: byte & 3) else {
        throw SavedStateError(
          description: "the saved state of \(rules[rule].name) has a condition that is neither true nor false")
      }
      leaves[index].truth = truth
      leaves[index].isLatched = byte & 4 != 0
      leaves[index].number = try reader.double()
      try read(slot: leaves[index].slot, now: now, &reader)
      try read(slot: leaves[index].other, now: now, &reader)
      switch leaves[index].kind {
      case .rate(let history, _, _): try read(rate: history, now: now, &reader)
      case .flatLine(let run):
        flatLines[run].bits = try reader.int64()
        flatLines[run].run = Int(clamping: try reader.int64())
        flatLines[run].since = try Self.time(&reader, now: now)
        flatLines[run].longest = Int(clamping: min(max(0, try reader.int64()), Int64.max / 8))
      case .anomaly(let watch): try read(anomaly: watch, now: now, &reader)
      default: break
      }
    }
    guard reader.isAtEnd else {
      throw SavedStateError(description: "the saved state of \(rules[rule].name) is longer than its conditions")
    }
  }

  private mutating func read(
    rate: Int, now: MonotonicTime, _ reader: inout RuleStateReader
  ) throws(SavedStateError) {
    rates[rate].forget()
    for _ in 0..<(try reader.count(each: 16)) {
      let time = try Self.time(&reader, now: now)
      let point = RateOfChange.Point(time: time, value: try reader.double())
      guard rates[rate].points.count <= RateOfChange.steps + 2, point.value.isFinite else {
        throw SavedStateError(description: "the saved state has a rate that cannot be")
      }
      rates[rate].points.append(point)
    }
  }

  private mutating func read(
    anomaly watch: Int, now: MonotonicTime, _ reader: inout RuleStateReader
  ) throws(SavedStateError) {
    anomalies[watch].lastUnusual = try Self.time(&reader, now: now)
    let bytes = try reader.block()
    do throws(AnomalyStateError) {
      anomalies[watch].detector = try AnomalyDetector(anomalies[watch].settings, restoring: bytes)
    } catch {
      throw SavedStateError(description: error.description)
    }
  }

  private mutating func read(slot: Int, now: MonotonicTime, _ reader: inout RuleStateReader) throws(SavedStateError) {
    let flags = try reader.uint8()
    let value = try reader.double()
    slots[slot].bits = try reader.int64()
    slots[slot].lastValue = try Self.time(&reader, now: now)
    guard value.isFinite else { throw SavedStateError(description: "the saved state has a value that is no number") }
    slots[slot].value = value
    slots[slot].hasValue = flags & 1 != 0
    slots[slot].isGood = flags & 2 != 0
    slots[slot].wasSeen = flags & 4 != 0
  }

  private static func time(_ reader: inout RuleStateReader, now: MonotonicTime) throws(SavedStateError) -> MonotonicTime
  {
    let age = try reader.int64()
    guard age >= 0 else { throw SavedStateError(description: "the saved state has a time to come") }
    return MonotonicTime(nanoseconds: now.nanoseconds - min(age, Int64.max / 2))
  }
}
