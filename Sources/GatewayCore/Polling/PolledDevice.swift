public import Telemetry

/// One device as the poller needs it.
public struct PolledDevice: Hashable, Sendable {
  /// Index into ``Catalogue/devices``; comes back in every ``DeviceScan``.
  public var device: Int
  /// The Modbus unit id.
  public var unit: UInt8
  /// From the start of one scan to the start of the next; more than zero.
  public var scanInterval: Duration
  /// One for each tag, in catalogue order.
  public var points: [RegisterPoint]

  public init(device: Int, unit: UInt8, scanInterval: Duration, points: [RegisterPoint]) {
    self.device = device
    self.unit = unit
    self.scanInterval = scanInterval
    self.points = points
  }
}
