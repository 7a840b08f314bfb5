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
    try attempt(outcomeUnknown: false) {
      switch try held(row, number, try opened()) {
      case .batch(let checksum), .replacement(let checksum): checksum
      case .damaged, .forgotten: nil
      }
    }
  }

  public func compare(
    _ row: EpochLane, number: UInt64, with theirs: UInt32?
  ) throws(OutboxStoreError) -> BatchComparison {
    try attempt(outcomeUnknown: false) {
      let connection = try opened()
      switch (try held(row, number, connection), theirs) {
      case (.batch(let own), let theirs?): return own == theirs ? .same : .other
      case (.replacement(let own), let theirs?) where own == theirs: return .same
      default: return .unknown(comparable: try newestComparable(row, below: number, connection))
      }
    }
  }

  /// What the store has, or had, under a number.
  private enum Held {
    case batch(checksum: UInt32)
    /// A notice whose predecessor under the same number may have been sent.
    case replacement(checksum: UInt32)
    case damaged
    /// Confirmed too long ago, or never cut.
    case forgotten
  }

  private func held(_ row: EpochLane, _ number: UInt64, _ connection: SQLiteConnection) throws -> Held {
    // Not compared, another's batch would have this store's deleted: only what a damaged store lost is not known.
    let state = try state()
    let isOwn = state.knows(row.epoch)
    guard let epoch = try isOwn ? epochID(row.epoch, connection) : knownEpochID(row.epoch, connection) else {
      return .forgotten
    }
    let search = try connection.statement(
      """
      SELECT bytes, kind, number FROM batches WHERE epoch = ?1 AND lane = ?2 AND number >= ?3 ORDER BY number LIMIT 1
      """)
    try bind(search, epoch, row.lane, number)
    let found = try search.firstRow { ($0.blob(0), $0.int(1), UInt64(clamping: $0.int64(2))) }
    if let (bytes, kind, last) = found {
      guard let first = Self.firstNumber(bytes, row, last) else { return .damaged }
      if first <= number, let checksum = BatchCodec.storedChecksum(bytes[...]) {
        let isReplacement = kind == OutboxSchema.Kind.replacement.rawValue
        return isReplacement ? .replacement(checksum: checksum) : .batch(checksum: checksum)
      }
    }
    // Of an epoch that moves, some have other numbers already.
    let isMoving = state.retired.contains { $0.epoch == row.epoch && $0.isMoving }
    if let lane = state.laneState(row), !isMoving, lane.confirmedThrough < number, number <= lane.cutThrough {
      // The index does not lead to it; when the file is taken over it is looked for without.
      throw SQLiteError(extendedCode: 11, message: "batch \(number) is not in its table", sql: search.sql)
    }
    return try ConfirmedBatches.checksum(epoch, row.lane, number, in: connection).map { .batch(checksum: $0) }
      ?? .forgotten
  }

  private func newestComparable(
    _ row: EpochLane, below number: UInt64, _ connection: SQLiteConnection
  ) throws -> UInt64 {
    guard let lane = try state().laneState(row), number > lane.confirmedThrough + 1 else {
      return number > 0 ? min(try state().laneState(row)?.confirmedThrough ?? 0, number - 1) : 0
    }
    let list = try connection.statement(
      """
      SELECT number, bytes FROM batches WHERE epoch = ?1 AND lane = ?2 AND number < ?3 AND kind <> ?4 ORDER BY number DESC
      """)
    try bind(list, try epochID(row.epoch, connection), row.lane, number)
    try list.bind(4, OutboxSchema.Kind.replacement.rawValue)
    var newest = lane.confirmedThrough
    try list.forEachRow { found in
      let candidate = UInt64(clamping: found.int64(0))
      guard candidate > newest, Self.firstNumber(found.blob(1), row, candidate) != nil else { return true }
      newest = candidate
      return false
    }
    return newest
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
