import CSQLite

/// A prepared statement: bind, step, read columns, reset. Belongs to its connection's thread.
///
/// Parameters count from 1 and columns from 0, as in SQLite. ``run()``, ``forEachRow(_:)`` and ``firstRow(_:)`` reset
/// always, also when they throw; whoever calls ``step()`` directly and stops early calls ``reset()``, because a statement
/// left open holds its read transaction and with it the write-ahead log.
public final class SQLiteStatement {
  public let sql: String
  private let connection: OpaquePointer
  private let handle: OpaquePointer

  /// - Parameter isKept: a hint that the statement will be used many times.
  init(connection: OpaquePointer, sql: String, isKept: Bool) throws(SQLiteError) {
    var prepared: OpaquePointer?
    let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
    let code = sqlite3_prepare_v3(connection, sql, -1, flags, &prepared, nil)
    guard code == SQLITE_OK else { throw SQLiteError(connection: connection, code: code, sql: sql) }
    guard let prepared else {
      throw SQLiteError(extendedCode: SQLITE_MISUSE, message: "there is no statement in this text", sql: sql)
    }
    self.sql = sql
    self.connection = connection
    handle = prepared
  }

  deinit { sqlite3_finalize(handle) }

  /// Has been stepped and neither finished nor been reset.
  var isBusy: Bool { sqlite3_stmt_busy(handle) != 0 }

  // MARK: Steps

  /// Moves to the next row; false when there is none. After false or an error the statement has been reset, its
  /// bindings kept.
  public func step() throws(SQLiteError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE {
      sqlite3_reset(handle)
      return false
    }
    let error = SQLiteError(connection: connection, code: code, sql: sql)
    sqlite3_reset(handle)
    throw error
  }

  /// Back to before the first row, and all bindings NULL. Borrowed blobs are let go.
  public func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Runs to the end, ignoring rows, and resets.
  public func run() throws(SQLiteError) {
    defer { reset() }
    while try step() {}
  }

  /// Calls `body` on each row until it returns false or the rows end, and resets.
  public func forEachRow(_ body: (SQLiteStatement) throws -> Bool) throws {
    defer { reset() }
    while try step() {
      if try !body(self) { return }
    }
  }

  /// What `read` makes of the first row, nil without rows; resets.
  public func firstRow<Result>(_ read: (SQLiteStatement) throws -> Result) throws -> Result? {
    defer { reset() }
    return try step() ? read(self) : nil
  }

  // MARK: Parameters

  public func bind(_ index: Int, _ value: Int64) throws(SQLiteError) {
    try check(sqlite3_bind_int64(handle, Int32(index), value))
  }

  public func bind(_ index: Int, _ value: Int) throws(SQLiteError) { try bind(index, Int64(value)) }

  public func bind(_ index: Int, _ value: Double) throws(SQLiteError) {
    try check(sqlite3_bind_double(handle, Int32(index), value))
  }

  /// SQLite copies the text.
  public func bind(_ index: Int, _ text: String) throws(SQLiteError) {
    var text = text
    let code = text.withUTF8 { buffer in
      buffer.withMemoryRebound(to: CChar.self) {
        fieldgate_sqlite_bind_text_copy(handle, Int32(index), $0.baseAddress, Int32($0.count))
      }
    }
    try check(code)
  }

  /// SQLite copies the bytes. See ``bind(_:borrowing:)`` for large ones.
  public func bind(_ index: Int, _ bytes: [UInt8]) throws(SQLiteError) {
    try check(bytes.withUnsafeBytes { bindBlob(index, $0, fieldgate_sqlite_bind_blob_copy) })
  }

  /// SQLite copies the bytes.
  public func bind(_ index: Int, _ bytes: ArraySlice<UInt8>) throws(SQLiteError) {
    try check(bytes.withUnsafeBytes { bindBlob(index, $0, fieldgate_sqlite_bind_blob_copy) })
  }

  /// SQLite reads the caller's bytes: they must stay where they are until the statement has been reset or run.
  ///
  ///     try bytes.withUnsafeBytes {
  ///       try insert.bind(1, borrowing: $0)
  ///       try insert.run()
  ///     }
  public func bind(_ index: Int, borrowing bytes: UnsafeRawBufferPointer) throws(SQLiteError) {
    try check(bindBlob(index, bytes, fieldgate_sqlite_bind_blob_borrowed))
  }

  public func bindNull(_ index: Int) throws(SQLiteError) { try check(sqlite3_bind_null(handle, Int32(index))) }

  private func bindBlob(
    _ index: Int, _ bytes: UnsafeRawBufferPointer,
    _ bind: (OpaquePointer?, Int32, UnsafeRawPointer?, Int32) -> Int32
  ) -> Int32 {
    guard let address = bytes.baseAddress, !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, Int32(index), 0) }
    // SQLite's own limit is 1,000,000,000 bytes, well inside Int32.
    guard bytes.count <= Int(Int32.max) else { return SQLITE_TOOBIG }
    return bind(handle, Int32(index), address, Int32(bytes.count))
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw SQLiteError(connection: connection, code: code, sql: sql) }
  }

  // MARK: Columns of the current row

  public func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

  /// 0 for NULL.
  public func int64(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

  /// 0 for NULL.
  public func int(_ column: Int) -> Int { Int(int64(column)) }

  /// 0 for NULL.
  public func double(_ column: Int) -> Double { sqlite3_column_double(handle, Int32(column)) }

  /// Empty for NULL; bytes that are not UTF-8 become U+FFFD.
  public func text(_ column: Int) -> String {
    guard let text = sqlite3_column_text(handle, Int32(column)) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  /// A copy; empty for NULL.
  public func blob(_ column: Int) -> [UInt8] { withBlob(column) { Array($0) } }

  /// SQLite's own bytes, valid inside `body` only; an empty buffer for NULL.
  public func withBlob<Result>(_ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    guard let address = sqlite3_column_blob(handle, Int32(column)) else {
      return try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return try body(UnsafeRawBufferPointer(start: address, count: count))
  }
}
