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
  private(set) var lateReplies = 0

  /// Most fences sent before one read. One is enough when the device is quiet or dead; the second and third pass when
  /// late replies come in between.
  static let maximumFences = 3

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
      throw text.opening(error.code)
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
    guard let opened = ModbusContext(device: device, baud: baud, parity: parity, stopBits: stopBits) else {
      throw text.opening(errno)
    }
    do {
      try opened.connect()
    } catch {
      throw text.opening(error.code)
    }
    // libmodbus waits with select, which cannot watch higher descriptors.
    guard opened.descriptor < FD_SETSIZE else { throw text.opening(EMFILE) }
    try setDirection(opened)
    do {
      try claim.makeExclusive()
    } catch {
      throw text.opening(error.code)
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
      return try settledExchange(request)
    } catch  where error.code == fieldgate_modbus_wrong_unit && owed.containsOther(than: request.unit) {
      // Most likely the late reply of another unit came in place of this one's: worth a second question.
      lateReplies += 1
    } catch {
      throw text.read(request, error.code)
    }
    do {
      return try settledExchange(request)
    } catch {
      throw text.read(request, error.code)
    }
  }

  /// Makes sure that no earlier reply of the unit is under way, then asks.
  private func settledExchange(_ request: ReadRequest) throws(ModbusContext.Failure) -> [UInt16] {
    try settle(before: request)
    return try exchange(request)
  }

  /// Asks its unit fences until none of its replies can be under way any more.
  func settle(before request: ReadRequest) throws(ModbusContext.Failure) {
    for attempt in 1...Self.maximumFences {
      guard let fence = owed.fence(before: request) else { break }
      do {
        _ = try exchange(fence)
        owed.settle(request.unit)
      } catch {
        switch FailureText.reason(error.code) {
        case .exception: owed.settle(request.unit)
        case .checksum, .malformedReply:
          guard attempt < Self.maximumFences else { throw error }
        default: throw error
        }
      }
    }
  }

  private func exchange(_ request: ReadRequest) throws(ModbusContext.Failure) -> [UInt16] {
    guard let context else { throw ModbusContext.Failure(code: ENOTCONN) }
    MonotonicClock.sleep(until: max(restUntil, lastTraffic + max(timing.silence, request.pacing.turnRound)))
    discardInput()
    context.flush()
    defer {
      lastTraffic = MonotonicClock.now
      restUntil = lastTraffic + max(timing.silence, request.pacing.turnRound)
    }
    do {
      let timeout = request.pacing.timeout ?? timeout
      return try context.exchange(request, timeout: timeout + timing.airtime(request))
    } catch {
      switch FailureText.reason(error.code) {
      case .exception, .inputOutput: break
      case .busDown:
        owed.add(request)
        close()
      case .timeout:
        owed.add(request)
        listen(quiet: timing.quiet, limit: timeout)
      default:
        // What came instead of the reply to a fence is what the fence is there to stop.
        if owed.contains(request.unit) { lateReplies += 1 }
        // The rest of a frame that was cut short or out of step must not meet the next request. The reply to this one, if it
        // comes behind, is not late.
        listen(quiet: timing.quiet, limit: timeout, expecting: request)
        owed.add(request)
      }
      throw error
    }
  }

  /// What came in since the last frame is no reply to the next request.
  func discardInput() {
    listen(quiet: .zero, limit: .milliseconds(10))
  }

  /// Reads and forgets until the line was quiet for so long, at most until the limit; counts replies that nobody waits for.
  func listen(quiet: Duration, limit: Duration, expecting request: ReadRequest? = nil) {
    guard let descriptor = context?.descriptor else { return }
    let end = MonotonicClock.now + limit
    var heard: [UInt8] = []
    defer {
      let replies = StrayFrames.replies(in: heard)
      let isExpected = replies.contains { $0.unit == request?.unit && $0.shape == request.map(OwedReplies.Shape.init) }
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
