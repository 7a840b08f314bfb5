import CLinux
import Glibc

/// The thread of a ``ModbusRTUServer``: finds frames, answers, paces.
final class RTUServerLoop: @unchecked Sendable {  // used by its one thread, and under the lock
  /// Shortest silence that counts: a client's frame comes in one write, but a busy machine may split it. Nothing is lost
  /// by waiting, as the line is ready sooner than a client gives up.
  static let shortestSilence: Int64 = 50_000_000
  /// Paced replies come in pieces of this many characters, as from the buffer of a serial chip.
  static let chunk = 16

  /// What is to be done later.
  private enum Later {
    case answer(unit: UInt8, request: [UInt8])
    case transmit([UInt8])
  }

  private let units: SimulatedUnits
  private let link: String
  private var terminal: PseudoTerminal
  /// Nanoseconds; 0 without pace.
  private let characterTime: Int64
  private let waker: Waker
  private var reader = RTUFrameReader()
  private var later = DueTimes<Later>()
  private var silenceEnds: Int64?
  private var lineIsFree: Int64 = 0
  /// When the last frame ended; nil before the first.
  private var lastFrameEnd: Int64?
  private let isStrict: Bool
  private let record: Lock
  private var seen = LineRecord()
  private var bytesSent = 0
  /// When units that are slow at the moment will have answered: nanoseconds.
  private var slowUntil: [UInt8: Int64] = [:]

  init(
    units: SimulatedUnits, link: String, terminal: PseudoTerminal, pace: Int?, isStrict: Bool, waker: Waker,
    record: Lock
  ) {
    self.isStrict = isStrict
    self.record = record
    self.units = units
    self.link = link
    self.terminal = terminal
    characterTime = pace.map { 11_000_000_000 / Int64(max($0, 1)) } ?? 0
    self.waker = waker
  }

  func run() {
    defer { terminal.remove() }
    while true {
      var polled = [
        pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: terminal.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      // Milliseconds are too coarse: at 19200 baud a character takes 0.57.
      let timeout = later.timeout(now: monotonicNanoseconds(), orBefore: silenceEnds)
      guard fieldgate_poll_nanoseconds(&polled, 2, timeout.tv_sec, timeout.tv_nsec) >= 0 || errno == EINTR else {
        return
      }
      if polled[0].revents != 0 { return }
      if polled[1].revents != 0 { receive() }
      let now = monotonicNanoseconds()
      if let end = silenceEnds, end <= now {
        silenceEnds = nil
        if let frame = reader.silence() { handle(frame) }
      }
      for item in later.takeDue(now: now) {
        switch item {
        case .answer(let unit, let request): react(unit, request, isLate: true)
        case .transmit(let bytes): transmit(bytes)
        }
      }
    }
  }

  private func receive() {
    let new = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1_024) { buffer in
      let count = retryInterrupted { read(terminal.descriptor, buffer.baseAddress, buffer.count) }
      return Array(buffer[..<max(count, 0)])
    }
    for frame in reader.receive(new) { handle(frame) }
    let silence = max(characterTime * 7 / 2, Self.shortestSilence)
    silenceEnds = reader.isEmpty ? nil : monotonicNanoseconds() + silence
  }

  /// What was seen since the last call.
  func takeRecord() -> LineRecord {
    record.withLock {
      defer { seen = LineRecord() }
      return seen
    }
  }

  private func handle(_ frame: [UInt8]) {
    // A pseudo-terminal hands over the whole request at once, at the moment when a wire would begin to carry it.
    let now = monotonicNanoseconds()
    let silence = lastFrameEnd.map { now - $0 }
    let isTooEarly = isStrict && silence.map { $0 < characterTime * 7 / 2 } == true
    record.withLock {
      seen.request(frame[0], silence: silence)
      if isTooEarly { seen.tooEarly += 1 }
    }
    let arrival = max(now, lineIsFree) + Int64(frame.count + 2) * characterTime
    lastFrameEnd = arrival
    lineIsFree = arrival + characterTime * 7 / 2
    // Without 3.5 characters of silence this is the rest of the frame before, for whoever takes the specification at its word.
    guard !isTooEarly else { return }
    let bytesBefore = bytesSent
    defer {
      let characters = Int64(frame.count + 2 + bytesSent - bytesBefore)
      if bytesSent > bytesBefore { record.withLock { seen.leastTime += (characters + 7) * characterTime } }
    }
    let request = Array(frame[1...])
    if let until = slowUntil[frame[0]], until > now {
      // A device answers one request after the other.
      later.add(.answer(unit: frame[0], request: request), due: until)
    } else {
      react(frame[0], request, isLate: false)
    }
  }

  /// Requests to other units, and broadcasts, pass by in silence.
  private func react(_ unit: UInt8, _ request: [UInt8], isLate: Bool) {
    switch units.react(unit: unit, request: request, isLate: isLate) {
    case nil, .ignore: return
    case .reply(let reply): send(CRC16.framed([unit] + reply))
    case .damaged(let damage, let reply):
      let content = damage.content(unit, reply)
      var frame = CRC16.framed([content.unit] + content.reply)
      if damage == .garbage { frame[frame.count - 1] ^= 0x55 }
      send(damage.frame(frame))
    case .wait(let milliseconds):
      let due = monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
      slowUntil[unit] = due
      later.add(.answer(unit: unit, request: request), due: due)
    case .drop: replug()
    }
  }

  private func send(_ frame: [UInt8]) {
    bytesSent += frame.count
    guard characterTime > 0 else {
      lastFrameEnd = monotonicNanoseconds()
      return transmit(frame)
    }
    var time = max(monotonicNanoseconds(), lineIsFree)
    for start in stride(from: 0, to: frame.count, by: Self.chunk) {
      let bytes = Array(frame[start..<min(start + Self.chunk, frame.count)])
      time += Int64(bytes.count) * characterTime
      later.add(.transmit(bytes), due: time)
    }
    lineIsFree = time
    lastFrameEnd = time
  }

  /// What a client does not take is lost, as on a wire.
  private func transmit(_ bytes: [UInt8]) {
    _ = retryInterrupted { write(terminal.descriptor, bytes, bytes.count) }
  }

  private func replug() {
    // The new line first: if there can be none, the old one goes on.
    guard let new = try? PseudoTerminal.open(link: link) else { return }
    terminal.hangUp()
    terminal = new
    reader = RTUFrameReader()
    later = DueTimes()
    silenceEnds = nil
  }
}
