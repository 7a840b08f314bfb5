import CModbus
import GatewayCore
import Glibc
import SerialPort
import Telemetry

/// Turns error numbers into reasons and into lines that tell an operator what to do.
struct FailureText {
  /// Of the bus, as in the configuration.
  let name: String
  let endpoint: ModbusEndpoint
  let timeout: Duration

  func error(_ reason: Quality.Reason, _ text: String) -> FieldBusError {
    FieldBusError(reason, "bus \(name): \(text)")
  }

  /// Why a read failed.
  func read(_ request: ReadRequest, _ failure: ModbusContext.Failure) -> FieldBusError {
    exchange(
      unit: request.unit, "the read of \(request.count) from \(request.table.name) \(request.address)", failure,
      timeout: request.pacing.timeout)
  }

  /// What is known of a write that ended with an error.
  func writeResult(_ failure: ModbusContext.Failure, unit: UInt8, _ what: String) -> WriteResult {
    let error = exchange(unit: unit, what, failure)
    switch error.reason {
    // "Acknowledge": the device has it, and carrying it out takes long (Modbus Application Protocol 1.1b3, section 7).
    case .exception(5): return .unknown(error)
    case .exception: return .refused(error)
    case .inputOutput: return .notSent(error)
    default: return .unknown(error)
    }
  }

  /// What to do about a Modbus exception, 1 to 11.
  static func advice(onException number: UInt8) -> String {
    switch number {
    case 4, 8: "the device itself reports a fault; look at its display and its manual"
    case 5, 6: "the device is busy; ask less often"
    case 10, 11: "the gateway on the way says so; check wiring, unit id and baud rate behind it"
    default: "compare tables and addresses with the device's manual"
    }
  }

  /// Why a request failed.
  ///
  /// - Parameter what: `the read of 2 from coil 7`.
  func exchange(
    unit number: UInt8, _ what: String, _ failure: ModbusContext.Failure, timeout: Duration? = nil
  ) -> FieldBusError {
    let code = failure.code
    let unit = "unit \(number)"
    let place = endpoint.place
    let reason = Self.reason(code)
    switch reason {
    case .timeout:
      return error(
        reason,
        "\(unit) did not answer within \((timeout ?? self.timeout).wholeMilliseconds) ms at \(place); "
          + timeoutAdvice)
    case .exception(let number):
      return error(
        reason, "\(unit) at \(place) answered \(what) with \"\(reason.name)\"; \(Self.advice(onException: number))")
    case .checksum:
      return error(
        reason,
        "\(unit) at \(place) answered \(what) with a wrong check sum; check shield, termination, baud rate and parity")
    case .malformedReply where failure.answeredBy != nil:
      let other = failure.answeredBy.map { "unit \($0)" } ?? "another unit"
      return FieldBusError(
        reason,
        "bus \(name): \(other) at \(place) answered \(what), which \(unit) was asked for; check the unit id that is set "
          + "in the device, and for a second master on the line",
        answeredBy: failure.answeredBy)
    case .malformedReply:
      return error(
        reason,
        "\(unit) at \(place) answered \(what) with a reply that does not fit (\(Self.text(code))); "
          + "check for two devices with one unit id, noise, or a time-out that is too short")
    case .inputOutput:
      return error(reason, "\(what) of \(unit) at \(place) cannot be sent (\(Self.text(code))); check the unit id")
    default:
      return FieldBusError(
        .busDown,
        "bus \(name): lost \(place) at \(what) of \(unit) (\(Self.text(code))); \(lossAdvice)",
        mayReturnSoon: isSerial)
    }
  }

  /// Why a serial port could not be opened.
  func opening(_ failure: PortFailure) -> FieldBusError {
    FieldBusError(
      .busDown, "bus \(name): cannot open \(endpoint.place) (\(failure.text)); \(failure.advice(on: endpoint.place))",
      mayReturnSoon: true)
  }

  /// Why the driver does not switch the direction of an RS-485 line.
  func direction(_ code: Int32) -> FieldBusError {
    let cause = [ENOTTY, EINVAL, EOPNOTSUPP].contains(code) ? "its driver cannot do that" : Self.text(code)
    return error(
      .busDown,
      "cannot set RS-485 direction control on \(endpoint.place) (\(cause)); remove 'rs485' from the bus if the adapter "
        + "switches by itself, as nearly all USB adapters do, or use a port whose driver knows TIOCSRS485")
  }

  private var isSerial: Bool {
    if case .rtu = endpoint { true } else { false }
  }

  private var timeoutAdvice: String {
    switch endpoint {
    case .tcp: "check the unit id, and that the device is on"
    case .rtu: "check wiring, unit id and baud rate"
    }
  }

  private var lossAdvice: String {
    switch endpoint {
    case .tcp: "it is connected again as soon as the device allows; check its power and the network"
    case .rtu: "it is opened again as soon as it is back; check the adapter and its cable"
    }
  }

  /// What an error number means for the tags that were asked for.
  static func reason(_ code: Int32) -> Quality.Reason {
    let base = fieldgate_modbus_exception_base
    switch code {
    case ETIMEDOUT: return .timeout
    case base + 1...fieldgate_modbus_last_exception: return .exception(UInt8(code - base))
    case fieldgate_modbus_bad_checksum: return .checksum
    case base...fieldgate_modbus_wrong_unit: return .malformedReply
    case EINVAL: return .inputOutput
    // Whatever else the system says about a socket or a port: opening it again is the cure to try.
    default: return .busDown
    }
  }

  static func text(_ code: Int32) -> String {
    switch code {
    case fieldgate_modbus_bad_exception, fieldgate_modbus_unknown_exception: "an unknown exception code"
    case fieldgate_modbus_wrong_unit: "from another unit"
    case fieldgate_modbus_bad_data: "wrong length, function or transaction"
    default: String(cString: modbus_strerror(code))
    }
  }
}
