public import Telemetry

/// One row of batches at central: a gateway, the life of its store, and alarms or telemetry.
public struct LaneKey: Hashable, Sendable {
  /// From the gateway's certificate.
  public var gateway: String
  public var epoch: Epoch
  public var lane: Lane

  public init(gateway: String, epoch: Epoch, lane: Lane) {
    self.gateway = gateway
    self.epoch = epoch
    self.lane = lane
  }
}
