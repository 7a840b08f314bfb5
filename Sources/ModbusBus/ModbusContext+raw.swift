import CModbus
import GatewayCore
import Glibc
import Telemetry

/// Requests whose replies are compared byte by byte: libmodbus takes any reply with the right function and count for the
/// acknowledgement of a write, also one to an earlier write elsewhere.
extension ModbusContext {
  /// Longest reply: unit, 253 bytes, check sum, or the TCP header before them.
  static let maximumFrame = LineCosts.longestFrame

  /// Sends the function code and what follows it, in the frame of the medium.
  ///
  /// - Throws: with `EINVAL` when nothing left; after any other error part of it may have.
  func send(unit: UInt8, _ bytes: [UInt8]) throws(Failure) {
    try select(unit: unit)
    let raw = [unit] + bytes
    guard sendRaw(raw) >= 0 else { throw Failure(code: errno) }
  }

  /// The next reply on a serial line, whoever sent it: the function code and what follows it.
  ///
  /// - Parameter bytes: what has been received and not used yet.
  func receiveRTU(
    _ bytes: inout [UInt8], until end: MonotonicTime
  ) throws(Failure) -> (unit: UInt8, reply: [UInt8]) {
    while true {
      if let length = RawReply.lengthOnLine(bytes.dropFirst()), bytes.count >= 3 + length {
        let frame = Array(bytes[..<(3 + length)])
        guard CheckSum.of(frame) == 0 else { throw Failure(code: fieldgate_modbus_bad_checksum) }
        bytes.removeFirst(3 + length)
        return (frame[0], Array(frame[1...length]))
      }
      guard bytes.count < Self.maximumFrame else { throw Failure(code: fieldgate_modbus_too_much_data) }
      bytes += try receive(until: end)
    }
  }

  /// The reply to the request that was sent last on a TCP connection. libmodbus gives raw requests the transaction 0.
  func receiveTCP(unit: UInt8, until end: MonotonicTime) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      if bytes.count >= 6 {
        let length = Int(bytes[4]) << 8 | Int(bytes[5])
        guard bytes[..<4].allSatisfy({ $0 == 0 }), (3...254).contains(length), bytes.count <= 6 + length else {
          throw Failure(code: fieldgate_modbus_bad_data)
        }
        if bytes.count == 6 + length {
          guard bytes[6] == unit else { throw Failure(code: fieldgate_modbus_wrong_unit, answeredBy: bytes[6]) }
          return Array(bytes[7...])
        }
      }
      bytes += try receive(until: end)
    }
  }

  /// What has come, at least one byte.
  private func receive(until end: MonotonicTime) throws(Failure) -> [UInt8] {
    guard MonotonicClock.wait(descriptor, for: POLLIN, until: end) else { throw Failure(code: ETIMEDOUT) }
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.maximumFrame) { buffer, count in
      let got = read(descriptor, buffer.baseAddress, buffer.count)
      if got <= 0 { code = got < 0 ? errno : ECONNRESET }
      count = max(0, got)
    }
    guard code == 0 || code == EAGAIN || code == EINTR else { throw Failure(code: code) }
    return bytes
  }

  /// The reply without an exception.
  static func unwrapped(_ reply: [UInt8], function: UInt8) throws(Failure) -> [UInt8] {
    if reply.count == 2, reply[0] == function | 0x80 {
      let known = 1...(fieldgate_modbus_last_exception - fieldgate_modbus_exception_base)
      guard known.contains(Int32(reply[1])) else { throw Failure(code: fieldgate_modbus_unknown_exception) }
      throw Failure(code: fieldgate_modbus_exception_base + Int32(reply[1]))
    }
    guard reply.first == function, RawReply.length(reply[...]) == reply.count else {
      throw Failure(code: fieldgate_modbus_bad_data)
    }
    return reply
  }
}
