import CModbus
public import GatewayCore
import Glibc
import Telemetry

/// A Modbus line or endpoint over libmodbus. Used by one thread, whose calls block for the time-out at most (twice that after
/// a time-out, see ``holdLineQuiet()``).
///
/// A reply that comes too late must never be taken for the reply to a later request. Over TCP the connection is closed after
/// a time-out, and with it whatever still travels on it; on a serial line, where replies carry no number, the line is held
/// quiet for as long again.
public final class ModbusBus: FieldBus {
  private let endpoint: ModbusEndpoint
  private let timeout: Duration
  private let fault: ModbusFault
  private var context: OpaquePointer?
  /// The connection was closed after a time-out or a damaged reply; the next request opens it again first.
  private var needsReconnect = false
  private var isOpen = false

  /// - Parameter timeout: from the end of a request to the first byte of its reply; above zero.
  public init(endpoint: ModbusEndpoint, timeout: Duration) {
    self.endpoint = endpoint
    self.timeout = timeout
    fault = ModbusFault(endpoint: endpoint, timeout: timeout)
  }

  deinit { close() }

  public func open() throws(FieldBusError) {
    guard !isOpen else { return }
    let made =
      switch endpoint {
      case .tcp(let host, let port): modbus_new_tcp_pi(host, String(port))
      case .rtu(let device, let baud, let parity, let stopBits):
        modbus_new_rtu(
          device, Int32(baud), CChar(bitPattern: parity.rawValue.utf8.first ?? 0), 8, Int32(stopBits))
      }
    guard let made else { throw fault.opening(errno) }
    context = made
    let components = timeout.components
    let seconds = UInt32(clamping: components.seconds)
    let microseconds = UInt32(components.attoseconds / 1_000_000_000_000)
    modbus_set_response_timeout(made, seconds, microseconds)
    // Between two bytes of one reply: converters that gather bytes pause for tens of milliseconds, never for half a second.
    let pause = min(timeout, .milliseconds(500)).components.attoseconds / 1_000_000_000_000
    modbus_set_byte_timeout(made, 0, UInt32(min(pause == 0 ? 500_000 : pause, 999_999)))
    modbus_set_error_recovery(made, MODBUS_ERROR_RECOVERY_NONE)
    guard modbus_connect(made) == 0 else {
      let code = errno
      close()
      throw fault.opening(code)
    }
    if endpoint.isSerial {
      // Two masters on one line destroy each other's frames.
      _ = fieldgate_modbus_claim_port(modbus_get_socket(made))
      modbus_flush(made)
    }
    isOpen = true
    needsReconnect = false
  }

  public func read(_ request: ReadRequest) throws(FieldBusError) -> [UInt16] {
    precondition((1...request.table.maximumReadCount).contains(request.count), "a request beyond Modbus's limits")
    if needsReconnect { try open() }
    guard isOpen, let context else { throw fault.reading(EBADF, request) }
    guard modbus_set_slave(context, Int32(request.unit)) == 0 else { throw fault.reading(errno, request) }
    let entries = request.table.isBits ? readBits(context, request) : readRegisters(context, request)
    if let entries { return entries }
    let error = fault.reading(errno, request)
    recover(from: error)
    throw error
  }

  public func close() {
    guard let context else { return }
    if isOpen { modbus_close(context) }
    modbus_free(context)
    self.context = nil
    isOpen = false
  }

  private func readRegisters(_ context: OpaquePointer, _ request: ReadRequest) -> [UInt16]? {
    var registers = [UInt16](repeating: 0, count: request.count)
    let count =
      request.table == .holdingRegister
      ? modbus_read_registers(context, Int32(request.address), Int32(request.count), &registers)
      : modbus_read_input_registers(context, Int32(request.address), Int32(request.count), &registers)
    return count == request.count ? registers : nil
  }

  private func readBits(_ context: OpaquePointer, _ request: ReadRequest) -> [UInt16]? {
    var bits = [UInt8](repeating: 0, count: request.count)
    let count =
      request.table == .coil
      ? modbus_read_bits(context, Int32(request.address), Int32(request.count), &bits)
      : modbus_read_input_bits(context, Int32(request.address), Int32(request.count), &bits)
    return count == request.count ? bits.map(UInt16.init) : nil
  }

  private func recover(from error: FieldBusError) {
    switch error.reason {
    case .exception, .inputOutput: return
    case .busDown: close()
    default:
      if endpoint.isSerial {
        holdLineQuiet()
      } else {
        close()
        needsReconnect = true
      }
    }
  }

  /// Reads and drops what comes, for one more time-out, or until a late reply has come and the line has been silent after it.
  private func holdLineQuiet() {
    guard let context else { return }
    let descriptor = modbus_get_socket(context)
    var rest = timeout
    let clock = ContinuousClock()
    var end = clock.now + rest
    var buffer = [UInt8](repeating: 0, count: 512)
    while rest > .zero {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let milliseconds = rest.components.seconds * 1_000 + rest.components.attoseconds / 1_000_000_000_000_000
      if poll(&waiting, 1, Int32(clamping: milliseconds + 1)) > 0 {
        guard Glibc.read(descriptor, &buffer, buffer.count) > 0 else { break }
        end = min(end, clock.now + Self.silence)
      }
      rest = end - clock.now
    }
    modbus_flush(context)
  }

  /// Longer than 3.5 characters at 1200 baud (32 ms) and than the pauses of USB adapters (16 ms).
  private static let silence = Duration.milliseconds(50)
}
