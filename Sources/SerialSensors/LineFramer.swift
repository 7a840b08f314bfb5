public import Telemetry

/// Cuts the bytes of a serial line into messages, whatever comes.
///
/// A line is handed out only when its beginning and its end were seen. What came in the middle of a line when the port was
/// opened, and what is left of one that was too long, is dropped up to the next end. Control characters and blanks around a
/// line are taken off.
public struct LineFramer: Sendable {
  /// Most lines that wait to be fetched; more are dropped and counted.
  public static let maximumWaiting = 256

  private let framing: LineFraming
  /// The port marks bytes with errors (PARMRK of termios(3)): FF 00 X is X with an error, FF 00 00 a break or a 0 with an
  /// error, FF FF a sound FF.
  private let isMarked: Bool
  private var buffer: [UInt8] = []
  private var waiting: [FramedLine] = []
  private var isInStep: Bool
  private var isDamaged = false
  private var lastByte: MonotonicTime
  /// Bytes of a mark seen so far: 0, 1 (FF), 2 (FF 00).
  private var markState = 0
  public private(set) var counts = FramerCounts()

  /// - Parameters:
  ///   - isInStep: the next byte begins a line.
  ///   - counts: of the framer before this one.
  public init(
    _ framing: LineFraming, isMarked: Bool, isInStep: Bool = false, counts: FramerCounts = FramerCounts(),
    now: MonotonicTime
  ) {
    self.counts = counts
    self.framing = framing
    self.isMarked = isMarked
    self.isInStep = isInStep
    lastByte = now
  }

  /// When ``expire(now:)`` has something to do; never, while no line has begun.
  public var deadline: MonotonicTime { buffer.isEmpty ? .never : lastByte + framing.maximumGap }

  /// A line has begun and not ended.
  public var isInLine: Bool { !buffer.isEmpty }

  /// What of a line has come; for technicians.
  public var beginning: [UInt8] { buffer }

  /// Forgets what has begun; the next byte begins a line.
  public mutating func restart(now: MonotonicTime) {
    if !buffer.isEmpty { counts.cutShort += 1 }
    clear()
    waiting.removeAll(keepingCapacity: true)
    markState = 0
    isInStep = true
    lastByte = now
  }

  /// The oldest line that waits.
  public mutating func next() -> FramedLine? { waiting.isEmpty ? nil : waiting.removeFirst() }

  /// Takes what was read at one time.
  public mutating func take(_ bytes: some Sequence<UInt8>, now: MonotonicTime) {
    expire(now: now)
    // After a pause a line begins, even when its predecessor was missed.
    if !isInStep, now - lastByte >= framing.maximumGap { isInStep = true }
    for byte in bytes {
      counts.bytes += 1
      lastByte = now
      if isMarked { unmark(byte, now: now) } else { add(byte, isSound: true, now: now) }
    }
  }

  /// Ends or drops a line whose next byte is overdue.
  public mutating func expire(now: MonotonicTime) {
    guard now >= deadline else { return }
    if framing.end == .pause {
      finish(now: lastByte)
    } else {
      counts.cutShort += 1
      clear()
    }
    isInStep = true
  }

  private mutating func unmark(_ byte: UInt8, now: MonotonicTime) {
    switch (markState, byte) {
    case (0, 0xff): markState = 1
    case (0, _): add(byte, isSound: true, now: now)
    case (1, 0): markState = 2
    case (1, _):
      markState = 0
      add(byte, isSound: true, now: now)
    default:
      markState = 0
      add(byte, isSound: false, now: now)
    }
  }

  private mutating func add(_ byte: UInt8, isSound: Bool, now: MonotonicTime) {
    if byte == 0 || !isSound {
      // Between lines it is the break of a bus or a line that was switched; within one, something is lost.
      if !buffer.isEmpty { isDamaged = true }
      if byte == 0 { return }
    }
    if framing.end == .automatic, byte == 0x0d || byte == 0x0a || byte == 0x03 { return finish(now: now) }
    if !isSound { isDamaged = true }
    if buffer.isEmpty, byte < 0x20, byte != 0x09, !beginsEnd(byte) { return }
    buffer.append(byte)
    if case .text(let end) = framing.end, buffer.suffix(end.count).elementsEqual(end) {
      buffer.removeLast(end.count)
      return finish(now: now)
    }
    if buffer.count > framing.maximumLength + endLength {
      if isInStep { counts.tooLong += 1 }
      clear()
      isInStep = false
    }
  }

  private var endLength: Int { if case .text(let end) = framing.end { end.count } else { 0 } }

  private func beginsEnd(_ byte: UInt8) -> Bool {
    if case .text(let end) = framing.end { end.first == byte } else { false }
  }

  private mutating func finish(now: MonotonicTime) {
    defer { clear() }
    guard isInStep else {
      if !buffer.isEmpty { counts.joined += 1 }
      isInStep = true
      return
    }
    let isBlank: (UInt8) -> Bool = { $0 <= 0x20 && $0 != 0x09 || $0 == 0x7f }
    while let last = buffer.last, isBlank(last) { buffer.removeLast() }
    let line = buffer.drop(while: isBlank)
    guard !line.isEmpty else { return }
    guard line.count <= framing.maximumLength else { return counts.tooLong += 1 }
    guard waiting.count < Self.maximumWaiting else { return counts.flooded += 1 }
    counts.lines += 1
    if isDamaged { counts.damaged += 1 }
    waiting.append(FramedLine(Array(line), ended: now, isDamaged: isDamaged))
  }

  private mutating func clear() {
    buffer.removeAll(keepingCapacity: true)
    isDamaged = false
  }
}
