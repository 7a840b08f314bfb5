import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Check sums of the newest batches that central confirmed and that were deleted here, so that one can tell later whether
/// central still has them, or another's under their numbers (`docs/outbox.md`).
enum ConfirmedBatches {
  /// Kept of each lane; with a batch each ten seconds, 45 hours. A row takes about 20 bytes.
  static let kept: UInt64 = 16_384
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

  /// Takes them down before they are deleted.
  static func remember(
    _ epoch: Int64, _ lane: Lane, from first: UInt64, through last: UInt64, in connection: SQLiteConnection
  ) throws {
    let list = try connection.statement(
      """
      SELECT number, kind, bytes FROM batches WHERE epoch = ?1 AND lane = ?2 AND number <= ?3 ORDER BY number
      """)
    try list.bind(1, epoch)
    try list.bind(2, Int64(lane.rawValue))
    try list.bind(3, Int64(last))
    let insert = try connection.statement("INSERT OR REPLACE INTO confirmed_batches VALUES (?1, ?2, ?3, ?4, ?5)")
    try list.forEachRow { row in
      guard let checksum = checksum(kind: row.int(1), bytes: row.blob(2)) else { return true }
      let number = UInt64(row.int64(0))
      try insert.bind(1, epoch)
      try insert.bind(2, Int64(lane.rawValue))
      try insert.bind(3, Int64(number))
      try insert.bind(4, Int64(checksum))
      try insert.bind(5, checkValue(epoch, lane, number, checksum))
      try insert.run()
      return true
    }
    guard last / deletedTogether > (first - 1) / deletedTogether, last > kept else { return }
    let delete = try connection.statement(
      "DELETE FROM confirmed_batches WHERE epoch = ?1 AND lane = ?2 AND number <= ?3")
    try delete.bind(1, epoch)
    try delete.bind(2, Int64(lane.rawValue))
    try delete.bind(3, Int64(last - kept))
    try delete.run()
  }

  /// Of a batch as it stands in the store; nil when it is damaged, or took another's place: central may have either.
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

  /// Of epochs that are over and of which nothing is left, central is asked no more.
  static func forgetEarlierEpochs(in connection: SQLiteConnection) throws {
    try connection.execute(
      """
      DELETE FROM confirmed_batches WHERE epoch <> (SELECT epoch FROM store)
        AND epoch NOT IN (SELECT epoch FROM batches)
      """)
  }
}
