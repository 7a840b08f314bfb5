import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Check sums of the newest batches that central confirmed and that were deleted here, so that one can tell later whether
/// central still has them, or another's under their numbers (`docs/outbox.md`).
enum ConfirmedBatches {
  /// Kept of each lane; with a batch each ten seconds, 45 hours. A row takes about 20 bytes.
  static let kept: UInt64 = 16_384
  /// Kept of all epochs together that are over; the newest of them is kept whole.
  static let keptOfEnded = 32_768
  /// Older ones are deleted each time that so many have come.
  private static let deletedTogether: UInt64 = 1_024

  static let statements = """
    CREATE TABLE confirmed_batches(
      epoch INTEGER NOT NULL REFERENCES epochs(id),
      lane INTEGER NOT NULL,
      number INTEGER NOT NULL,
      checksum INTEGER NOT NULL,
      check_value INTEGER NOT NULL,
      PRIMARY KEY(epoch, lane, number)) WITHOUT ROWID;
    """

  /// A row of this table must have this: a check sum that changed on the disk must not look like another's batch.
  private static func checkValue(_ epoch: Int64, _ lane: Lane, _ number: UInt64, _ checksum: UInt32) -> Int64 {
    let mixed = UInt64(bitPattern: epoch) &* 0x9E37_79B9_7F4A_7C15 ^ number &* 0xC2B2_AE3D_27D4_EB4F
    return Int64(UInt32(truncatingIfNeeded: mixed >> 32) ^ checksum ^ UInt32(lane.rawValue))
  }

  /// Takes them down before they are deleted: those beyond `first`, what was confirmed before.
  static func remember(
    _ epoch: Int64, _ lane: Lane, beyond first: UInt64, through last: UInt64, in connection: SQLiteConnection
  ) throws {
    let list = try connection.statement(
      """
      SELECT number, kind, bytes FROM batches WHERE epoch = ?1 AND lane = ?2 AND number <= ?3 ORDER BY number
      """)
    try list.bind(1, epoch)
    try list.bind(2, Int64(lane.rawValue))
    try list.bind(3, Int64(last))
    var sums: [Sum] = []
    try list.forEachRow { row in
      if let checksum = checksum(kind: row.int(1), bytes: row.blob(2)) {
        sums.append(Sum(lane: lane, number: UInt64(clamping: row.int64(0)), checksum: checksum))
      }
      return true
    }
    try write(sums, epoch: epoch, to: connection)
    guard last / deletedTogether > first / deletedTogether, last > kept else { return }
    let delete = try connection.statement(
      "DELETE FROM confirmed_batches WHERE epoch = ?1 AND lane = ?2 AND number <= ?3")
    try delete.bind(1, epoch)
    try delete.bind(2, Int64(lane.rawValue))
    try delete.bind(3, Int64(last - kept))
    try delete.run()
  }

  /// Of a batch as it stands in the store, to be remembered; nil when it is damaged, or took another's place: central may have
  /// either.
  static func checksum(kind: Int, bytes: [UInt8]) -> UInt32? {
    guard kind != OutboxSchema.Kind.replacement.rawValue, BatchCodec.hasValidChecksum(bytes[...]) else { return nil }
    return BatchCodec.storedChecksum(bytes[...])
  }

  /// Nil where nothing is known.
  static func checksum(_ epoch: Int64, _ lane: Lane, _ number: UInt64, in connection: SQLiteConnection) throws
    -> UInt32?
  {
    let search = try connection.statement(
      "SELECT checksum, check_value FROM confirmed_batches WHERE epoch = ?1 AND lane = ?2 AND number = ?3")
    try search.bind(1, epoch)
    try search.bind(2, Int64(lane.rawValue))
    try search.bind(3, Int64(number))
    guard let (stored, check) = try search.firstRow({ ($0.int64(0), $0.int64(1)) }),
      let checksum = UInt32(exactly: stored), check == checkValue(epoch, lane, number, checksum)
    else { return nil }
    return checksum
  }

  /// Central has them no more: other batches will stand under these numbers.
  static func forget(_ epoch: Int64, _ lane: Lane, beyond number: UInt64, in connection: SQLiteConnection) throws {
    let delete = try connection.statement(
      "DELETE FROM confirmed_batches WHERE epoch = ?1 AND lane = ?2 AND number > ?3")
    try delete.bind(1, epoch)
    try delete.bind(2, Int64(lane.rawValue))
    try delete.bind(3, Int64(number))
    try delete.run()
  }

  /// Epochs that are over and hold nothing any more, newest first, each with the newest number of a lane whose check sum is
  /// known.
  static func ended(in connection: SQLiteConnection) throws -> [OutboxState.EndedEpoch] {
    let list = try connection.statement(
      """
      SELECT DISTINCT confirmed_batches.epoch, epochs.epoch, lane
      FROM confirmed_batches JOIN epochs ON epochs.id = confirmed_batches.epoch
      WHERE \(hasEnded) ORDER BY confirmed_batches.epoch DESC, lane
      """)
    var lanes: [(id: Int64, epoch: Epoch, lane: Lane)] = []
    try list.forEachRow { row in
      if let epoch = Epoch(text: row.text(1)), let lane = Lane(rawValue: UInt8(clamping: row.int(2))) {
        lanes.append((row.int64(0), epoch, lane))
      }
      return true
    }
    var found: [OutboxState.EndedEpoch] = []
    for (id, epoch, lane) in lanes {
      guard let newest = try newest(id, lane, in: connection) else { continue }
      if found.last?.epoch != epoch { found.append(.init(epoch: epoch, confirmed: [:])) }
      found[found.count - 1].confirmed[lane] = newest
    }
    return found
  }

  /// The newest number whose row is sound.
  private static func newest(_ epoch: Int64, _ lane: Lane, in connection: SQLiteConnection) throws -> UInt64? {
    let list = try connection.statement(
      """
      SELECT number, checksum, check_value FROM confirmed_batches WHERE epoch = ?1 AND lane = ?2 ORDER BY number DESC
      """)
    try list.bind(1, epoch)
    try list.bind(2, Int64(lane.rawValue))
    var newest: UInt64?
    try list.forEachRow { row in
      guard let number = UInt64(exactly: row.int64(0)), let checksum = UInt32(exactly: row.int64(1)),
        row.int64(2) == checkValue(epoch, lane, number, checksum)
      else { return true }
      newest = number
      return false
    }
    return newest
  }

  /// Keeps the size within its bound: of the epochs that are over, the oldest are forgotten, but never the newest.
  static func limitEnded(in connection: SQLiteConnection) throws {
    var rows = 0
    var newest: Int64?
    var forgotten: [Int64] = []
    let list = try connection.statement(
      "SELECT epoch, count(*) FROM confirmed_batches WHERE \(hasEnded) GROUP BY epoch ORDER BY epoch DESC")
    try list.forEachRow { row in
      rows += row.int(1)
      let epoch = row.int64(0)
      if newest == nil { newest = epoch } else if rows > keptOfEnded { forgotten.append(epoch) }
      return true
    }
    let delete = try connection.statement("DELETE FROM confirmed_batches WHERE epoch = ?1")
    for epoch in forgotten {
      try delete.bind(1, epoch)
      try delete.run()
    }
  }

  /// `true` as SQL for a row of this table whose epoch is not the current one and holds no batches.
  private static let hasEnded = """
    confirmed_batches.epoch <> (SELECT epoch FROM store)
      AND NOT EXISTS (SELECT 1 FROM batches WHERE batches.epoch = confirmed_batches.epoch)
    """

  // MARK: Salvage

  struct Sum {
    var lane: Lane
    var number: UInt64
    var checksum: UInt32
  }

  /// What can be read of a damaged file and is sound, by the id of the epoch.
  static func salvage(from connection: SQLiteConnection) -> [Int64: [Sum]] {
    var found: [Int64: [Sum]] = [:]
    try? connection.statement("SELECT epoch, lane, number, checksum, check_value FROM confirmed_batches").forEachRow {
      let epoch = $0.int64(0)
      guard let lane = Lane(rawValue: UInt8(clamping: $0.int(1))), let number = UInt64(exactly: $0.int64(2)),
        let checksum = UInt32(exactly: $0.int64(3)),
        $0.int64(4) == checkValue(epoch, lane, number, checksum)
      else { return true }
      found[epoch, default: []].append(Sum(lane: lane, number: number, checksum: checksum))
      return true
    }
    return found
  }

  static func write(_ sums: [Sum], epoch: Int64, to connection: SQLiteConnection) throws {
    let insert = try connection.statement("INSERT OR REPLACE INTO confirmed_batches VALUES (?1, ?2, ?3, ?4, ?5)")
    for sum in sums {
      try insert.bind(1, epoch)
      try insert.bind(2, Int64(sum.lane.rawValue))
      try insert.bind(3, Int64(clamping: sum.number))
      try insert.bind(4, Int64(sum.checksum))
      try insert.bind(5, checkValue(epoch, sum.lane, sum.number, sum.checksum))
      try insert.run()
    }
  }
}
