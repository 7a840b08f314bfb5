public import BatchCodec
public import Telemetry

/// Merges frames of the alarms lane into one batch. Pure.
public struct AlarmCutter: Sendable {
  private let floor: Timestamp
  private var events: [AlarmEvent] = []
  /// Notices in the frames so far.
  public private(set) var losses: [LossNotice] = []
  private var newest: Timestamp

  /// - Parameter floor: the newest time that a batch of the lane has; none in this one is before it.
  public init(floor: Timestamp) {
    self.floor = floor
    newest = floor
  }

  /// Adds the events and notices of a frame; frames come in the order of their sequence.
  ///
  /// - Returns: what the frame says of itself.
  /// - Throws: when the frame is damaged; then nothing of it was added.
  @discardableResult
  public mutating func append(_ frame: StoredFrame) throws(CodecError) -> FrameContents {
    let (arrived, notices) = try FrameCodec.decodeAlarms(frame.bytes)
    losses += notices.map { $0.shifted(by: frame.shift) }
    for var event in arrived {
      newest = max(newest, event.time + frame.shift)
      event.time = newest
      event.until = event.until.map { $0 + frame.shift }
      events.append(event)
    }
    return FrameContents(arrived, notices)
  }

  /// The batch of what was added, and its newest time.
  ///
  /// - Parameter losses: notices beside those in the frames.
  public func batch(
    losses: [LossNotice] = [], epoch: Epoch, number: UInt64
  ) throws(CodecError) -> (bytes: [UInt8], newest: Timestamp) {
    (
      try BatchCodec.encode(epoch: epoch, number: number, alarms: events, losses: losses + self.losses, time: floor),
      newest
    )
  }
}
