import SQLite

/// Tables of the outbox, described column by column in `docs/outbox.md`.
enum OutboxSchema {
  static let version = 1

  static let statements = """
    CREATE TABLE store(
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch TEXT NOT NULL CHECK (length(epoch) = 32),
      last_frame INTEGER NOT NULL);
    CREATE TABLE lanes(
      lane INTEGER PRIMARY KEY,
      cut_through INTEGER NOT NULL,
      confirmed_through INTEGER NOT NULL CHECK (confirmed_through <= cut_through),
      last_ms INTEGER);
    CREATE TABLE catalogues(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE);
    CREATE TABLE frames(
      sequence INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL REFERENCES lanes(lane),
      catalogue INTEGER REFERENCES catalogues(id),
      samples INTEGER NOT NULL CHECK (samples > 0),
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL);
    CREATE TABLE batches(
      id INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL REFERENCES lanes(lane),
      number INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE(lane, number));
    CREATE TABLE damaged_frames(
      sequence INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      error TEXT NOT NULL,
      bytes BLOB NOT NULL);
    CREATE TABLE active_alarms(name TEXT PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO lanes VALUES (1, 0, 0, NULL), (2, 0, 0, NULL);
    """

  /// Makes the tables of a new file, or checks the version of an old one.
  static func prepare(_ connection: SQLiteConnection, epoch: String) throws {
    switch try connection.userVersion() {
    case version: return
    case 0:
      try connection.transaction {
        try connection.execute(statements)
        let insert = try connection.statement("INSERT INTO store VALUES (1, ?1, 0)")
        try insert.bind(1, epoch)
        try insert.run()
        try connection.setUserVersion(version)
      }
    case let other:
      throw SchemaError(
        description: "the outbox \(connection.path) has format \(other), and this program reads format \(version). "
          + "A newer fieldgated wrote it: install that version again")
    }
  }

  struct SchemaError: Error, CustomStringConvertible { let description: String }
}
