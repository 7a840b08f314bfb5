import Telemetry

extension BatchCodec {
  struct Head {
    var header: BatchHeader
    var isCompressed: Bool
    var bodyBytes: Int
    /// Head, body as stored, and check sum.
    var length: Int
  }

  /// Reads and bounds every field of the head before anything else is believed.
  ///
  /// - Parameter isAlone: what follows it need not be there.
  static func readHead(_ bytes: ArraySlice<UInt8>, isAlone: Bool = false) throws(CodecError) -> Head {
    var reader = ByteReader(Array(bytes.prefix(headBytes)))
    for expected in magic {
      guard try reader.byte("the head") == expected else {
        throw CodecError(.badMagic, offset: 0, "this is not a batch")
      }
    }
    let version = try reader.byte("the head")
    guard versions.contains(version) else {
      throw CodecError(.unsupportedVersion, offset: 4, "version \(version); this program reads 1 and 2")
    }
    let laneCode = try reader.byte("the head")
    let flags = try reader.byte("the head")
    let reserved = try reader.byte("the head")
    guard let lane = Lane(rawValue: laneCode), flags & ~compressedFlag == 0, reserved == 0 else {
      throw CodecError(.malformed, offset: 5, "lane \(laneCode), flags \(flags), reserved byte \(reserved)")
    }
    let epoch = Epoch(
      high: try reader.fixed(UInt64.self, "epoch").byteSwapped, low: try reader.fixed(UInt64.self, "epoch").byteSwapped)
    let number = try reader.fixed(UInt64.self, "number")
    let span = try reader.fixed(UInt32.self, "span")
    let records = Int(try reader.fixed(UInt32.self, "record count"))
    let first = Timestamp(milliseconds: try reader.fixed(Int64.self, "first time"))
    let last = Timestamp(milliseconds: try reader.fixed(Int64.self, "last time"))
    let bodyBytes = Int(try reader.fixed(UInt32.self, "body length"))
    let storedBytes = Int(try reader.fixed(UInt32.self, "stored length"))
    guard records <= BatchLimits.maximumRecords, bodyBytes <= BatchLimits.maximumBodyBytes else {
      throw CodecError(.limitExceeded, offset: 36, "\(records) records in \(bodyBytes) bytes")
    }
    let length = headBytes + storedBytes + checksumBytes
    guard length <= BatchLimits.maximumEncodedBytes else {
      throw CodecError(.limitExceeded, offset: 60, "a batch of \(length) bytes")
    }
    let isCompressed = flags & compressedFlag != 0
    guard number > 0, number < 1 << 62, 1...number ~= UInt64(span), first <= last,
      isCompressed || bodyBytes == storedBytes
    else {
      throw CodecError(.malformed, offset: 24, "number \(number), span \(span), times or lengths contradict each other")
    }
    guard isAlone || bytes.count >= length else {
      throw CodecError(.truncated, offset: bytes.count, "\(bytes.count) of \(length) bytes of the batch are there")
    }
    let header = BatchHeader(
      epoch: epoch, lane: lane, number: number, span: span, recordCount: records, firstTime: first, lastTime: last)
    return Head(header: header, isCompressed: isCompressed, bodyBytes: bodyBytes, length: length)
  }
}
