public import Telemetry

/// One lane of one epoch: the row of numbers that central keeps a position for.
public struct EpochLane: Hashable, Sendable {
  public var epoch: Epoch
  public var lane: Lane

  public init(_ epoch: Epoch, _ lane: Lane) {
    self.epoch = epoch
    self.lane = lane
  }
}
