import CSQLite

extension SQLiteConnection {
  /// How the one writing connection of a store is set up.
  public struct WriterSettings: Hashable, Sendable {
    /// Pages in the write-ahead log before a commit also checkpoints. The default, 1,000 pages of 4 KiB, bounds the log
    /// at about 4 MB. 0: the owner checkpoints by itself.
    public var autocheckpointPages: Int
    /// Page cache, in KiB.
    public var cacheKibibytes: Int
    /// The log is cut back to this after a checkpoint that emptied it, in bytes.
    public var journalSizeLimitBytes: Int64

    public init(
      autocheckpointPages: Int = 1_000, cacheKibibytes: Int = 2_048, journalSizeLimitBytes: Int64 = 8 << 20
    ) {
      self.autocheckpointPages = autocheckpointPages
      self.cacheKibibytes = cacheKibibytes
      self.journalSizeLimitBytes = journalSizeLimitBytes
    }
  }

  /// Write-ahead log, `synchronous=FULL` (a returned commit is on the disk), foreign keys checked, temporary data in
  /// memory, deleted pages left as they are. Each is read back: a file system without shared memory silently keeps another journal mode, for instance.
  public func applyWriterPragmas(_ settings: WriterSettings = WriterSettings()) throws(SQLiteError) {
    precondition(mode == .readWrite, "a reader has no such settings")
    try applyPragma("journal_mode", "WAL", reads: path == ":memory:" ? "memory" : "wal")
    try applyPragma("synchronous", "FULL", reads: "2")
    try applyPragma("foreign_keys", "ON", reads: "1")
    try applyPragma("temp_store", "MEMORY", reads: "2")
    // Debian's SQLite overwrites what is deleted with zeros, which writes each deleted page to the disk twice more. A store that
    // deletes all that it took, as an outbox does, would wear flash out for nothing.
    try applyPragma("secure_delete", "OFF", reads: "0")
    try applyPragma("wal_autocheckpoint", "\(settings.autocheckpointPages)", reads: "\(settings.autocheckpointPages)")
    try applyPragma("cache_size", "-\(settings.cacheKibibytes)", reads: "-\(settings.cacheKibibytes)")
    try applyPragma(
      "journal_size_limit", "\(settings.journalSizeLimitBytes)", reads: "\(settings.journalSizeLimitBytes)")
  }

  /// Sets a pragma and reads it back.
  ///
  /// - Throws: also when SQLite accepted the statement but did not do it.
  public func applyPragma(_ name: String, _ value: String, reads expected: String) throws(SQLiteError) {
    let setting = "PRAGMA \(name)=\(value)"
    // Some pragmas answer with a row when they are set, so this steps rather than executes.
    let set = try SQLiteStatement(connection: handle, sql: setting, isKept: false)
    while try set.step() {}
    let actual = try pragma(name)
    guard actual == expected else {
      throw SQLiteError(
        extendedCode: SQLITE_MISUSE, message: "it reads \(actual ?? "nothing") afterwards, not \(expected)",
        sql: setting)
    }
  }

  /// What a pragma reads as text; nil when it gives no row.
  public func pragma(_ name: String) throws(SQLiteError) -> String? {
    let statement = try SQLiteStatement(connection: handle, sql: "PRAGMA \(name)", isKept: false)
    return try statement.step() ? statement.text(0) : nil
  }

  /// The application's schema version, kept in the file's header; 0 in a new file.
  public func userVersion() throws(SQLiteError) -> Int {
    Int(try pragma("user_version") ?? "") ?? 0
  }

  public func setUserVersion(_ version: Int) throws(SQLiteError) {
    try execute("PRAGMA user_version=\(version)")
  }

  /// From now on ``logPages`` is known. Automatic checkpoints must be off.
  public func watchLog() { fieldgate_sqlite_watch_log(handle, logLength) }

  /// Pages in the write-ahead log after the last commit; 0 unless ``watchLog()`` was called.
  public var logPages: Int { Int(logLength.pointee) }

  /// Pages written by commits since the last call; those that checkpoints copy come on top.
  public func takeWrittenPages() -> Int { Int(fieldgate_sqlite_take_written_pages(handle)) }

  public enum Checkpoint: Sendable {
    /// Copies what it can without waiting for readers.
    case passive
    /// Waits for readers (up to the busy time-out), copies all and cuts the log to nothing.
    case truncate
  }

  /// Moves pages from the log into the database file. Only the one writing connection may do this.
  ///
  /// - Returns: pages in the log and pages of those copied; equal when all of them were.
  @discardableResult
  public func checkpoint(_ kind: Checkpoint) throws(SQLiteError) -> (logPages: Int, copiedPages: Int) {
    precondition(mode == .readWrite, "only the writer checkpoints")
    var logPages: Int32 = 0
    var copied: Int32 = 0
    let mode = kind == .passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE
    let code = sqlite3_wal_checkpoint_v2(handle, nil, mode, &logPages, &copied)
    guard code == SQLITE_OK else { throw SQLiteError(connection: handle, code: code, sql: "checkpoint") }
    return (Int(logPages), Int(copied))
  }

  /// SQLite's own examination of the file: nothing when it is sound, else at most `limit` findings.
  ///
  /// - Parameter thorough: also that indexes and tables agree, which reads them both whole.
  public func findDamage(thorough: Bool, limit: Int = 100) throws(SQLiteError) -> [String] {
    let check = thorough ? "integrity_check" : "quick_check"
    let statement = try SQLiteStatement(connection: handle, sql: "PRAGMA \(check)(\(limit))", isKept: false)
    var findings: [String] = []
    do {
      while try statement.step() { findings.append(statement.text(0)) }
    } catch  where error.category == .corrupt {
      // Damage so deep that the examination itself cannot go on.
      findings.append(error.message)
    }
    return findings == ["ok"] ? [] : findings
  }

  /// SQLite takes the file for read-only, and not because of its mode or its disk: its header says that a version of SQLite
  /// that is not there yet wrote it. A disk that changed one bit of it does the same.
  public var isMarkedReadOnly: Bool {
    // The header is looked at when something is read.
    _ = try? statement("PRAGMA schema_version").firstRow { $0.int64(0) }
    guard sqlite3_db_readonly(handle, "main") == 1 else { return false }
    var file: UnsafeMutablePointer<sqlite3_file>?
    guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK, let file,
      let methods = file.pointee.pMethods
    else { return false }
    var version: UInt8 = 0
    // Byte 18 of the file (sqlite.org/fileformat2.html): 1 with a rollback journal, 2 with a write-ahead log.
    return methods.pointee.xRead(file, &version, 1, 18) == SQLITE_OK && version > 2
  }
}
