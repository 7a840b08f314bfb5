import CModbus
import GatewayCore
import Glibc
import Telemetry

/// Writes, and a technician's questions, on a serial line.
extension SerialLink {
  /// Sends once, after everything that may have to go before it, and only if it is still wanted then.
  func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult {
    let what = "the write of \(request.count) to \(request.table.name) \(request.address)"
    guard isUnit(request.unit) else {
      return .notSent(text.error(.inputOutput, "unit \(request.unit) cannot be written at \(device)"))
    }
    do throws(ModbusContext.Failure) {
      // A late reply to an earlier write must not pass for the acknowledgement of this one.
      try settle(before: request.readBack)
    } catch {
      return .notSent(text.exchange(unit: request.unit, what, error.code))
    }
    do throws(ModbusContext.Failure) {
      guard
        let reply = try raw(
          unit: request.unit, request.bytes, pacing: request.pacing,
          owes: .init(function: request.function, byteCount: 0),
          isWanted: isWanted)
      else { return .expired }
      guard reply == request.acknowledgement else {
        owed.add(request.unit, .init(function: request.function, byteCount: 0))
        throw ModbusContext.Failure(code: fieldgate_modbus_bad_data)
      }
      return .acknowledged
    } catch {
      return text.writeResult(error.code, unit: request.unit, what)
    }
  }

  func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8] {
    let what = "function \(request.bytes[0])"
    guard isUnit(request.unit) else {
      throw text.error(.inputOutput, "unit \(request.unit) cannot be asked at \(device); unit ids are 1 to 247")
    }
    do {
      let shape = OwedReplies.Shape(request)
      if var read = ReadRequest(request) {
        read.pacing.timeout = timeout
        try settle(before: read)
      }
      let pacing = RequestPacing(timeout: timeout)
      return try raw(unit: request.unit, request.bytes, pacing: pacing, owes: shape) { true } ?? []
    } catch {
      throw text.exchange(unit: request.unit, what, error.code)
    }
  }

  private func isUnit(_ unit: UInt8) -> Bool { (1...247).contains(unit) }

  /// Nil when nobody wants it any more, and nothing left.
  private func raw(
    unit: UInt8, _ bytes: [UInt8], pacing: RequestPacing, owes shape: OwedReplies.Shape, isWanted: () -> Bool
  ) throws(ModbusContext.Failure) -> [UInt8]? {
    guard let context else { throw ModbusContext.Failure(code: ENOTCONN) }
    let silence = max(timing.silence, pacing.turnRound)
    MonotonicClock.sleep(until: max(restUntil, lastTraffic + silence))
    discardInput()
    context.flush()
    guard isWanted() else { return nil }
    defer {
      lastTraffic = MonotonicClock.now
      restUntil = lastTraffic + silence
    }
    do {
      try context.send(unit: unit, bytes)
      let end = MonotonicClock.now + (pacing.timeout ?? timeout) + timing.airtime(of: bytes.count)
      return try ModbusContext.unwrapped(context.receiveRTU(unit: unit, until: end), function: bytes[0])
    } catch {
      switch FailureText.reason(error.code) {
      case .exception, .inputOutput: break
      case .busDown:
        owed.add(unit, shape)
        close()
      default:
        owed.add(unit, shape)
        listen(quiet: timing.quiet, limit: timeout)
      }
      throw error
    }
  }
}

extension SerialTiming {
  /// A request of so many bytes, function code first, and the longest reply.
  fileprivate func airtime(of count: Int) -> Duration { character * (3 + count + ModbusContext.maximumFrame) }
}

extension OwedReplies.Shape {
  init(_ request: RawRequest) {
    if let read = ReadRequest(request) {
      self.init(read)
    } else {
      self.init(function: request.bytes[0], byteCount: 0)
    }
  }
}

extension ReadRequest {
  /// Nil when it is none of the reads 1 to 4.
  init?(_ request: RawRequest) {
    let bytes = request.bytes
    guard bytes.count == 5, let table = RegisterTable.allCases.first(where: { $0.readFunction == bytes[0] }) else {
      return nil
    }
    self.init(
      unit: request.unit, table: table, address: UInt16(bytes[1]) << 8 | UInt16(bytes[2]),
      count: Int(bytes[3]) << 8 | Int(bytes[4]))
  }
}
