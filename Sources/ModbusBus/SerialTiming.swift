import GatewayCore
import Telemetry

/// How long things take on a serial line.
struct SerialTiming: Hashable {
  /// One character: start bit, 8 data bits, parity, stop bits.
  let character: Duration

  /// Silence between two frames.
  let silence: Duration

  /// A line is taken for quiet after this.
  let quiet: Duration

  /// - Parameter silence: in place of the specification's.
  init(baud: Int, parity: ModbusEndpoint.Parity, stopBits: Int, silence: Duration?) {
    let bits = 1 + 8 + (parity == .none ? 0 : 1) + stopBits
    let costs = LineCosts.serial(baud: baud, bits: bits, silence: silence)
    character = costs.byte
    self.silence = costs.silence
    quiet = costs.settling
  }

  /// A request and its reply on the wire, without the device's time to think.
  func airtime(_ request: ReadRequest) -> Duration {
    let reply = 5 + OwedReplies.Shape(request).byteCount
    return character * (8 + reply)
  }
}
