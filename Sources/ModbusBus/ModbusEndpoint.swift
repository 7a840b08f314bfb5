/// Where a Modbus bus is: a TCP endpoint or a serial line.
public enum ModbusEndpoint: Hashable, Sendable {
  public enum Parity: Hashable, Sendable {
    case none
    case even
    case odd
  }

  /// - host: a name or an address; a name is looked up at each connection, for which the resolver's time-outs apply.
  /// - port: 1 to 65535.
  case tcp(host: String, port: Int)
  /// - device: path of the port.
  /// - baud: one of ``serialRates``.
  /// - stopBits: 1 or 2.
  case rtu(device: String, baud: Int, parity: Parity, stopBits: Int)

  /// Bits a second that can be set. libmodbus would take any other for 9600 without a word, so they are refused.
  public static let serialRates = [
    1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600,
  ]

  /// As it stands in error texts: `192.0.2.10:502`, `/dev/ttyUSB0`.
  var place: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .rtu(let device, _, _, _): device
    }
  }
}
