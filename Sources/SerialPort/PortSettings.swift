/// How a serial port is set: bits and their speed.
public struct PortSettings: Hashable, Sendable {
  public enum Parity: Hashable, Sendable {
    case none
    case even
    case odd
  }

  public enum FlowControl: Hashable, Sendable {
    case none
    case hardware
    case software
  }

  /// Path of the port.
  public var device: String
  /// Bits a second, one of ``rates``.
  public var baud: Int
  /// 7 or 8.
  public var dataBits: Int
  public var parity: Parity
  /// 1 or 2.
  public var stopBits: Int
  public var flowControl: FlowControl

  public init(
    device: String, baud: Int = 9_600, dataBits: Int = 8, parity: Parity = .none, stopBits: Int = 1,
    flowControl: FlowControl = .none
  ) {
    self.device = device
    self.baud = baud
    self.dataBits = dataBits
    self.parity = parity
    self.stopBits = stopBits
    self.flowControl = flowControl
  }

  /// Rates that Linux names.
  public static let rates = [
    1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600,
  ]

  /// One character on the wire: start bit, data bits, parity, stop bits.
  public var characterTime: Duration {
    let bits = 1 + dataBits + (parity == .none ? 0 : 1) + stopBits
    return .nanoseconds(bits * 1_000_000_000 / max(1, baud))
  }

  /// `9600 8N1`.
  public var text: String {
    let letter =
      switch parity {
      case .none: "N"
      case .even: "E"
      case .odd: "O"
      }
    return "\(baud) \(dataBits)\(letter)\(stopBits)"
  }
}
