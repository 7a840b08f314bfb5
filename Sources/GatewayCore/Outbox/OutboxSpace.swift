public import Telemetry

/// How much the outbox may hold, for how long, and what goes first when it is too much.
///
/// Telemetry may take what is left after a reserve for alarms. At the limit the oldest telemetry is thinned to a minute's
/// minimum, maximum, mean and count; when all of it is thinned, the oldest is dropped. Either goes on until the store is
/// a twentieth below the limit, so that it is not done for every batch anew. Batches that a request may have carried are
/// left alone: they are few, and they must never change. So are those of epochs that are over: a copy of the store may deliver
/// the same numbers, and only whole batches tell by their check sums whose they are.
public struct OutboxSpace: Hashable, Sendable {
  public enum Decision: Hashable, Sendable {
    case none
    /// Frames must become batches before they can be thinned.
    case cut
    /// Thin so many of the oldest batches.
    case thin(Int)
    case drop(Int, LossNotice.Reason)
  }

  /// Bytes that the store may take; nil: no limit but the disk's.
  public var capacityBytes: Int?
  /// Bytes of the disk that are left to others.
  public var diskFloorBytes: Int
  /// Batches of which all is older than this are dropped; nil: never.
  public var keep: Duration?
  /// Bytes free on the disk, as last looked at; nil: not known.
  public var diskFreeBytes: Int?

  /// Batches changed in one transaction, so that none takes long.
  public static let atOnce = 16
  /// What the disk's floor does not keep the store from taking.
  public static let smallStoreBytes = 16 << 20
  /// What is kept free for alarms: a sixteenth of the capacity, at most this.
  public static let largestReserveBytes = 16 << 20

  public init(capacityBytes: Int? = nil, diskFloorBytes: Int = 64 << 20, keep: Duration? = nil) {
    self.capacityBytes = capacityBytes
    self.diskFloorBytes = diskFloorBytes
    self.keep = keep
  }

  /// Bytes that the store may use now: the capacity, or what its file and the disk have, whichever is less; nil: unknown.
  ///
  /// The file never shrinks, so its free pages are the store's, however full the disk is.
  public func limitBytes(of state: OutboxState) -> Int? {
    let heldBytes = state.usedBytes + state.spareBytes
    // On a disk that others filled up to the floor the store still gets half of what is left, as far as it is small.
    let byDisk = diskFreeBytes.map {
      heldBytes + max($0 - diskFloorBytes, min($0 / 2, Self.smallStoreBytes - heldBytes), 0)
    }
    guard let capacityBytes else { return byDisk }
    return min(capacityBytes, byDisk ?? capacityBytes)
  }

  /// The same without the reserve for alarms.
  public func telemetryLimitBytes(of state: OutboxState) -> Int? {
    limitBytes(of: state).map { $0 - min($0 / 16, Self.largestReserveBytes) }
  }

  public func decide(_ state: OutboxState, wall: Timestamp) -> Decision {
    // A batch goes when all of it is too old, and one that may have been sent says nothing of those behind it.
    if let keep, let oldest = state.oldestDroppable, wall - oldest > keep { return .drop(1, .tooOld) }
    guard let limit = telemetryLimitBytes(of: state), state.usedBytes > limit - limit / 20 else {
      return .none
    }
    if state.thinnableBatches > 0 { return .thin(min(state.thinnableBatches, Self.atOnce)) }
    // Thinning keeps some distance to the limit; dropping begins only at the limit itself.
    guard state.usedBytes > limit else { return .none }
    guard state.droppableBatches > 0 else {
      let frames = state.frames[.telemetry] ?? .init()
      return frames.count > 0 && frames.waitingForClock == 0 ? .cut : .none
    }
    return .drop(min(state.droppableBatches, Self.atOnce), .outboxFull)
  }

  /// How long the store lasts at a rate; nil when it is not filling or has no limit.
  public func timeLeft(_ state: OutboxState, bytesPerDay: Double) -> Duration? {
    guard bytesPerDay > 0, let limit = telemetryLimitBytes(of: state) else { return nil }
    let seconds = max(0, Double(limit - state.usedBytes)) / bytesPerDay * 86_400
    return .seconds(Int64(min(seconds, 1e10)))
  }
}
