import CModbus
import GatewayCore
import Glibc
import Telemetry

/// Writes, and a technician's questions, on a serial line.
extension SerialLink {
  /// Sends once, after everything that may have to go before it, and only if it is still wanted then.
  func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult {
    let what = "the write to \(request.table.name) \(request.address)"
    guard isUnit(request.unit) else {
      return .notSent(text.error(.inputOutput, "unit \(request.unit) cannot be written at \(device)"))
    }
    do throws(ModbusContext.Failure) {
      // A late reply to an earlier write must not pass for the acknowledgement of this one.
      try settle(before: request.readBack)
    } catch {
      return .notSent(text.exchange(unit: request.unit, what, error))
    }
    do throws(ModbusContext.Failure) {
      let shape = OwedReplies.Shape(function: request.function, byteCount: 0)
      let question = Question(
        unit: request.unit, bytes: request.bytes, shape: shape, pacing: request.pacing,
        airtime: timing.airtime(of: request.bytes.count))
      guard let reply = try talk(question, isWanted: isWanted) else { return .expired }
      guard reply == request.acknowledgement else {
        owed.add(request.unit, shape)
        throw ModbusContext.Failure(code: fieldgate_modbus_bad_data)
      }
      return .acknowledged
    } catch {
      return text.writeResult(error, unit: request.unit, what)
    }
  }

  func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8] {
    let what = "function \(request.bytes[0])"
    guard isUnit(request.unit) else {
      throw text.error(.inputOutput, "unit \(request.unit) cannot be asked at \(device); unit ids are 1 to 247")
    }
    do {
      var question = Question(
        unit: request.unit, bytes: request.bytes, shape: .init(function: request.bytes[0], byteCount: 0),
        pacing: RequestPacing(timeout: timeout), airtime: timing.airtime(of: request.bytes.count))
      if var read = ReadRequest(request) {
        read.pacing.timeout = timeout
        // A question of somebody who waits in a gap of the schedule has no time for more.
        try settle(before: read, fences: 1)
        question = Question(read, timing)
      }
      return try talk(question) { true } ?? []
    } catch {
      throw text.exchange(unit: request.unit, what, error, timeout: timeout)
    }
  }

  private func isUnit(_ unit: UInt8) -> Bool { (1...247).contains(unit) }
}

extension SerialTiming {
  /// A request of so many bytes, function code first, and the longest reply.
  fileprivate func airtime(of count: Int) -> Duration { character * (3 + count + ModbusContext.maximumFrame) }
}
