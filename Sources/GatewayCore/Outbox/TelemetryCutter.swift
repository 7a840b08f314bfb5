public import BatchCodec
public import Telemetry

/// Merges frames of one catalogue into one batch. Pure; the store calls it inside the transaction that deletes the frames.
public struct TelemetryCutter: Sendable {
  private var rows: FrameRows
  /// No time in the batch is before it, so that the times of a tag never go back.
  private let floor: Timestamp
  /// Newest time so far.
  private var newest: Timestamp
  /// Frames of the wall clock are in order among themselves, device by device. Those of the boot clock are placed now, so
  /// whatever follows them must not be before them.
  private var start: Timestamp
  /// Notices in the frames so far, with times of the wall clock.
  public private(set) var losses: [LossNotice] = []

  /// - Parameter floor: the newest time that a batch of the lane has.
  public init(_ layout: FrameLayout, floor: Timestamp) {
    rows = FrameRows(layout)
    self.floor = floor
    newest = floor
    start = floor
  }

  /// Adds the rows and notices of a frame; frames come in the order of their sequence.
  ///
  /// - Returns: what the frame says of itself.
  /// - Throws: when the frame is damaged; then nothing of it was added.
  @discardableResult
  public mutating func append(_ frame: StoredFrame) throws(CodecError) -> FrameContents {
    let first = rows.rows.count
    let readings = rows.bits.count
    let notices = rows.losses.count
    try rows.append(frame.bytes)
    let contents = try FrameContents(
      of: frame.bytes, samples: rows.bits.count - readings, rows.rows[first...], rows.losses[notices...])
    losses += rows.losses[notices...].map { $0.shifted(by: frame.shift) }
    if frame.shift != .zero { start = newest }
    let shift = frame.shift.wholeMilliseconds
    for index in first..<rows.rows.count {
      let time = max(start, Timestamp(milliseconds: rows.rows[index].time.milliseconds &+ shift))
      rows.rows[index].time = time
      newest = max(newest, time)
    }
    if frame.shift != .zero { start = newest }
    guard frame.isEstimated else { return contents }
    for index in readings..<rows.bits.count where rows.qualities[index] == .good {
      rows.qualities[index] = .uncertain(.clock)
    }
    return contents
  }

  /// The batch of what was added.
  ///
  /// - Parameters:
  ///   - losses: notices beside those in the frames.
  ///   - time: the batch's time when nothing in it has one.
  /// - Returns: the batch and its newest time.
  public func batch(
    losses: [LossNotice] = [], epoch: Epoch, number: UInt64, time: Timestamp
  ) throws(CodecError) -> (bytes: [UInt8], newest: Timestamp) {
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: number, catalogue: rows.layout.catalogue, devices: rows.columns(),
      losses: losses + self.losses, time: max(floor, time))
    return (bytes, newest)
  }
}
