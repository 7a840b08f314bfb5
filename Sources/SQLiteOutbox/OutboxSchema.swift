import SQLite

/// Tables of the outbox, described column by column in `docs/outbox.md`.
enum OutboxSchema {
  /// 1 wrote `store.last_frame` and `newest.ms` in each commit, and frames of version 1. What it wrote is read as it
  /// is; it would not read what later versions write. 2 did not know whether alarm states were owed. 3 kept nothing of
  /// alarms but the names of those that are active. 4 kept no copies of its small rows. 5 did not know the
  /// check sums of what central had confirmed.
  static let version = 6

  static let statements = """
    CREATE TABLE epochs(
      id INTEGER PRIMARY KEY,
      epoch TEXT NOT NULL UNIQUE CHECK (length(epoch) = 32),
      state INTEGER NOT NULL,
      reason TEXT NOT NULL);
    CREATE TABLE store(
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch INTEGER NOT NULL REFERENCES epochs(id),
      place TEXT NOT NULL,
      last_frame INTEGER NOT NULL,
      thinned INTEGER NOT NULL,
      owes_alarm_states INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE lanes(
      epoch INTEGER NOT NULL REFERENCES epochs(id),
      lane INTEGER NOT NULL,
      cut_through INTEGER NOT NULL,
      offered_through INTEGER NOT NULL CHECK (offered_through <= cut_through),
      confirmed_through INTEGER NOT NULL CHECK (confirmed_through <= cut_through),
      PRIMARY KEY(epoch, lane)) WITHOUT ROWID;
    CREATE TABLE newest(lane INTEGER PRIMARY KEY, ms INTEGER NOT NULL, cut_ms INTEGER NOT NULL);
    CREATE TABLE catalogues(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL UNIQUE);
    CREATE TABLE boots(
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, offset_ms INTEGER, is_estimated INTEGER NOT NULL);
    CREATE TABLE frames(
      sequence INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL,
      catalogue INTEGER REFERENCES catalogues(id),
      boot INTEGER REFERENCES boots(id),
      samples INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL);
    CREATE TABLE batches(
      id INTEGER PRIMARY KEY,
      epoch INTEGER NOT NULL REFERENCES epochs(id),
      lane INTEGER NOT NULL,
      first_number INTEGER NOT NULL,
      number INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE(epoch, lane, number));
    \(ConfirmedBatches.statements)
    CREATE TABLE damaged_frames(
      sequence INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL,
      samples INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      error TEXT NOT NULL,
      bytes BLOB NOT NULL);
    \(AlarmTable.statements)
    CREATE TABLE losses(reason INTEGER PRIMARY KEY, samples INTEGER NOT NULL);
    CREATE TABLE traffic(day TEXT PRIMARY KEY, sent INTEGER NOT NULL, received INTEGER NOT NULL) WITHOUT ROWID;
    \(CopiedRows.statements)
    """

  static let toVersion3 = "ALTER TABLE store ADD COLUMN owes_alarm_states INTEGER NOT NULL DEFAULT 0"

  /// `epochs.state`.
  enum EpochState: Int {
    case current = 0
    /// Its batches are delivered under their numbers.
    case closed = 1
    /// Its batches move to the current epoch.
    case abandoned = 2
  }

  /// How `epochs.reason` begins where the row of a lane was lost with a damaged file: what central had confirmed is guessed from
  /// the oldest batch that could be read.
  static let guessedConfirmations = "damaged, and what central had confirmed is a guess: "

  /// `batches.kind`.
  enum Kind: Int {
    case samples = 0
    case thinned = 1
    /// A loss notice took its place before it was offered.
    case loss = 2
    /// A loss notice took its place although it may have been sent.
    case replacement = 3
    /// A loss notice for batches that central had confirmed and has no more: nothing of this store stands there now, so a
    /// batch that does is another's.
    case missing = 4
  }

  /// Makes the tables of a new file, or checks the version of an old one. True when the file was new.
  static func prepare(_ connection: SQLiteConnection, epoch: String, place: String) throws -> Bool {
    let format = try connection.userVersion()
    if let copy = try CopiedRows.format(connection), copy != format {
      throw SQLiteError(
        extendedCode: 11, message: "the file's header says format \(format), and its copy \(copy)",
        sql: "comparing copies")
    }
    switch format {
    case version:
      if try CopiedRows.format(connection) == nil { try CopiedRows.setFormat(version, connection) }
      return false
    case let old where (1..<version).contains(old):
      try connection.transaction {
        if old < 3 { try connection.execute(toVersion3) }
        if old < 4 { try AlarmTable.makeFromActiveAlarms(connection) }
        if old < 5 { try connection.execute(CopiedRows.statements) }
        try connection.execute(ConfirmedBatches.statements)
        try setFormat(connection)
      }
      return false
    case 0:
      try connection.transaction {
        try connection.execute(statements)
        try beginEpoch(connection, epoch: epoch)
        let insert = try connection.statement("INSERT INTO store SELECT 1, max(id), ?1, 0, 0, 0 FROM epochs")
        try insert.bind(1, place)
        try insert.run()
        try setFormat(connection)
      }
      return true
    case let other:
      throw NewerFormat(
        description: "the outbox \(connection.path) has format \(other), and this program reads format \(version). "
          + "A newer fieldgated wrote it: install that version again")
    }
  }

  private static func setFormat(_ connection: SQLiteConnection) throws {
    try CopiedRows.setFormat(version, connection)
    try connection.setUserVersion(version)
  }

  static func beginEpoch(_ connection: SQLiteConnection, epoch: String) throws {
    let insert = try connection.statement("INSERT INTO epochs(epoch, state, reason) VALUES (?1, 0, '')")
    try insert.bind(1, epoch)
    try insert.run()
    let lanes = try connection.statement("INSERT INTO lanes VALUES (?1, 1, 0, 0, 0), (?1, 2, 0, 0, 0)")
    try lanes.bind(1, connection.lastInsertRowID)
    try lanes.run()
  }

  struct NewerFormat: Error, CustomStringConvertible { let description: String }
}
