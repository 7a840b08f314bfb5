public import Telemetry

/// A device as the command machine knows it.
public struct CommandDevice: Hashable, Sendable {
  public var name: String
  /// Whatever tells the buses apart; comes back in ``CommandEffect/submit(_:bus:)``.
  public var bus: Int
  /// The Modbus unit id.
  public var unit: UInt8
  public var functions: WriteFunctions
  public var tags: [CommandTag]
  public var pacing: RequestPacing

  public init(
    name: String, bus: Int, unit: UInt8, functions: WriteFunctions, tags: [CommandTag],
    pacing: RequestPacing = RequestPacing()
  ) {
    self.pacing = pacing
    self.name = name
    self.bus = bus
    self.unit = unit
    self.functions = functions
    self.tags = tags
  }
}
