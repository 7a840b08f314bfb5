public import SerialSensors

/// What a bus of serial lines has beside the line that it shares with Modbus.
public struct SerialLinesSettings: Hashable, Sendable {
  public enum FlowControl: String, Sendable, CaseIterable {
    case none
    /// The lines RTS and CTS.
    case hardware = "rts-cts"
    /// The characters XON and XOFF.
    case software = "xon-xoff"
  }

  public enum SDI12Adapter: String, Sendable, CaseIterable {
    /// Passes bytes and breaks on: the gateway makes the bus's timing.
    case transparent
    /// Takes commands as text and makes the timing itself.
    case commands
  }

  /// 7 or 8; default 8.
  public var dataBits: Int
  public var flowControl: FlowControl
  public var framing: LineFraming
  /// The bus is an SDI-12 bus behind such an adapter.
  public var sdi12: SDI12Adapter?

  public init(
    dataBits: Int = 8, flowControl: FlowControl = .none, framing: LineFraming = LineFraming(),
    sdi12: SDI12Adapter? = nil
  ) {
    self.dataBits = dataBits
    self.flowControl = flowControl
    self.framing = framing
    self.sdi12 = sdi12
  }
}
