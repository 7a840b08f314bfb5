public import Telemetry

/// One lane of one epoch: the row of numbers that central keeps a position for.
public struct EpochLane: Hashable, Comparable, Sendable {
  public var epoch: Epoch
  public var lane: Lane

  public init(_ epoch: Epoch, _ lane: Lane) {
    self.epoch = epoch
    self.lane = lane
  }

  /// An order that is always the same; that of the epochs means nothing.
  public static func < (left: Self, right: Self) -> Bool {
    (left.epoch.high, left.epoch.low, left.lane) < (right.epoch.high, right.epoch.low, right.lane)
  }
}
