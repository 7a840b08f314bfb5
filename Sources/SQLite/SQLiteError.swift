import CSQLite

/// What SQLite said, on which statement, and what an operator can do about it.
public struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Primary result code (`SQLITE_BUSY` is 5), see <https://sqlite.org/rescode.html>.
  public var code: Int32
  /// Extended result code; its low byte is `code`.
  public var extendedCode: Int32
  /// SQLite's own words.
  public var message: String
  /// The statement or the step that failed; at most 200 characters.
  public var sql: String
  /// True when a COMMIT failed. It may or may not have taken effect, now or after the next start: read back what the
  /// store holds before deciding anything.
  public var commitIsUnknown: Bool

  public init(extendedCode: Int32, message: String, sql: String, commitIsUnknown: Bool = false) {
    code = extendedCode & 0xff
    self.extendedCode = extendedCode
    self.message = message
    self.sql = String(sql.prefix(200))
    self.commitIsUnknown = commitIsUnknown
  }

  /// Reads the connection's last error. `code` is what the failing call returned; it wins when the connection knows less.
  init(connection: OpaquePointer?, code: Int32, sql: String, commitIsUnknown: Bool = false) {
    let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
    let message = connection.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
    self.init(
      extendedCode: extended & 0xff == code & 0xff ? extended : code,
      message: extended & 0xff == code & 0xff ? message : String(cString: sqlite3_errstr(code)), sql: sql,
      commitIsUnknown: commitIsUnknown)
  }

  /// What kind of trouble this is, as far as a program acts on it.
  public enum Category: String, Sendable, CaseIterable {
    /// Another connection holds the lock.
    case busy
    /// No space left, or a quota is used up.
    case full
    /// The file or its directory cannot be written.
    case readOnly = "read-only"
    /// The file is damaged, or not a database.
    case corrupt
    /// The device failed to read, write or sync.
    case inputOutput = "input-output"
    /// The file or its directory cannot be opened.
    case cannotOpen = "cannot-open"
    case outOfMemory = "out-of-memory"
    /// A UNIQUE, CHECK or other constraint said no.
    case constraint
    case other
  }

  public var category: Category {
    switch code {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_FULL: .full
    case SQLITE_READONLY, SQLITE_PERM: .readOnly
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt
    case SQLITE_IOERR: .inputOutput
    case SQLITE_CANTOPEN: .cannotOpen
    case SQLITE_NOMEM: .outOfMemory
    case SQLITE_CONSTRAINT: .constraint
    default: .other
    }
  }

  /// The operator's next step; empty where there is none to name.
  public var advice: String {
    switch category {
    case .busy: "another program has the database open for writing; find it with `fuser`"
    case .full: "the disk is full; look with `df` and make room"
    case .readOnly:
      "check the owner and mode of the file and its directory, and whether the disk was remounted read-only"
    case .corrupt: "the file is damaged; keep a copy, and check it with `sqlite3 FILE 'PRAGMA integrity_check'`"
    case .inputOutput: "the disk reports errors; look at `dmesg`"
    case .cannotOpen: "check that the directory exists and may be written"
    case .outOfMemory: "the machine or the service's memory limit is too small"
    case .constraint, .other: ""
    }
  }

  public var description: String {
    let unknown = commitIsUnknown ? "; whether the commit took effect is unknown" : ""
    let next = advice.isEmpty ? "" : "; \(advice)"
    return "SQLite error \(extendedCode) (\(message)) at \"\(sql)\"\(unknown)\(next)"
  }
}
