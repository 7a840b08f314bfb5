import BatchCodec
import SQLite

/// The names in the table `active_alarms`, each with its check sum: SQLite does not notice a changed byte in a row, and
/// under another name an active alarm would never be cleared.
enum ActiveAlarmRows {
  /// In order.
  ///
  /// - Throws: as for a damaged file when a name is not what was written.
  static func read(_ connection: SQLiteConnection) throws -> [String] {
    let rows = try all(connection)
    if let wrong = rows.first(where: { !$0.isSound }) {
      throw SQLiteError(
        extendedCode: 11, message: "an alarm's name has a wrong check sum: \(wrong.name)", sql: "active_alarms")
    }
    return rows.map(\.name)
  }

  /// Those of a damaged file that are what was written.
  static func salvage(_ connection: SQLiteConnection) -> [String] {
    ((try? all(connection)) ?? []).filter(\.isSound).map(\.name)
  }

  static func insert(_ names: [String], _ connection: SQLiteConnection) throws {
    let insert = try connection.statement("INSERT OR IGNORE INTO active_alarms(name, checksum) VALUES (?1, ?2)")
    for name in names {
      try insert.bind(1, name)
      try insert.bind(2, Int64(CRC32C.checksum(Array(name.utf8)[...])))
      try insert.run()
    }
  }

  /// From a version without check sums.
  static func addChecksums(_ connection: SQLiteConnection) throws {
    try connection.execute("ALTER TABLE active_alarms ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
    let names = try all(connection).map(\.name)
    try connection.execute("DELETE FROM active_alarms")
    try insert(names, connection)
  }

  private static func all(_ connection: SQLiteConnection) throws -> [(name: String, isSound: Bool)] {
    var rows: [(name: String, isSound: Bool)] = []
    try connection.statement("SELECT name, checksum FROM active_alarms ORDER BY name").forEachRow { row in
      let name = row.text(0)
      rows.append((name, row.int64(1) == Int64(CRC32C.checksum(Array(name.utf8)[...]))))
      return true
    }
    return rows
  }
}
