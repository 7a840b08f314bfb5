import CModbus
import GatewayCore
import Glibc
import Telemetry

/// From libmodbus's error numbers to a reason and a line that says what to look at.
struct ModbusFault {
  let endpoint: ModbusEndpoint
  let timeout: Duration

  func opening(_ code: Int32) -> FieldBusError {
    FieldBusError(.busDown, "cannot open \(endpoint.place): \(Self.text(code)). \(adviceForOpening(code))")
  }

  func reading(_ code: Int32, _ request: ReadRequest) -> FieldBusError {
    let reason = Self.reason(code)
    let what = "unit \(request.unit), \(request.table.name) \(request.address) × \(request.count) at \(endpoint.place)"
    switch reason {
    case .timeout:
      return FieldBusError(
        reason, "\(what): no answer within \(timeout.wholeMilliseconds) ms. \(adviceForSilence)")
    case .exception(let number):
      return FieldBusError(reason, "\(what): the device answers \"\(reason.name)\" (exception \(number))")
    case .checksum:
      return FieldBusError(
        reason, "\(what): wrong check sum. Look for noise, a missing terminator or another baud rate")
    case .malformedReply:
      return FieldBusError(
        reason, "\(what): the reply does not fit the request (\(Self.text(code))). Do two devices share this unit id?")
    case .busDown:
      return FieldBusError(reason, "\(what): \(Self.text(code)). \(adviceForOpening(code))")
    default:
      return FieldBusError(reason, "\(what): \(Self.text(code))")
    }
  }

  static func reason(_ code: Int32) -> Quality.Reason {
    switch code {
    case fieldgate_modbus_first_exception...fieldgate_modbus_last_exception:
      return .exception(UInt8(code - fieldgate_modbus_first_exception + 1))
    case fieldgate_modbus_bad_checksum: return .checksum
    case fieldgate_modbus_bad_data, fieldgate_modbus_bad_exception, fieldgate_modbus_unknown_exception,
      fieldgate_modbus_too_much_data, fieldgate_modbus_bad_unit:
      return .malformedReply
    case ETIMEDOUT: return .timeout
    case EINVAL, ENOMEM: return .inputOutput
    // Everything else that the kernel says of a socket or a port means that it is of no use any more.
    default: return .busDown
    }
  }

  static func text(_ code: Int32) -> String { String(cString: modbus_strerror(code)) }

  private var adviceForSilence: String {
    endpoint.isSerial
      ? "Check its supply, the wires A and B, its unit id and the baud rate" : "Check its supply and its unit id"
  }

  private func adviceForOpening(_ code: Int32) -> String {
    switch code {
    case EACCES, EPERM: "The daemon's user must be in the group of the port (dialout)"
    case ENOENT, ENODEV, ENXIO, EIO: "Is the adapter plugged in? See: ls -l /dev/serial/by-id"
    case EBUSY: "Another program has the port open; find it with: fuser \(endpoint.place)"
    case ECONNREFUSED: "The host answers, but nothing listens on this port"
    case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: "Is the device on, and is the network cable in?"
    default:
      endpoint.isSerial ? "See: dmesg | tail" : "Check the address, and whether the device allows another connection"
    }
  }
}
