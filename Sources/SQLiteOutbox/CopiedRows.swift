import SQLite

/// Rows on which everything else rests are kept twice: numbers of lanes, newest times, offsets of boots, states of epochs.
///
/// Frames, batches and alarms carry check sums; these rows are small numbers that one flipped bit turns into other small
/// numbers, and a `confirmed_through` that grew would delete what central does not have. Triggers write the copy in the
/// same transaction, so the two differ only when the disk changed one of them. Compared when the file is opened.
enum CopiedRows {
  /// More than any batch holds: a count that is beyond changed on the disk.
  static let mostSamples = 1 << 24

  private struct Source {
    var table: String
    /// Columns as SQL: the key, and three values.
    var key: String
    var values: [String]

    func columns(of row: String) -> String {
      ([key] + values).map { $0.replacingRow(row) }.joined(separator: ", ")
    }
  }

  private static let sources = [
    Source(
      table: "lanes", key: "$.epoch * 4 + $.lane",
      values: ["$.cut_through", "$.offered_through", "$.confirmed_through"]),
    Source(table: "newest", key: "$.lane", values: ["$.ms", "$.cut_ms", "0"]),
    Source(table: "store", key: "$.id", values: ["$.epoch", "$.last_frame", "$.owes_alarm_states"]),
    Source(table: "boots", key: "$.id", values: ["$.offset_ms", "$.is_estimated", "0"]),
    Source(table: "epochs", key: "$.id", values: ["$.state", "0", "0"]),
  ]

  /// The table of copies, its triggers, and copies of what is there already.
  static let statements =
    """
    CREATE TABLE copies(
      source TEXT NOT NULL, key INTEGER NOT NULL, a INTEGER, b INTEGER, c INTEGER,
      PRIMARY KEY(source, key)) WITHOUT ROWID;

    """ + sources.map(statements).joined()

  private static func statements(_ source: Source) -> String {
    let write = """
      INSERT INTO copies VALUES ('\(source.table)', \(source.columns(of: "NEW")))
          ON CONFLICT DO UPDATE SET a = excluded.a, b = excluded.b, c = excluded.c;
      """
    return """
      CREATE TRIGGER copy_\(source.table)_insert AFTER INSERT ON \(source.table) BEGIN \(write) END;
      CREATE TRIGGER copy_\(source.table)_update AFTER UPDATE ON \(source.table) BEGIN \(write) END;
      CREATE TRIGGER copy_\(source.table)_delete AFTER DELETE ON \(source.table) BEGIN
          DELETE FROM copies WHERE source = '\(source.table)' AND key = \(source.key.replacingRow("OLD")); END;
      INSERT INTO copies SELECT '\(source.table)', \(source.columns(of: source.table)) FROM \(source.table);

      """
  }

  /// The name of a table one of whose rows is not as its copy, or has none; nil when all are alike. Of epochs and batches the
  /// index is the copy: it has the epoch's name, and where a batch belongs.
  static func firstDifference(_ connection: SQLiteConnection) throws -> String? {
    if let table = try firstDifferenceInUse(connection) { return table }
    let misplaced = try OutboxReader.count(
      connection,
      """
      SELECT count(*) FROM batches NOT INDEXED WHERE NOT EXISTS (
        SELECT 1 FROM batches AS twin INDEXED BY sqlite_autoindex_batches_1
        WHERE twin.epoch = batches.epoch AND twin.lane = batches.lane AND twin.number = batches.number
          AND twin.id = batches.id)
        OR samples NOT BETWEEN 0 AND \(Self.mostSamples)
      """)
    return misplaced > 0 ? "batches" : nil
  }

  /// The same without what takes long: before numbers move in a file that is in use. Later the copy would be made of what the
  /// row has become.
  static func firstDifferenceInUse(_ connection: SQLiteConnection) throws -> String? {
    for source in sources {
      let rows = "SELECT \(source.columns(of: source.table)) FROM \(source.table)"
      let copies = "SELECT key, a, b, c FROM copies WHERE source = '\(source.table)'"
      let differ = try OutboxReader.count(
        connection,
        "SELECT count(*) FROM (SELECT * FROM (\(rows) EXCEPT \(copies)) UNION ALL SELECT * FROM (\(copies) EXCEPT \(rows)))"
      )
      if differ > 0 { return source.table }
    }
    let strange = try OutboxReader.count(
      connection, "SELECT count(*) FROM epochs NOT INDEXED WHERE NOT \(epochIsIndexed)")
    return strange > 0 ? "epochs" : nil
  }

  /// `true` as SQL for a row of `epochs` whose text is the same in the table and in its index, the second place where it
  /// stands.
  static let epochIsIndexed = """
    EXISTS (SELECT 1 FROM epochs AS twin INDEXED BY sqlite_autoindex_epochs_1
      WHERE twin.epoch = epochs.epoch AND twin.id = epochs.id)
    """

  // MARK: The number of the format

  /// The format as the copies have it; nil in files that were written before it was copied.
  static func format(_ connection: SQLiteConnection) throws -> Int? {
    guard try hasCopies(connection) else { return nil }
    return try connection.statement("SELECT a FROM copies WHERE source = 'format'").firstRow { $0.int(0) }
  }

  /// Beside the number in the file's header, where one flipped bit makes another format of it: a newer one, before which
  /// the daemon would stand still.
  static func setFormat(_ version: Int, _ connection: SQLiteConnection) throws {
    try connection.execute("INSERT OR REPLACE INTO copies VALUES ('format', 0, \(version), 0, 0)")
  }

  private static func hasCopies(_ connection: SQLiteConnection) throws -> Bool {
    try OutboxReader.count(connection, "SELECT count(*) FROM sqlite_master WHERE name = 'copies'") > 0
  }

  /// `true` as SQL for a row of this table that is as its copy; for salvage. In files of earlier versions nothing tells.
  static func isSound(_ table: String, in connection: SQLiteConnection) -> String {
    guard (try? hasCopies(connection)) == true, let source = sources.first(where: { $0.table == table }) else {
      return "true"
    }
    let places = zip(["a", "b", "c"], source.values).map { "copies.\($0) IS \($1.replacingRow(table))" }
    return "EXISTS (SELECT 1 FROM copies WHERE source = '\(table)' AND key = \(source.key.replacingRow(table)) AND "
      + places.joined(separator: " AND ") + ")"
  }
}

extension String {
  fileprivate func replacingRow(_ row: String) -> String {
    split(separator: "$", omittingEmptySubsequences: false).joined(separator: row)
  }
}
