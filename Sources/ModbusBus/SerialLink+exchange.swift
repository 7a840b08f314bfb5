import CModbus
import GatewayCore
import Glibc
import Telemetry

/// One question and its reply, and how replies to earlier questions are kept from passing for it.
extension SerialLink {
  /// A request and what its reply looks like.
  struct Question {
    var unit: UInt8
    /// The function code and what follows it.
    var bytes: [UInt8]
    var shape: OwedReplies.Shape
    var pacing: RequestPacing
    /// Of request and reply on the wire, without the device's time to think.
    var airtime: Duration
  }

  /// Most fences sent before one question: a second one when the reply to the first was damaged.
  static let maximumFences = 2

  /// Lets pass whatever its unit may still send: asks it a fence.
  func settle(
    before request: ReadRequest, fences: Int = SerialLink.maximumFences
  ) throws(ModbusContext.Failure) {
    for attempt in 1...fences {
      guard let fence = owed.fence(before: request) else { return }
      do {
        _ = try exchange(fence)
        return owed.settle(request.unit)
      } catch {
        switch FailureText.reason(error.code) {
        case .exception: return owed.settle(request.unit)
        case .checksum where attempt < fences: continue
        default: throw error
        }
      }
    }
  }

  func exchange(_ request: ReadRequest) throws(ModbusContext.Failure) -> [UInt16] {
    let reply = try talk(Question(request, timing)) { true } ?? []
    let data = reply.dropFirst(2)
    guard request.table.isBits else {
      return (0..<request.count).map { UInt16(data[2 + $0 * 2]) << 8 | UInt16(data[3 + $0 * 2]) }
    }
    return (0..<request.count).map { UInt16(data[2 + $0 / 8] >> UInt8($0 % 8) & 1) }
  }

  /// Asks, and waits for the reply.
  ///
  /// - Returns: the function code and what follows it; nil when it was not wanted any more at the moment at which it would
  ///   have left: nothing was sent.
  func talk(_ question: Question, isWanted: () -> Bool) throws(ModbusContext.Failure) -> [UInt8]? {
    guard let context else { throw ModbusContext.Failure(code: ENOTCONN) }
    let silence = max(timing.silence, question.pacing.turnRound)
    MonotonicClock.sleep(until: max(restUntil, lastTraffic + silence))
    discardInput()
    context.flush()
    guard isWanted() else { return nil }
    defer {
      lastTraffic = MonotonicClock.now
      restUntil = lastTraffic + silence
    }
    var received: [UInt8] = []
    do {
      try context.send(unit: question.unit, question.bytes)
      return try receive(
        question, &received, until: MonotonicClock.now + (question.pacing.timeout ?? timeout) + question.airtime)
    } catch {
      switch FailureText.reason(error.code) {
      case .exception, .inputOutput: break
      case .busDown:
        owed.add(question.unit, question.shape)
        close()
      case .timeout:
        owed.add(question.unit, question.shape)
        listen(quiet: timing.quiet, limit: timeout, after: received)
      default:
        // The rest of a frame that was cut short or out of step must not meet the next request. The reply to this one, if it
        // comes behind, is not late.
        listen(quiet: timing.quiet, limit: timeout, expecting: question)
        owed.add(question.unit, question.shape)
      }
      throw error
    }
  }

  /// The reply; late ones to earlier questions, of this unit or another, are counted and left aside meanwhile.
  ///
  /// - Parameter received: what has come and is no whole reply yet.
  private func receive(
    _ question: Question, _ received: inout [UInt8], until end: MonotonicTime
  ) throws(ModbusContext.Failure) -> [UInt8] {
    guard let context else { throw ModbusContext.Failure(code: ENOTCONN) }
    while true {
      let (unit, reply) = try context.receiveRTU(&received, until: end)
      let shape = OwedReplies.Shape(reply: reply)
      if unit == question.unit, shape == question.shape || shape.isException(to: question.shape.function) {
        return try ModbusContext.unwrapped(reply, function: question.bytes[0])
      }
      if owed.contains(unit, shape) {
        lateReplies += 1
        continue
      }
      guard unit == question.unit else {
        throw ModbusContext.Failure(code: fieldgate_modbus_wrong_unit, answeredBy: unit)
      }
      throw ModbusContext.Failure(code: fieldgate_modbus_bad_data)
    }
  }
}

extension SerialLink.Question {
  init(_ request: ReadRequest, _ timing: SerialTiming) {
    let (address, count) = (request.address, UInt16(clamping: request.count))
    self.init(
      unit: request.unit,
      bytes: [
        request.table.readFunction, UInt8(address >> 8), UInt8(address & 0xff), UInt8(count >> 8), UInt8(count & 0xff),
      ],
      shape: OwedReplies.Shape(request), pacing: request.pacing, airtime: timing.airtime(request))
  }
}
