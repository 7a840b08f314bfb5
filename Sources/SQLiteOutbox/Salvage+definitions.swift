import SQLite

extension Salvage {
  /// Tables that hold what salvage takes over; the others are copies, or made anew.
  private static let tables = [
    "batches", "boots", "catalogues", "confirmed_batches", "epochs", "frames", "lanes", "newest", "store",
  ]

  /// Has SQLite read the tables by the definitions of this program: a flipped bit in one of the file's own hides the whole
  /// table. Nothing of this is committed; where the file cannot be written it is read as it is.
  static func restoreDefinitions(_ connection: SQLiteConnection) {
    guard let definitions = try? definitions(), (try? connection.execute("BEGIN IMMEDIATE")) != nil else { return }
    for (table, definition) in definitions {
      guard
        let update = try? connection.statement("UPDATE sqlite_master SET sql = ?2 WHERE type = 'table' AND name = ?1"),
        (try? update.bind(1, table)) != nil, (try? update.bind(2, definition)) != nil
      else { continue }
      try? update.run()
    }
    // The definitions are read again by the next statement; one that still cannot be read hides only itself.
    try? connection.execute("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON")
  }

  private static func definitions() throws -> [(table: String, definition: String)] {
    let model = try SQLiteConnection(path: ":memory:", mode: .readWrite)
    defer { model.close() }
    try model.execute(OutboxSchema.statements)
    var found: [(String, String)] = []
    try model.statement("SELECT name, sql FROM sqlite_master WHERE type = 'table'").forEachRow { row in
      if tables.contains(row.text(0)) { found.append((row.text(0), row.text(1))) }
      return true
    }
    return found
  }
}
