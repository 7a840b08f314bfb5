import CSQLite

/// One connection to one database file.
///
/// Not `Sendable`: it is used by one thread at a time and opened without SQLite's own mutexes. Whoever owns it creates
/// it on its thread, or hands it over as a whole.
///
/// SQLite before 3.51.3 can lose commits when two connections write or checkpoint at once (Debian 12 has 3.40.1), so
/// exactly one connection of a file is opened with ``Mode/readWrite`` and the others with ``Mode/readOnly``, which never
/// checkpoint.
public final class SQLiteConnection {
  public enum Mode: Sendable {
    /// Creates the file when it is missing.
    case readWrite
    /// Never writes and never checkpoints, not even when it is closed last.
    case readOnly
    /// For a damaged file: a table or a trigger whose definition cannot be read hides only itself. Never checkpoints; what is
    /// not committed explicitly is taken back when it is closed. Needs a file that is there.
    case salvage
  }

  /// Prepared statements kept for reuse; programs have a few dozen.
  public static let maximumCachedStatements = 128

  public let path: String
  public let mode: Mode
  let handle: OpaquePointer
  private var cache: [String: SQLiteStatement] = [:]
  private var isOpen = true
  let logLength = UnsafeMutablePointer<Int32>.allocate(capacity: 1)

  /// Opens `path` (or `:memory:`).
  ///
  /// - Parameters:
  ///   - busyTimeoutMilliseconds: how long a step waits for a lock of another connection, 0 to 60,000.
  ///   - vfs: the name under which SQLite knows the file system to use; nil is its default. Tests give a simulated disk.
  public init(
    path: String, mode: Mode, busyTimeoutMilliseconds: Int32 = 5_000, vfs: String? = nil
  ) throws(SQLiteError) {
    precondition((0...60_000).contains(busyTimeoutMilliseconds), "a busy time-out out of range")
    self.path = path
    self.mode = mode
    let access =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readOnly: SQLITE_OPEN_READONLY
      case .salvage: SQLITE_OPEN_READWRITE
      }
    var opened: OpaquePointer?
    let code = sqlite3_open_v2(path, &opened, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
    guard code == SQLITE_OK, let opened else {
      let error = SQLiteError(connection: opened, code: code, sql: "open \(path)")
      sqlite3_close_v2(opened)
      throw error
    }
    handle = opened
    logLength.initialize(to: 0)
    sqlite3_busy_timeout(handle, busyTimeoutMilliseconds)
    // A file that came from elsewhere (a restored backup, a salvage) must not run code of its own.
    try configure(SQLITE_DBCONFIG_DEFENSIVE, on: mode != .salvage)
    try configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, on: false)
    // Besides what its name says, it lets SQLite go on with what it could read of the schema.
    if mode == .salvage { try applyPragma("writable_schema", "ON", reads: "1") }
    if mode != .readWrite {
      try configure(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on: true)
      try applyPragma("wal_autocheckpoint", "0", reads: "0")
    }
  }

  deinit {
    closeHandle()
    logLength.deallocate()
  }

  /// Closes the file; the last writer's close also checkpoints. Statements of this connection must not be used any more.
  public func close() { closeHandle() }

  private func closeHandle() {
    guard isOpen else { return }
    isOpen = false
    cache.removeAll()
    // close_v2 waits for statements that someone still holds, so that none of them points into freed memory.
    sqlite3_close_v2(handle)
  }

  private func configure(_ option: Int32, on: Bool) throws(SQLiteError) {
    let code = fieldgate_sqlite_configure(handle, option, on ? 1 : 0)
    guard code == SQLITE_OK else { throw SQLiteError(connection: handle, code: code, sql: "configure \(path)") }
  }

  /// Runs one or several statements whose rows do not matter.
  public func execute(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw SQLiteError(connection: handle, code: code, sql: sql) }
  }

  /// The prepared statement of `sql`, without bindings, ready to bind and step. Kept for the next call with the same
  /// text; while the kept one is in use (an outer loop steps it), another is prepared.
  public func statement(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
    if let known = cache[sql] {
      if !known.isBusy {
        known.reset()
        return known
      }
      return try SQLiteStatement(connection: handle, sql: sql, isKept: false)
    }
    let isKept = cache.count < Self.maximumCachedStatements
    let made = try SQLiteStatement(connection: handle, sql: sql, isKept: isKept)
    if isKept { cache[sql] = made }
    return made
  }

  /// Rowid of the last INSERT of this connection.
  public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  public var changes: Int { Int(sqlite3_changes64(handle)) }

  /// True between BEGIN and the end of its transaction.
  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// SQLite's version, for example `3.40.1`.
  public static var libraryVersion: String { String(cString: sqlite3_libversion()) }
}
