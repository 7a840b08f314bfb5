public import BatchCodec
public import Telemetry

/// Merges frames into one batch. Pure; the store calls it inside the transaction that deletes the frames.
public enum BatchCutter {
  /// A frame as it lies in the store.
  public struct Frame: Sendable {
    public var bytes: [UInt8]
    /// What to add to its times, because they are those of the boot clock; zero for wall-clock times.
    public var shift: Duration
    /// The shift is a guess: the boot ended before its clock was trusted. Its readings become uncertain.
    public var isEstimated: Bool

    public init(bytes: [UInt8], shift: Duration = .zero, isEstimated: Bool = false) {
      self.bytes = bytes
      self.shift = shift
      self.isEstimated = isEstimated
    }
  }

  /// One batch of the rows of `frames`, which are in the order of their sequence and all of `catalogue`.
  ///
  /// - Parameters:
  ///   - losses: notices beside those in the frames.
  ///   - floor: no time in the batch is before it, so that the times of a tag never go back.
  ///   - time: the batch's time when nothing in it has one.
  /// - Returns: the batch and its newest time.
  public static func telemetry(
    frames: [Frame], losses given: [LossNotice] = [], catalogue: Catalogue, epoch: Epoch, number: UInt64,
    floor: Timestamp, time: Timestamp
  ) throws(CodecError) -> (bytes: [UInt8], newest: Timestamp) {
    var merged = catalogue.devices.enumerated().map {
      DeviceColumns(device: $0.offset, tagCount: $0.element.tags.count)
    }
    var losses = given
    var newest = floor
    // Frames of the wall clock are in order among themselves, device by device. Those of the boot clock are placed now, so
    // whatever follows them must not be before them.
    var start = floor
    for frame in frames {
      let (blocks, notices) = try FrameCodec.decodeTelemetry(frame.bytes, catalogue: catalogue)
      if frame.shift != .zero { start = newest }
      defer { if frame.shift != .zero { start = newest } }
      for block in blocks {
        let placed = place(block, frame, floor: start)
        merged[block.device].append(placed)
        newest = max(newest, placed.times.max() ?? newest)
      }
      losses += notices
    }
    let bytes = try BatchCodec.encode(
      epoch: epoch, number: number, catalogue: catalogue, devices: merged, losses: losses, time: max(floor, time))
    return (bytes, newest)
  }

  /// One batch of the events of `frames`.
  public static func alarms(
    frames: [Frame], losses: [LossNotice] = [], epoch: Epoch, number: UInt64, floor: Timestamp
  ) throws(CodecError) -> (bytes: [UInt8], newest: Timestamp) {
    var events: [AlarmEvent] = []
    var newest = floor
    for frame in frames {
      for var event in try FrameCodec.decodeAlarms(frame.bytes) {
        newest = max(newest, event.time + frame.shift)
        event.time = newest
        events.append(event)
      }
    }
    return (try BatchCodec.encode(epoch: epoch, number: number, alarms: events, losses: losses, time: floor), newest)
  }

  private static func place(_ block: DeviceColumns, _ frame: Frame, floor: Timestamp) -> DeviceColumns {
    var block = block
    for row in block.times.indices { block.times[row] = max(floor, block.times[row] + frame.shift) }
    guard frame.isEstimated else { return block }
    for column in block.columns.indices {
      for row in block.columns[column].qualities.indices where block.columns[column].qualities[row] == .good {
        block.columns[column].qualities[row] = .uncertain(.clock)
      }
    }
    return block
  }
}
