import CModbus
import GatewayCore
import Glibc
import Telemetry

/// Writes, and a technician's questions, over TCP.
extension TCPLink {
  /// Sends once: unlike a read, a write is not sent again on a new connection, because the old one may have carried it.
  func write(_ request: WriteRequest, isWanted: () -> Bool) -> WriteResult {
    do throws(FieldBusError) {
      try makeReady()
    } catch {
      return .notSent(error)
    }
    MonotonicClock.sleep(until: restUntil)
    guard isWanted() else { return .expired }
    defer {
      if request.pacing.turnRound > .zero { restUntil = MonotonicClock.now + request.pacing.turnRound }
    }
    do throws(ModbusContext.Failure) {
      let reply = try raw(unit: request.unit, request.bytes, timeout: request.pacing.timeout ?? timeout)
      guard reply == request.acknowledgement else {
        close()
        throw ModbusContext.Failure(code: fieldgate_modbus_bad_data)
      }
      return .acknowledged
    } catch {
      return text.writeResult(
        error, unit: request.unit, "the write to \(request.table.name) \(request.address)")
    }
  }

  func ask(_ request: RawRequest, timeout: Duration) throws(FieldBusError) -> [UInt8] {
    try makeReady()
    MonotonicClock.sleep(until: restUntil)
    do {
      return try raw(unit: request.unit, request.bytes, timeout: timeout)
    } catch {
      throw text.exchange(unit: request.unit, "function \(request.bytes[0])", error, timeout: timeout)
    }
  }

  /// A connection on which nothing waits to be read.
  private func makeReady() throws(FieldBusError) {
    if isConnected && !isIdle { close() }
    if !isConnected { try connect() }
  }

  private func raw(unit: UInt8, _ bytes: [UInt8], timeout: Duration) throws(ModbusContext.Failure) -> [UInt8] {
    guard let context, isConnected else { throw ModbusContext.Failure(code: ENOTCONN) }
    do {
      try context.send(unit: unit, bytes)
      let reply = try context.receiveTCP(unit: unit, until: MonotonicClock.now + timeout)
      return try ModbusContext.unwrapped(reply, function: bytes[0])
    } catch {
      switch FailureText.reason(error.code) {
      case .exception, .inputOutput: break
      default: close()
      }
      throw error
    }
  }
}
