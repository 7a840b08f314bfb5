public import SerialSensors
public import Telemetry

/// Serves one serial line with sensors that speak no Modbus: takes what they send, asks those that want to be asked, and turns
/// it into scans.
///
/// One thread drives it, as it does a ``BusPoller``: it calls ``next(now:wall:)``, does what that says, and reports the
/// result before it asks again. `docs/serial.md` has the states.
public struct SerialBusMachine: Sendable {
  public enum Action: Hashable, Sendable {
    /// Open the port, then ``SerialBusMachine/opened(_:now:)``.
    case open
    /// Send this, after a break where the bus wants one, then ``SerialBusMachine/sent(_:now:wall:)``.
    case send([UInt8], withBreak: Bool)
    /// Wait for bytes, at most until then, then ``SerialBusMachine/received(_:now:wall:)``, with none if none came.
    case listen(until: MonotonicTime)
    /// A finished scan, the boot clock's time of it, and what is wrong in one line; ask again at once.
    case deliver(DeviceScan, started: MonotonicTime, fault: String?)
    /// The port is closed, and there is nothing to do before then.
    case wait(until: MonotonicTime)
  }

  /// A port that is gone is looked for so often.
  public static let reopenInterval = Duration.seconds(1)

  enum Kind: Sendable {
    case pushes(MessageReader, PushedReadings)
    case answers(MessageReader, InstrumentRequest, AskedTurns)
    case sdi12(SDI12Sensor, [(command: SDI12Command, value: Int)], AskedTurns)
  }

  struct Entry: Sendable {
    var sensor: SerialSensor
    var kind: Kind
    var health = DeviceHealth()
    /// SDI-12: a measurement that goes on while the line is free for others, and when it is ready.
    var paused: (scan: AskedScan, until: MonotonicTime)?
    /// SDI-12: the sensor was asked who it is since the port was opened.
    var isIdentified = false
  }

  /// The scan of a device that is asked.
  struct AskedScan: Sendable {
    var position: Int
    var wall: Timestamp
    var started: MonotonicTime
    var attempt = 0
    var measurement: SDI12Measurement?
  }

  enum Exchange: Sendable {
    case idle
    /// What lies unread is taken before a request is sent, and a line that has begun may end, at most until then.
    case draining(AskedScan, [UInt8], until: MonotonicTime)
    case sending(AskedScan, [UInt8])
    /// - asked: what was sent; nil while an SDI-12 sensor measures.
    case waiting(AskedScan, asked: [UInt8]?, until: MonotonicTime)
    /// After a time-out nothing is sent for a while, so that a late answer meets no later question. `scan` is asked again
    /// afterwards.
    case settling(position: Int, scan: AskedScan?, until: MonotonicTime)
  }

  enum Link: Hashable, Sendable {
    case closed(retryAt: MonotonicTime)
    case open
  }

  struct Delivery: Sendable {
    var scan: DeviceScan
    var started: MonotonicTime
    var fault: String?
  }

  let line: SerialLineTraits
  var entries: [Entry] = []
  var framer: LineFramer
  var link: Link
  var wasOpen = false
  var exchange = Exchange.idle
  var deliveries: [Delivery] = []
  var isAwaitingOpening = false
  public internal(set) var statistics = PollStatistics()
  public internal(set) var counts = SerialCounts()

  /// - Parameter sensors: all of this bus, in the order in which their patterns are tried.
  /// - Throws: what is wrong with a format; never after the configuration was read without an error.
  public init(sensors: [SerialSensor], line: SerialLineTraits, now: MonotonicTime) throws(FormatError) {
    self.line = line
    framer = LineFramer(line.framing, isMarked: line.isMarked, now: now)
    link = .closed(retryAt: now)
    for (position, sensor) in sensors.enumerated() {
      // Spread over the interval, so that not all are asked at once.
      let spread = min(sensor.interval, .seconds(10)) * position / sensors.count
      let turns = AskedTurns(interval: sensor.interval, start: now + spread)
      let kind: Kind
      switch sensor.serial.speech {
      case .pushes(let format, let conditions):
        kind = .pushes(
          try MessageReader(format, where: conditions, points: sensor.points),
          PushedReadings(
            tags: sensor.points.count, interval: sensor.interval, staleAfter: sensor.serial.staleAfter, now: now))
      case .answers(let format, let conditions, let request):
        kind = .answers(try MessageReader(format, where: conditions, points: sensor.points), request, turns)
      case .sdi12(let sdi):
        kind = .sdi12(sdi, try Self.values(sensor.points), turns)
      }
      entries.append(Entry(sensor: sensor, kind: kind))
    }
  }

  private static func values(_ points: [FieldPoint]) throws(FormatError) -> [(command: SDI12Command, value: Int)] {
    var values: [(SDI12Command, Int)] = []
    for (index, point) in points.enumerated() {
      guard let value = SDI12Command.field(point.field) else {
        throw FormatError("names '\(point.field)', which is no SDI-12 value", field: index)
      }
      values.append(value)
    }
    return values
  }

  /// How the device at this catalogue index fares; an empty one for a device that is not on this bus.
  public func health(of device: Int) -> DeviceHealth {
    entries.first { $0.sensor.device == device }?.health ?? DeviceHealth()
  }

  /// What to do now.
  public mutating func next(now: MonotonicTime, wall: Timestamp) -> Action {
    if deliveries.isEmpty, !wantsOpening(now: now) { tick(now: now, wall: wall) }
    if !deliveries.isEmpty {
      let first = deliveries.removeFirst()
      return .deliver(first.scan, started: first.started, fault: first.fault)
    }
    if case .closed(let retryAt) = link {
      if wantsOpening(now: now) {
        isAwaitingOpening = true
        return .open
      }
      return .wait(until: min(retryAt, nextDeadline))
    }
    switch exchange {
    case .draining(_, _, let until): return .listen(until: isInterrupted ? min(until, framer.deadline) : now)
    case .sending(_, let bytes): return .send(bytes, withBreak: line.wantsBreak)
    case .idle, .waiting, .settling: return .listen(until: nextDeadline)
    }
  }

  /// The port is tried before anything is said about devices that need it.
  private func wantsOpening(now: MonotonicTime) -> Bool {
    guard case .closed(let retryAt) = link else { return false }
    return isAwaitingOpening || retryAt <= now
  }

  private var nextDeadline: MonotonicTime {
    var deadline = link == .open ? framer.deadline : .never
    switch exchange {
    case .idle:
      for entry in entries { deadline = min(deadline, entry.paused?.until ?? entry.turns?.due ?? .never) }
    case .waiting(_, _, let until), .settling(_, _, let until): deadline = min(deadline, until)
    case .draining, .sending: break
    }
    for case .pushes(_, let readings) in entries.map(\.kind) { deadline = min(deadline, readings.deadline) }
    return deadline
  }

  // MARK: What came of it

  public mutating func opened(_ result: Result<Void, FieldBusError>, now: MonotonicTime, wall: Timestamp) {
    guard isAwaitingOpening else { return }
    isAwaitingOpening = false
    switch result {
    case .success:
      link = .open
      statistics.isBusUp = true
      if wasOpen { statistics.reconnects += 1 }
      wasOpen = true
      reopened(now: now)
    case .failure(let error):
      statistics.failedOpenings += 1
      statistics.lastError = error.detail
      lose(now: now, wall: wall)
    }
  }

  /// The port failed, at whatever was tried.
  public mutating func lost(_ error: FieldBusError, now: MonotonicTime, wall: Timestamp) {
    guard link == .open else { return }
    statistics.failures[.busDown, default: 0] += 1
    statistics.lastError = error.detail
    lose(now: now, wall: wall)
  }

  public mutating func sent(now: MonotonicTime) {
    guard case .sending(let scan, let bytes) = exchange else { return }
    statistics.requests += 1
    entries[scan.position].health.requests += 1
    let allowed = line.characterTime * bytes.count + timeout(of: scan.position)
    exchange = .waiting(scan, asked: bytes, until: now + allowed)
  }

  public mutating func received(_ bytes: [UInt8], now: MonotonicTime, wall: Timestamp) {
    guard link == .open else { return }
    // What comes after its time-out is late, even when nobody looked in between.
    tick(now: now, wall: wall)
    framer.take(bytes, now: now)
    fetchLines(wall: wall)
    if case .draining(let scan, let request, let until) = exchange, !isInterrupted || now >= until {
      if !isShared { framer.restart(now: now) }
      exchange = .sending(scan, request)
    }
  }

  /// Devices that send by themselves are on the line, too.
  private var isShared: Bool { entries.contains(where: \.pushes) }

  /// Where nobody sends by himself, a line that has begun is a late answer: cut off, its rest could look like an answer.
  private var isInterrupted: Bool { framer.isInLine && !isShared }

  /// What drains before this is sent.
  func draining(_ scan: AskedScan, _ bytes: [UInt8], now: MonotonicTime) -> Exchange {
    .draining(scan, bytes, until: now + line.framing.maximumGap * 2)
  }

  mutating func fetchLines(wall: Timestamp) {
    while let line = framer.next() { take(line, wall: wall) }
    counts.framer = framer.counts
  }

  private mutating func reopened(now: MonotonicTime) {
    let before = framer.counts
    framer = LineFramer(line.framing, isMarked: line.isMarked, counts: before, now: now)
    exchange = .idle
    // An answer to whoever had the port before, or to us before it was lost, must not meet our first question.
    if let first = entries.firstIndex(where: { !$0.pushes }) {
      exchange = .settling(position: first, scan: nil, until: now + timeout(of: first))
    }
    for position in entries.indices {
      entries[position].isIdentified = false
      entries[position].paused = nil
      if case .pushes(let reader, var readings) = entries[position].kind {
        readings.restart(now: now)
        entries[position].kind = .pushes(reader, readings)
      }
    }
  }
}

extension SerialBusMachine.Entry {
  var pushes: Bool { if case .pushes = kind { true } else { false } }

  var turns: AskedTurns? {
    get {
      switch kind {
      case .pushes: nil
      case .answers(_, _, let turns), .sdi12(_, _, let turns): turns
      }
    }
    set {
      guard let newValue else { return }
      switch kind {
      case .pushes: break
      case .answers(let reader, let request, _): kind = .answers(reader, request, newValue)
      case .sdi12(let sensor, let values, _): kind = .sdi12(sensor, values, newValue)
      }
    }
  }
}
