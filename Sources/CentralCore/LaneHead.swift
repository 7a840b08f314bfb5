/// Where a lane stands: the last number committed, and the check sum of the batch that bears it.
public struct LaneHead: Hashable, Sendable {
  /// 0: nothing was committed.
  public var position: UInt64
  public var checksum: UInt32?

  public init(position: UInt64, checksum: UInt32?) {
    self.position = position
    self.checksum = checksum
  }

  public static let empty = Self(position: 0, checksum: nil)
}
