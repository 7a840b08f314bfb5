import CModbus
import GatewayCore
import Glibc
import Telemetry

/// One libmodbus context: a socket or serial port and the buffers of one exchange. Owned by one ``ModbusBus``.
final class ModbusContext {
  /// Why an exchange failed: an `errno` of the system or of libmodbus.
  struct Failure: Error, Hashable {
    var code: Int32
    /// The unit whose reply came in place of the right one.
    var answeredBy: UInt8?
  }

  private let context: OpaquePointer

  /// For TCP; without a connection yet.
  init?() {
    // Name and service are only used by libmodbus's own connect, which hides why it failed and gives every address of
    // a host the full time-out.
    guard let context = modbus_new_tcp_pi("localhost", "502") else { return nil }
    self.context = context
    modbus_set_error_recovery(context, MODBUS_ERROR_RECOVERY_NONE)
  }

  /// For RTU; opens nothing yet.
  init?(device: String, baud: Int, parity: ModbusEndpoint.Parity, stopBits: Int) {
    let letter: Character =
      switch parity {
      case .none: "N"
      case .even: "E"
      case .odd: "O"
      }
    let code = CChar(bitPattern: letter.asciiValue ?? 0)
    guard let context = modbus_new_rtu(device, Int32(clamping: baud), code, 8, Int32(clamping: stopBits)) else {
      return nil
    }
    self.context = context
    modbus_set_error_recovery(context, MODBUS_ERROR_RECOVERY_NONE)
  }

  deinit {
    modbus_close(context)
    modbus_free(context)
  }

  /// Opens the serial port.
  func connect() throws(Failure) {
    guard modbus_connect(context) == 0 else { throw Failure(code: errno) }
  }

  /// Takes over a connected socket. The count of transactions goes on from the connection before, so that a device
  /// that mixes up its connections is found out, too.
  func attach(_ socket: Int32) {
    modbus_set_socket(context, socket)
  }

  func close() {
    modbus_close(context)
  }

  /// -1 when closed.
  var descriptor: Int32 { modbus_get_socket(context) }

  /// Throws away what was received and not read, and what was written and not sent.
  func flush() {
    modbus_flush(context)
  }

  func select(unit: UInt8) throws(Failure) {
    guard modbus_set_slave(context, Int32(unit)) == 0 else { throw Failure(code: EINVAL) }
  }

  /// Unit, function code and what follows it; negative, with `errno`, when they could not be sent.
  func sendRaw(_ bytes: [UInt8]) -> Int32 {
    var bytes = bytes
    return modbus_send_raw_request(context, &bytes, Int32(bytes.count))
  }

  /// Sends one request and waits for its reply.
  ///
  /// - Parameter timeout: until the reply is complete.
  func exchange(_ request: ReadRequest, timeout: Duration) throws(Failure) -> [UInt16] {
    guard modbus_set_slave(context, Int32(request.unit)) == 0 else { throw Failure(code: EINVAL) }
    let (seconds, attoseconds) = timeout.components
    modbus_set_response_timeout(
      context, UInt32(clamping: seconds), UInt32(clamping: max(attoseconds / 1_000_000_000_000, seconds > 0 ? 0 : 1)))
    // Without a byte time-out the whole reply must come within the response time-out; with one, a device that sends
    // a byte now and then would hold the bus for minutes.
    modbus_set_byte_timeout(context, 0, 0)
    return request.table.isBits ? try bits(request) : try registers(request)
  }

  private func registers(_ request: ReadRequest) throws(Failure) -> [UInt16] {
    var code: Int32 = 0
    let entries = [UInt16](unsafeUninitializedCapacity: request.count) { buffer, count in
      let (address, wanted) = (Int32(request.address), Int32(request.count))
      let got =
        request.table == .inputRegister
        ? modbus_read_input_registers(context, address, wanted, buffer.baseAddress)
        : modbus_read_registers(context, address, wanted, buffer.baseAddress)
      if got != wanted { code = got < 0 ? errno : fieldgate_modbus_bad_data }
      count = max(0, min(Int(got), request.count))
    }
    guard code == 0 else { throw Failure(code: code) }
    return entries
  }

  private func bits(_ request: ReadRequest) throws(Failure) -> [UInt16] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: request.count) { buffer, count in
      let (address, wanted) = (Int32(request.address), Int32(request.count))
      let got =
        request.table == .coil
        ? modbus_read_bits(context, address, wanted, buffer.baseAddress)
        : modbus_read_input_bits(context, address, wanted, buffer.baseAddress)
      if got != wanted { code = got < 0 ? errno : fieldgate_modbus_bad_data }
      count = max(0, min(Int(got), request.count))
    }
    guard code == 0 else { throw Failure(code: code) }
    return bytes.map { $0 == 0 ? 0 : 1 }
  }
}
