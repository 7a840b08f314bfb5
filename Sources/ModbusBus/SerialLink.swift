import CModbus
import GatewayCore
import Glibc
import SerialPort
import Telemetry

/// Modbus RTU on a serial port of our own.
final class SerialLink {
  let device: String
  private let baud: Int
  private let parity: ModbusEndpoint.Parity
  private let stopBits: Int
  let timeout: Duration
  let text: FailureText
  let timing: SerialTiming
  private let direction: RS485Direction?
  var context: ModbusContext?
  private var claim: PortClaim?
  var owed = OwedReplies()
  /// No frame is sent before: the last one's end and the silence after it.
  var restUntil = MonotonicTime.zero
  /// When the last frame ended.
  var lastTraffic = MonotonicTime.zero
  var lateReplies = 0

  init(
    device: String, baud: Int, parity: ModbusEndpoint.Parity, stopBits: Int, timeout: Duration, timing: SerialTiming,
    direction: RS485Direction?, text: FailureText
  ) {
    self.device = device
    self.baud = baud
    self.parity = parity
    self.stopBits = stopBits
    self.timeout = timeout
    self.text = text
    self.timing = timing
    self.direction = direction
  }

  func close() {
    context = nil
    claim = nil
  }

  /// Locks the port before libmodbus touches its settings, which another program may be using.
  private func lockPort() throws(FieldBusError) -> PortClaim {
    do throws(PortFailure) {
      return try PortClaim(device)
    } catch {
      throw text.opening(error)
    }
  }

  func open() throws(FieldBusError) {
    guard ModbusEndpoint.serialRates.contains(baud) else {
      throw text.error(.busDown, "\(baud) baud cannot be set on \(device); choose one of \(ModbusEndpoint.serialRates)")
    }
    let claim = try lockPort()
    // A pseudo-terminal has no parity, whatever is asked for. tcsetattr is content as long as it can change anything at all,
    // but after a kill, with all else set already, it would refuse for ever.
    let parity = claim.isPseudoTerminal ? .none : parity
    guard let opened = ModbusContext(device: claim.path, baud: baud, parity: parity, stopBits: stopBits) else {
      throw text.opening(PortFailure(code: errno))
    }
    do {
      try opened.connect()
    } catch {
      throw text.opening(PortFailure(code: error.code))
    }
    // libmodbus waits with select, which cannot watch higher descriptors.
    guard opened.descriptor < FD_SETSIZE else { throw text.opening(PortFailure(code: EMFILE)) }
    try setDirection(opened)
    do {
      try claim.makeExclusive()
    } catch {
      throw text.opening(error)
    }
    self.claim = claim
    context = opened
    // A reply to a request of an earlier run, or of the program that had the port before, must not meet our first.
    listen(quiet: timeout, limit: timeout * 2)
  }

  private func setDirection(_ context: ModbusContext) throws(FieldBusError) {
    guard let direction else { return }
    guard
      fieldgate_set_rs485(
        context.descriptor, direction.isRTSHighWhenSending ? 1 : 0,
        UInt32(direction.delayBeforeSending.wholeMilliseconds), UInt32(direction.delayAfterSending.wholeMilliseconds))
        == 0
    else { throw text.direction(errno) }
  }

  func read(_ request: ReadRequest) throws(FieldBusError) -> [UInt16] {
    guard (1...247).contains(request.unit) else {
      // Unit 0 is broadcast, which nobody answers; 248 to 255 are reserved (Modbus over serial line 1.02, section 2.2).
      throw text.error(
        .inputOutput, "unit \(request.unit) cannot be read at \(device); choose a unit id from 1 to 247")
    }
    do {
      try settle(before: request)
      return try exchange(request)
    } catch {
      throw text.read(request, error)
    }
  }

  /// What came in since the last frame is no reply to the next request.
  func discardInput() {
    listen(quiet: .zero, limit: .milliseconds(10))
  }

  /// Reads and forgets until the line was quiet for so long, at most until the limit; counts replies that nobody waits for.
  ///
  /// - Parameter begun: what has come already, the beginning of a reply.
  func listen(quiet: Duration, limit: Duration, after begun: [UInt8] = [], expecting question: Question? = nil) {
    guard let descriptor = context?.descriptor else { return }
    let end = MonotonicClock.now + limit
    var heard = begun
    defer {
      let replies = StrayFrames.replies(in: heard)
      let isExpected = replies.contains { $0.unit == question?.unit && $0.shape == question?.shape }
      lateReplies += replies.count - (isExpected ? 1 : 0)
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 512) { buffer in
      while heard.count < Self.longestNoise {
        let now = MonotonicClock.now
        guard now < end, MonotonicClock.wait(descriptor, for: POLLIN, until: min(end, now + quiet)) else { return }
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        heard += buffer[..<count]
      }
    }
  }

  /// Most bytes that are listened to at once; a line that never falls silent is noise.
  private static let longestNoise = 64 << 10
}
