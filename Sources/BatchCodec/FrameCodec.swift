public import Telemetry

/// Reads and writes frames: what one flush appends to the outbox. Frames never leave the gateway; cutting merges them into
/// a batch. The bytes are specified in `docs/formats/frame.md`.
public enum FrameCodec {
  static let magic: UInt8 = 0x46
  static let version: UInt8 = 1
  /// Frames are small and short-lived: the cheapest level.
  static let compressionLevel: Int32 = 1

  /// Rows of some devices of a catalogue that the store keeps under `catalogueID`, and loss notices. Devices without rows
  /// are left out.
  ///
  /// - Precondition: at most ``BatchLimits/maximumLosses`` notices.
  public static func encode(
    _ devices: [DeviceColumns], losses: [LossNotice] = [], catalogue: Catalogue, catalogueID: Int
  ) -> [UInt8] {
    precondition(losses.count <= BatchLimits.maximumLosses, "more loss notices than a frame may hold")
    let body = TelemetryBody(blocks: devices.filter { $0.rowCount > 0 }, losses: losses)
    return seal(
      body.encoded(catalogue: catalogue, selfContained: false, level: compressionLevel), compressed: nil,
      lane: .telemetry, catalogueID: catalogueID)
  }

  public static func encode(_ alarms: [AlarmEvent]) -> [UInt8] {
    let body = AlarmBody.encode(alarms)
    return seal(
      body, compressed: Compression.compress(body, level: compressionLevel), lane: .alarms, catalogueID: 0)
  }

  /// A telemetry frame's rows and loss notices; `catalogue` is the one it was written with.
  public static func decodeTelemetry(
    _ bytes: [UInt8], catalogue: Catalogue
  ) throws(CodecError) -> (blocks: [DeviceColumns], losses: [LossNotice]) {
    let body = try TelemetryBody.decode(try open(bytes, lane: .telemetry), catalogue: catalogue).body
    guard body.aggregates.isEmpty else { throw CodecError(.malformed, offset: 6, "a frame with aggregates") }
    return (body.blocks, body.losses)
  }

  public static func decodeAlarms(_ bytes: [UInt8]) throws(CodecError) -> [AlarmEvent] {
    try AlarmBody.decode(try open(bytes, lane: .alarms)).events
  }

  private static func seal(_ body: [UInt8], compressed: [UInt8]?, lane: Lane, catalogueID: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.append(magic)
    writer.append(version)
    writer.append(lane.rawValue)
    writer.append(compressed == nil ? 0 : BatchCodec.compressedFlag)
    writer.append(varint: catalogueID)
    writer.append(varint: body.count)
    writer.append(compressed ?? body)
    writer.append(fixed: CRC32C.checksum(writer.bytes[...]))
    return writer.bytes
  }

  private static func open(_ bytes: [UInt8], lane: Lane) throws(CodecError) -> [UInt8] {
    let end = bytes.count - BatchCodec.checksumBytes
    guard end >= 6 else { throw CodecError(.truncated, offset: bytes.count, "too short for a frame") }
    guard bytes[0] == magic else { throw CodecError(.badMagic, offset: 0, "this is not a frame") }
    guard bytes[1] == version else {
      throw CodecError(.unsupportedVersion, offset: 1, "version \(bytes[1]); this program reads version 1")
    }
    try BatchCodec.verifyChecksum(bytes[...], end: end)
    guard bytes[2] == lane.rawValue, bytes[3] & ~BatchCodec.compressedFlag == 0 else {
      throw CodecError(.malformed, offset: 2, "lane \(bytes[2]), flags \(bytes[3])")
    }
    var reader = ByteReader(Array(bytes[4..<end]))
    _ = try reader.count("catalogue", limit: Int(Int32.max))
    let length = try reader.count("body length", limit: BatchLimits.maximumBodyBytes)
    let stored = bytes[4 + reader.offset..<end]
    guard bytes[3] & BatchCodec.compressedFlag == 0 else {
      return try Compression.decompress(stored, length: length)
    }
    guard stored.count == length else { throw CodecError(.malformed, offset: 4, "a body of another length") }
    return Array(stored)
  }
}
