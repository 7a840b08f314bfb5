import GatewayCore
import SerialSensors
import Telemetry

/// A serial bus under virtual time: drives the machine, feeds it what a script or a simulated device says.
struct SerialBusRig {
  struct Delivered: Equatable {
    var milliseconds: Int
    var device: Int
    var readings: [Reading]
    var texts: [Int: String] = [:]
    var fault: String?
    /// How many requests had been sent.
    var asked: Int
  }

  var machine: SerialBusMachine
  private(set) var now = MonotonicTime.zero
  private(set) var delivered: [Delivered] = []
  private(set) var sent: [(milliseconds: Int, text: String)] = []
  /// Bytes to come, soonest first.
  private var input: [(time: MonotonicTime, bytes: [UInt8])] = []
  var canOpen = true
  private var isLost = false
  /// What a device answers, and after how many milliseconds.
  var answer: (_ sent: String, _ now: Int) -> [(after: Int, text: String)] = { _, _ in [] }

  init(
    _ sensors: [SerialSensor], framing: LineFraming = LineFraming(maximumGap: .milliseconds(200)),
    timeout: Duration = .milliseconds(500)
  ) throws {
    machine = try SerialBusMachine(
      sensors: sensors,
      line: SerialLineTraits(framing: framing, isMarked: false, characterTime: .zero, timeout: timeout), now: .zero)
  }

  static func milliseconds(_ time: MonotonicTime) -> Int { Int(time.nanoseconds / 1_000_000) }

  private func wall(_ time: MonotonicTime) -> Timestamp { Timestamp(milliseconds: Int64(Self.milliseconds(time))) }

  mutating func feed(_ text: String, at milliseconds: Int) {
    let time = MonotonicTime(nanoseconds: Int64(milliseconds) * 1_000_000)
    let index = input.firstIndex { $0.time > time } ?? input.endIndex
    input.insert((time, text.unicodeScalars.map { UInt8($0.value) }), at: index)
  }

  /// The port is pulled out now.
  mutating func unplug() {
    isLost = true
    canOpen = false
    machine.lost(FieldBusError(.busDown, "unplugged"), now: now, wall: wall(now))
  }

  mutating func plugIn() {
    canOpen = true
    isLost = false
  }

  mutating func run(until end: Int) {
    let end = MonotonicTime(nanoseconds: Int64(end) * 1_000_000)
    var steps = 0
    while now < end {
      steps += 1
      precondition(steps < 1_000_000, "the machine turns without time going on")
      switch machine.next(now: now, wall: wall(now)) {
      case .open:
        let result: Result<Void, FieldBusError> = canOpen ? .success(()) : .failure(FieldBusError(.busDown, "gone"))
        machine.opened(result, now: now, wall: wall(now))
      case .send(let bytes, _):
        let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        sent.append((Self.milliseconds(now), text))
        machine.sent(now: now)
        for (after, text) in answer(text, Self.milliseconds(now)) { feed(text, at: Self.milliseconds(now) + after) }
      case .deliver(let scan, _, let fault):
        delivered.append(
          Delivered(
            milliseconds: Self.milliseconds(now), device: scan.device, readings: scan.readings,
            texts: scan.texts, fault: fault,
            asked: sent.count))
      case .wait(let until): now = max(now, min(until, end))
      case .listen(let until):
        if let first = input.first, first.time <= min(max(until, now), end) {
          now = max(now, first.time)
          input.removeFirst()
          machine.received(first.bytes, now: now, wall: wall(now))
        } else {
          now = max(now, min(until, end))
          machine.received([], now: now, wall: wall(now))
        }
      }
    }
  }
}
