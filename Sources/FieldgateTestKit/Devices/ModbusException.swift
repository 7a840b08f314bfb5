/// Exception codes of the Modbus Application Protocol 1.1b3, section 7.
public enum ModbusException: UInt8, Error, Sendable {
  case illegalFunction = 1
  case illegalDataAddress = 2
  case illegalDataValue = 3
  case deviceFailure = 4
  case acknowledge = 5
  case deviceBusy = 6
  case gatewayPathUnavailable = 10
  case gatewayTargetFailed = 11
}
