public import BatchCodec
public import Telemetry

/// Merges frames into one batch. Pure; the store calls it inside the transaction that deletes the frames.
public enum BatchCutter {
  /// One batch of the rows and loss notices of `frames`, which are in the order of their sequence and all of `catalogue`.
  ///
  /// - Parameter time: of the batch when nothing in it has a time.
  public static func telemetry(
    frames: [[UInt8]], catalogue: Catalogue, epoch: Epoch, number: UInt64, time: Timestamp? = nil
  ) throws(CodecError) -> [UInt8] {
    var merged = catalogue.devices.enumerated().map {
      DeviceColumns(device: $0.offset, tagCount: $0.element.tags.count)
    }
    var losses: [LossNotice] = []
    for frame in frames {
      let content = try FrameCodec.decodeTelemetry(frame, catalogue: catalogue)
      for block in content.blocks { merged[block.device].append(block) }
      losses += content.losses
    }
    return try BatchCodec.encode(
      epoch: epoch, number: number, catalogue: catalogue, devices: merged, losses: losses, time: time)
  }

  /// One batch of the events of `frames`.
  public static func alarms(frames: [[UInt8]], epoch: Epoch, number: UInt64) throws(CodecError) -> [UInt8] {
    var events: [AlarmEvent] = []
    for frame in frames { events += try FrameCodec.decodeAlarms(frame) }
    return try BatchCodec.encode(epoch: epoch, number: number, alarms: events)
  }
}
