import CSQLite

/// Reads values of one column of blobs in part: a statement would read them as a whole.
public final class SQLiteBlobs {
  private let connection: SQLiteConnection
  private let table: String
  private let column: String
  /// Moved from row to row, because that is cheaper than a new one.
  private var blob: OpaquePointer?

  /// - Parameter column: of a table of the connection's database; what it holds are blobs or texts.
  public init(_ connection: SQLiteConnection, table: String, column: String) {
    self.connection = connection
    self.table = table
    self.column = column
  }

  deinit { sqlite3_blob_close(blob) }

  /// The first bytes of a row's value, at most so many.
  ///
  /// - Throws: also when there is no such row, or its value is a number.
  public func prefix(of row: Int64, _ count: Int) throws(SQLiteError) -> [UInt8] {
    try open(row)
    return try read(min(Int32(clamping: count), sqlite3_blob_bytes(blob)))
  }

  public func all(of row: Int64) throws(SQLiteError) -> [UInt8] {
    try open(row)
    return try read(sqlite3_blob_bytes(blob))
  }

  private func open(_ row: Int64) throws(SQLiteError) {
    if let blob {
      if sqlite3_blob_reopen(blob, row) == SQLITE_OK { return }
      // It cannot be used any more.
      sqlite3_blob_close(blob)
      self.blob = nil
    }
    try check(sqlite3_blob_open(connection.handle, "main", table, column, row, 0, &blob))
  }

  private func read(_ count: Int32) throws(SQLiteError) -> [UInt8] {
    var code = SQLITE_OK
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, filled in
      code = sqlite3_blob_read(blob, buffer.baseAddress, count, 0)
      filled = code == SQLITE_OK ? Int(count) : 0
    }
    try check(code)
    return bytes
  }

  private func check(_ code: Int32) throws(SQLiteError) {
    guard code != SQLITE_OK else { return }
    throw SQLiteError(connection: connection.handle, code: code, sql: "reading \(column) of \(table)")
  }
}
