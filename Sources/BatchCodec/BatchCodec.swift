public import Telemetry

/// Reads and writes batches. The bytes are specified in `docs/formats/batch.md`.
public enum BatchCodec {
  /// The head of the batch that starts at the first byte, and how many bytes the whole batch takes. Checks magic,
  /// version and limits, and that all bytes are there; not the check sum.
  public static func readHeader(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> (header: BatchHeader, length: Int) {
    throw CodecError(.malformed, offset: 0, "not written yet")
  }

  /// Decodes exactly one batch, check sum first.
  public static func decode(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> Batch {
    throw CodecError(.malformed, offset: 0, "not written yet")
  }

  /// Encodes a telemetry batch. Devices without rows are left out.
  ///
  /// - Throws: when the content is outside ``BatchLimits``.
  public static func encode(
    epoch: Epoch, number: UInt64, catalogue: Catalogue, devices: [DeviceColumns]
  ) throws(CodecError) -> [UInt8] {
    throw CodecError(.malformed, offset: 0, "not written yet")
  }

  /// Encodes a batch of the alarms lane.
  public static func encode(epoch: Epoch, number: UInt64, alarms: [AlarmEvent]) throws(CodecError) -> [UInt8] {
    throw CodecError(.malformed, offset: 0, "not written yet")
  }
}
