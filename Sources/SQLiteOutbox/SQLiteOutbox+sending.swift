import BatchCodec
public import GatewayCore
import SQLite
import Telemetry

/// What delivery reads.
extension SQLiteOutbox {
  public func batches(
    _ row: EpochLane, from number: UInt64, through last: UInt64, maximumBytes: Int
  ) throws(OutboxStoreError) -> BatchesToSend {
    try attempt(outcomeUnknown: false) {
      let connection = try opened()
      var result = BatchesToSend()
      var expected = number
      let list = try connection.statement(
        """
        SELECT number, bytes FROM batches WHERE epoch = ?1 AND lane = ?2 AND number >= ?3 ORDER BY number
        """)
      try bind(list, try epochID(row.epoch, connection), row.lane, number)
      try list.forEachRow { found in
        let newest = UInt64(clamping: found.int64(0))
        // One notice may stand for more numbers than a request has batches: the first goes whatever its number is.
        guard newest <= last || result.through == nil else { return false }
        let bytes = found.blob(1)
        // A notice may stand for numbers that central has in part; any other batch begins where the last one ended.
        guard let first = Self.firstNumber(bytes, row, newest), first <= expected else {
          result.damaged = expected
          return false
        }
        // So it may behind a notice that took the place of one of them: together in a request they would not follow each other.
        guard first == expected || result.through == nil else { return false }
        guard result.bytes.isEmpty || result.bytes.count + bytes.count <= maximumBytes else { return false }
        result.bytes += bytes
        result.through = newest
        expected = newest + 1
        return true
      }
      if result.through == nil, result.damaged == nil { result.damaged = number }
      return result
    }
  }

  /// The first number that a batch stands for, by its head: the column of that name is only a copy, which a disk may have
  /// made another. Nil when the batch is not what was cut as this number.
  static func firstNumber(_ bytes: [UInt8], _ row: EpochLane, _ number: UInt64) -> UInt64? {
    header(bytes, row, number)?.firstNumber
  }

  /// The head of a batch; nil when it is not what was cut as this number.
  static func header(_ bytes: [UInt8], _ row: EpochLane, _ number: UInt64) -> BatchHeader? {
    guard let (header, length) = try? BatchCodec.readHeader(bytes[...]), length == bytes.count,
      header.epoch == row.epoch, header.lane == row.lane, header.number == number,
      BatchCodec.hasValidChecksum(bytes[...])
    else { return nil }
    return header
  }

  public func checksum(_ row: EpochLane, number: UInt64) throws(OutboxStoreError) -> UInt32? {
    switch try known(row, number) {
    case .batch(let checksum): checksum
    case .replacement, nil: nil
    }
  }

  public func compare(
    _ row: EpochLane, number: UInt64, with theirs: UInt32
  ) throws(OutboxStoreError) -> BatchComparison {
    switch try known(row, number) {
    case .batch(let checksum): checksum == theirs ? .same : .other
    case .replacement(let checksum): checksum == theirs ? .same : .unknown
    case nil: .unknown
    }
  }

  private enum KnownChecksum {
    case batch(UInt32)
    /// Of a notice whose predecessor under the same number may have been sent.
    case replacement(UInt32)
  }

  private func known(_ row: EpochLane, _ number: UInt64) throws(OutboxStoreError) -> KnownChecksum? {
    try attempt(outcomeUnknown: false) {
      let connection = try opened()
      // Not compared, another's batch would have this store's deleted: only what a damaged store lost is nil.
      let isOwn = try state().knows(row.epoch)
      guard let epoch = try isOwn ? epochID(row.epoch, connection) : knownEpochID(row.epoch, connection) else {
        return nil
      }
      let search = try connection.statement(
        """
        SELECT bytes, kind, number FROM batches WHERE epoch = ?1 AND lane = ?2 AND number >= ?3 ORDER BY number LIMIT 1
        """)
      try bind(search, epoch, row.lane, number)
      let found = try search.firstRow { ($0.blob(0), $0.int(1), UInt64(clamping: $0.int64(2))) }
      if let (bytes, kind, last) = found, let first = Self.firstNumber(bytes, row, last), first <= number {
        let checksum = BatchCodec.storedChecksum(bytes[...])
        let isReplacement = kind == OutboxSchema.Kind.replacement.rawValue
        return checksum.map { isReplacement ? .replacement($0) : .batch($0) }
      }
      return try ConfirmedBatches.checksum(epoch, row.lane, number, in: connection).map { .batch($0) }
    }
  }

  public func freeBytes() -> Int? { place.files.freeBytes(directory: place.directory) }

  public var bytesWritten: Int { pagesWritten * 4_096 }

  public func traffic() throws(OutboxStoreError) -> [(day: String, sent: Int, received: Int)] {
    try attempt(outcomeUnknown: false) {
      var days: [(day: String, sent: Int, received: Int)] = []
      try opened().statement("SELECT day, sent, received FROM traffic ORDER BY day DESC LIMIT 60").forEachRow {
        days.append(($0.text(0), $0.int(1), $0.int(2)))
        return true
      }
      return days
    }
  }
}
