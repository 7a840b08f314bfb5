/// Where a bus is: one TCP endpoint or one serial line.
public enum ModbusEndpoint: Hashable, Sendable {
  /// A host name or an address, and a port.
  case tcp(host: String, port: Int)
  /// A serial port with 8 data bits. `baud` is one of the rates Linux names, `stopBits` 1 or 2.
  case rtu(device: String, baud: Int, parity: ModbusParity, stopBits: Int)

  /// For error texts.
  var place: String {
    switch self {
    case .tcp(let host, let port): "\(host):\(port)"
    case .rtu(let device, _, _, _): device
    }
  }

  var isSerial: Bool {
    if case .rtu = self { true } else { false }
  }
}

/// Parity of a serial line, by the letter that libmodbus takes.
public enum ModbusParity: String, Hashable, Sendable {
  case none = "N"
  case even = "E"
  case odd = "O"
}
