import GatewayCore
import Telemetry

/// How long things take on a serial line.
struct SerialTiming: Hashable {
  /// One character: start bit, 8 data bits, parity, stop bits.
  let character: Duration

  /// Silence that ends a frame: 3.5 characters, or 1.75 ms above 19200 baud (Modbus over serial line 1.02, section
  /// 2.5.1.1).
  let silence: Duration

  /// A line is taken for quiet after this. USB adapters hand over what they receive every 16 ms.
  let quiet: Duration

  init(baud: Int, parity: ModbusEndpoint.Parity, stopBits: Int) {
    let bits = 1 + 8 + (parity == .none ? 0 : 1) + stopBits
    character = .nanoseconds(bits * 1_000_000_000 / max(1, baud))
    silence = baud > 19_200 ? .microseconds(1_750) : character * 7 / 2
    quiet = max(.milliseconds(20), silence)
  }

  /// A request and its reply on the wire, without the device's time to think.
  func airtime(_ request: ReadRequest) -> Duration {
    let reply = 5 + OwedReplies.Shape(request).byteCount
    return character * (8 + reply)
  }
}
