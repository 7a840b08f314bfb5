public import Telemetry

/// Reads and writes batches. The bytes are specified in `docs/formats/batch.md`.
public enum BatchCodec {
  static let magic: [UInt8] = Array("FGB1".utf8)
  static let version: UInt8 = 1
  static let headBytes = 60
  static let checksumBytes = 4
  static let compressedFlag: UInt8 = 1
  /// Level 3 is zstd's own default: a tenth of a percent of a small core at a thousand values a second, and higher
  /// levels gain under 3 % on these streams.
  static let compressionLevel: Int32 = 3

  /// The head of the batch that starts at the first byte, and how many bytes the whole batch takes. Checks magic,
  /// version and limits, and that all bytes are there; not the check sum.
  public static func readHeader(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> (header: BatchHeader, length: Int) {
    let head = try readHead(bytes)
    return (head.header, head.length)
  }

  /// Decodes exactly one batch, check sum first.
  public static func decode(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> Batch {
    let head = try readHead(bytes)
    guard head.length == bytes.count else {
      throw CodecError(.malformed, offset: head.length, "\(bytes.count - head.length) bytes behind the batch")
    }
    let end = bytes.endIndex - checksumBytes
    try verifyChecksum(bytes, end: end)
    let stored = bytes[bytes.startIndex + headBytes..<end]
    let body = head.isCompressed ? try Compression.decompress(stored, length: head.bodyBytes) : Array(stored)
    let batch = Batch(header: head.header, content: try decodeBody(body, lane: head.header.lane))
    try verify(batch)
    return batch
  }

  /// Encodes a telemetry batch. Devices without rows are left out.
  ///
  /// - Throws: when the content is outside ``BatchLimits``.
  public static func encode(
    epoch: Epoch, number: UInt64, catalogue: Catalogue, devices: [DeviceColumns]
  ) throws(CodecError) -> [UInt8] {
    let blocks = devices.filter { $0.rowCount > 0 }
    let records = blocks.reduce(0) { $0 + $1.sampleCount }
    let times = blocks.flatMap(\.times)
    let body = TelemetryBody.encode(blocks, catalogue: catalogue, selfContained: true)
    return try seal(body, lane: .telemetry, epoch: epoch, number: number, records: records, times: times)
  }

  /// Encodes a batch of the alarms lane.
  public static func encode(epoch: Epoch, number: UInt64, alarms: [AlarmEvent]) throws(CodecError) -> [UInt8] {
    try seal(
      AlarmBody.encode(alarms), lane: .alarms, epoch: epoch, number: number, records: alarms.count,
      times: alarms.map(\.time))
  }

  static func decodeBody(_ body: [UInt8], lane: Lane) throws(CodecError) -> Batch.Content {
    switch lane {
    case .alarms: return .alarms(try AlarmBody.decode(body))
    case .telemetry:
      let (catalogue, blocks) = try TelemetryBody.decode(body, catalogue: nil)
      return .telemetry(catalogue: catalogue, devices: blocks)
    }
  }

  /// The head must say what the body holds: central trusts it for its index.
  static func verify(_ batch: Batch) throws(CodecError) {
    let times: [Timestamp]
    let records: Int
    switch batch.content {
    case .alarms(let events):
      times = events.map(\.time)
      records = events.count
    case .telemetry(_, let devices):
      times = devices.flatMap(\.times)
      records = devices.reduce(0) { $0 + $1.sampleCount }
    }
    let header = batch.header
    guard records == header.recordCount, times.min() == header.firstTime, times.max() == header.lastTime else {
      throw CodecError(.malformed, offset: 32, "the head's count or times are not those of the body")
    }
  }

  static func verifyChecksum(_ bytes: ArraySlice<UInt8>, end: Int) throws(CodecError) {
    var stored: UInt32 = 0
    for index in (end..<end + checksumBytes).reversed() { stored = stored << 8 | UInt32(bytes[index]) }
    guard CRC32C.checksum(bytes[bytes.startIndex..<end]) == stored else {
      throw CodecError(.checksumMismatch, offset: end - bytes.startIndex, "the bytes were damaged")
    }
  }

  private static func seal(
    _ body: [UInt8], lane: Lane, epoch: Epoch, number: UInt64, records: Int, times: [Timestamp]
  ) throws(CodecError) -> [UInt8] {
    guard (1...BatchLimits.maximumRecords).contains(records), let first = times.min(), let last = times.max(),
      number > 0, body.count <= BatchLimits.maximumBodyBytes
    else {
      throw CodecError(.limitExceeded, offset: 0, "\(records) records in \(body.count) bytes do not make a batch")
    }
    let compressed = Compression.compress(body, level: compressionLevel)
    let stored = compressed ?? body
    var writer = ByteWriter()
    writer.reserve(headBytes + stored.count + checksumBytes)
    writer.append(magic)
    writer.append(version)
    writer.append(lane.rawValue)
    writer.append(compressed == nil ? 0 : compressedFlag)
    writer.append(0)
    writer.append(fixed: epoch.high.byteSwapped)
    writer.append(fixed: epoch.low.byteSwapped)
    writer.append(fixed: number)
    writer.append(fixed: UInt32(records))
    writer.append(fixed: first.milliseconds)
    writer.append(fixed: last.milliseconds)
    writer.append(fixed: UInt32(body.count))
    writer.append(fixed: UInt32(stored.count))
    writer.append(stored)
    writer.append(fixed: CRC32C.checksum(writer.bytes[...]))
    guard writer.bytes.count <= BatchLimits.maximumEncodedBytes else {
      throw CodecError(.limitExceeded, offset: 0, "a batch of \(writer.bytes.count) bytes; cut fewer samples")
    }
    return writer.bytes
  }
}
