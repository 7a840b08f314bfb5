public import Telemetry

/// Reads and writes frames: what one flush appends to the outbox. Frames never leave the gateway; cutting merges them into
/// a batch. The bytes are specified in `docs/formats/frame.md`.
public enum FrameCodec {
  static let magic: UInt8 = 0x46
  static let version: UInt8 = 2
  /// Telemetry as columns, as version 0.1 wrote it; still read.
  static let columnVersion: UInt8 = 1
  /// Frames are small and short-lived: the cheapest level.
  static let compressionLevel: Int32 = 1
  /// Less is not worth zstd's time: most commits write whole pages of 4 KiB anyway.
  static let minimumCompressedBytes = 8_192

  /// Scans, in the order in which they were taken, and loss notices.
  ///
  /// - Precondition: at most ``BatchLimits/maximumLosses`` notices; each scan is of a device of the layout, with a reading
  ///   for each of its tags.
  public static func encode(
    _ scans: [DeviceScan], losses: [LossNotice] = [], layout: FrameLayout, catalogueID: Int
  ) -> [UInt8] {
    precondition(losses.count <= BatchLimits.maximumLosses, "more loss notices than a frame may hold")
    var rows = FrameRowWriter(layout)
    var writer = ByteWriter(rows.body(scans))
    if layout.hasTexts { appendTexts(of: scans, layout, to: &writer) }
    LossCodec.append(losses, to: &writer)
    let compressed =
      writer.bytes.count < minimumCompressedBytes
      ? nil : Compression.compress(writer.bytes, level: compressionLevel)
    return seal(writer.bytes, compressed: compressed, lane: .telemetry, catalogueID: catalogueID)
  }

  private static func appendTexts(of scans: [DeviceScan], _ layout: FrameLayout, to writer: inout ByteWriter) {
    for scan in scans {
      for (tag, place) in layout.range(scan.device).enumerated()
      where layout.types[place] == .text && scan.readings[tag].quality.hasValue {
        let text = scan.texts[tag] ?? ""
        precondition(text.utf8.count <= TextTable.maximumTextBytes, "a text of \(text.utf8.count) bytes")
        writer.append(text: text)
      }
    }
  }

  /// Bytes of a frame's body before compression; nil when the head is damaged.
  public static func bodyBytes(of frame: [UInt8]) -> Int? {
    var reader = ByteReader(Array(frame.dropFirst(4).prefix(16)))
    guard (try? reader.varint("catalogue")) != nil, let length = try? reader.varint("body length") else { return nil }
    return Int(exactly: length)
  }

  /// Alarm events and loss notices.
  ///
  /// - Precondition: what the events take is within ``BatchLimits``; at most ``BatchLimits/maximumLosses`` notices.
  public static func encode(_ alarms: [AlarmEvent], losses: [LossNotice] = []) -> [UInt8] {
    let body = AlarmBody.encode(alarms, losses: losses)
    return seal(
      body, compressed: Compression.compress(body, level: compressionLevel), lane: .alarms, catalogueID: 0)
  }

  /// A telemetry frame's rows and loss notices; `catalogue` is the one it was written with. For many frames of one
  /// catalogue ``FrameRows`` does less work.
  public static func decodeTelemetry(
    _ bytes: [UInt8], catalogue: Catalogue
  ) throws(CodecError) -> (blocks: [DeviceColumns], losses: [LossNotice]) {
    var rows = FrameRows(FrameLayout(catalogue))
    try rows.append(bytes)
    return (rows.columns(), rows.losses)
  }

  public static func decodeAlarms(
    _ bytes: [UInt8]
  ) throws(CodecError) -> (events: [AlarmEvent], losses: [LossNotice]) {
    try AlarmBody.decode(try open(bytes, lane: .alarms).body)
  }

  static func seal(
    _ body: [UInt8], compressed: [UInt8]?, lane: Lane, catalogueID: Int, version: UInt8 = version
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.reserve((compressed ?? body).count + 24)
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

  /// Whether a frame is as it was sealed, whatever it says.
  public static func hasValidChecksum(_ bytes: [UInt8]) -> Bool {
    let end = bytes.count - BatchCodec.checksumBytes
    return end >= 6 && bytes[0] == magic && (try? BatchCodec.verifyChecksum(bytes[...], end: end)) != nil
  }

  /// The catalogue with which a frame says that it was written; not verified here.
  static func catalogueID(of frame: [UInt8]) throws(CodecError) -> Int {
    var reader = ByteReader(Array(frame.dropFirst(4).prefix(16)))
    return try reader.count("catalogue", limit: Int(Int32.max))
  }

  /// Check sum, head and compression undone; the body is not looked at.
  static func open(_ bytes: [UInt8], lane: Lane) throws(CodecError) -> (version: UInt8, body: [UInt8]) {
    let end = bytes.count - BatchCodec.checksumBytes
    guard end >= 6 else { throw CodecError(.truncated, offset: bytes.count, "too short for a frame") }
    guard bytes[0] == magic else { throw CodecError(.badMagic, offset: 0, "this is not a frame") }
    guard bytes[1] == version || bytes[1] == columnVersion else {
      throw CodecError(.unsupportedVersion, offset: 1, "version \(bytes[1]); this program reads versions 1 and 2")
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
      return (bytes[1], try Compression.decompress(stored, length: length))
    }
    guard stored.count == length else { throw CodecError(.malformed, offset: 4, "a body of another length") }
    return (bytes[1], Array(stored))
  }
}
