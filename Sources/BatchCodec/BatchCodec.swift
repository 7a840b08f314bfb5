public import Telemetry

/// Reads and writes batches. The bytes are specified in `docs/formats/batch.md`.
public enum BatchCodec {
  static let magic: [UInt8] = Array("FGB1".utf8)
  /// Version 2 adds texts and names of values. A batch without them is written as version 1, which every central reads.
  static let versions: ClosedRange<UInt8> = 1...2
  public static let headBytes = 64
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

  /// The same of a head without what follows it.
  public static func readHeader(alone bytes: [UInt8]) throws(CodecError) -> BatchHeader {
    try readHead(bytes[...], isAlone: true).header
  }

  /// Decodes exactly one batch, check sum first.
  public static func decode(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> Batch {
    let (header, body) = try open(bytes)
    return Batch(header: header, content: try decodeBody(body, header))
  }

  /// The head and the body of exactly one batch; the body is not looked at.
  static func open(_ bytes: ArraySlice<UInt8>) throws(CodecError) -> (header: BatchHeader, body: [UInt8]) {
    let head = try readHead(bytes)
    guard head.length == bytes.count else {
      throw CodecError(.malformed, offset: head.length, "\(bytes.count - head.length) bytes behind the batch")
    }
    let end = bytes.endIndex - checksumBytes
    try verifyChecksum(bytes, end: end)
    let stored = bytes[bytes.startIndex + headBytes..<end]
    return (
      head.header, head.isCompressed ? try Compression.decompress(stored, length: head.bodyBytes) : Array(stored)
    )
  }

  /// Encodes a batch of the alarms lane.
  ///
  /// - Parameters:
  ///   - span: how many consecutive numbers up to `number` it stands for; more than 1 needs a loss notice.
  ///   - time: the head's times when there are no events.
  public static func encode(
    epoch: Epoch, number: UInt64, span: UInt32 = 1, alarms: [AlarmEvent], losses: [LossNotice] = [],
    time: Timestamp? = nil
  ) throws(CodecError) -> [UInt8] {
    guard let times = range(alarms.map(\.time)) ?? time.map({ $0...$0 }),
      !losses.isEmpty || (span == 1 && !alarms.isEmpty), losses.count <= BatchLimits.maximumLosses
    else {
      throw CodecError(.limitExceeded, offset: 0, "no events and no loss notice do not make a batch")
    }
    let header = BatchHeader(
      epoch: epoch, lane: .alarms, number: number, span: span, recordCount: alarms.count, firstTime: times.lowerBound,
      lastTime: times.upperBound)
    let body = AlarmBody.encode(alarms, losses: losses)
    return try seal(body, compressed: Compression.compress(body, level: compressionLevel), header)
  }

  private static func range(_ times: [Timestamp]) -> ClosedRange<Timestamp>? {
    guard let first = times.min(), let last = times.max() else { return nil }
    return first...last
  }

  /// Decodes the body and sees that the head says what it holds: central trusts it for its index.
  static func decodeBody(_ bytes: [UInt8], _ header: BatchHeader) throws(CodecError) -> Batch.Content {
    let times: ClosedRange<Timestamp>?
    let records: Int
    let content: Batch.Content
    switch header.lane {
    case .alarms:
      let (events, losses) = try AlarmBody.decode(bytes)
      guard !losses.isEmpty || (!events.isEmpty && header.span == 1) else {
        throw CodecError(.malformed, offset: 32, "no events, or several numbers, without a loss notice")
      }
      times = range(events.map(\.time)) ?? header.firstTime...header.firstTime
      records = events.count
      content = .alarms(events, losses: losses)
    case .telemetry:
      let (catalogue, body) = try TelemetryBody.decode(bytes, catalogue: nil)
      guard !body.losses.isEmpty || (body.recordCount > 0 && header.span == 1) else {
        throw CodecError(.malformed, offset: 32, "no records, or several numbers, without a loss notice")
      }
      times = body.times ?? header.firstTime...header.firstTime
      records = body.recordCount
      content = .telemetry(
        catalogue: catalogue, devices: body.blocks, aggregates: body.aggregates, losses: body.losses)
    }
    guard records == header.recordCount, times == header.firstTime...header.lastTime else {
      throw CodecError(.malformed, offset: 36, "the head's count or times are not those of the body")
    }
    return content
  }

  /// Whether the bytes of a whole batch are as they were made.
  public static func hasValidChecksum(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count > headBytes + checksumBytes else { return false }
    return (try? verifyChecksum(bytes, end: bytes.endIndex - checksumBytes)) != nil
  }

  /// The check sum at the end of a whole batch, by which two parties compare batches; not verified here.
  public static func storedChecksum(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    guard bytes.count > headBytes + checksumBytes else { return nil }
    return bytes.suffix(checksumBytes).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  static func verifyChecksum(_ bytes: ArraySlice<UInt8>, end: Int) throws(CodecError) {
    var stored: UInt32 = 0
    for index in (end..<end + checksumBytes).reversed() { stored = stored << 8 | UInt32(bytes[index]) }
    guard CRC32C.checksum(bytes[bytes.startIndex..<end]) == stored else {
      throw CodecError(.checksumMismatch, offset: end - bytes.startIndex, "the bytes were damaged")
    }
  }

  static func seal(
    _ body: [UInt8], compressed: [UInt8]?, version: UInt8 = 1, _ header: BatchHeader
  ) throws(CodecError) -> [UInt8] {
    guard header.recordCount <= BatchLimits.maximumRecords, header.number > 0, header.number < 1 << 62,
      1...header.number ~= UInt64(header.span), body.count <= BatchLimits.maximumBodyBytes
    else {
      throw CodecError(
        .limitExceeded, offset: 0,
        "number \(header.number) for \(header.span): \(header.recordCount) records in \(body.count) bytes")
    }
    let stored = compressed ?? body
    var writer = ByteWriter()
    writer.reserve(headBytes + stored.count + checksumBytes)
    writer.append(magic)
    writer.append(version)
    writer.append(header.lane.rawValue)
    writer.append(compressed == nil ? 0 : compressedFlag)
    writer.append(0)
    writer.append(fixed: header.epoch.high.byteSwapped)
    writer.append(fixed: header.epoch.low.byteSwapped)
    writer.append(fixed: header.number)
    writer.append(fixed: header.span)
    writer.append(fixed: UInt32(header.recordCount))
    writer.append(fixed: header.firstTime.milliseconds)
    writer.append(fixed: header.lastTime.milliseconds)
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
