import CSQLite

/// The write-ahead log as a file.
public enum SQLiteLog {
  /// Writes the log of a database that nobody has open once more, byte for byte, and syncs it; does nothing where there is
  /// none.
  ///
  /// A sync that failed leaves pages that a later, successful one says nothing of: they count as written, can be read, and
  /// are gone after a power cut. SQLite takes them for durable when it opens a log that a process has left behind, and
  /// copies half of them into the database before the cut comes. What is written anew is synced for certain.
  ///
  /// - Parameter vfs: as ``SQLiteConnection/init(path:mode:busyTimeoutMilliseconds:vfs:)``.
  public static func makeDurable(database: String, vfs name: String? = nil) throws(SQLiteError) {
    guard let vfs = sqlite3_vfs_find(name) else { throw SQLiteError(connection: nil, code: SQLITE_ERROR, sql: "vfs") }
    let path = database + "-wal"
    var exists: Int32 = 0
    guard vfs.pointee.xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &exists) == SQLITE_OK, exists != 0 else { return }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(vfs.pointee.szOsFile))
    let file = memory.bindMemory(to: sqlite3_file.self, capacity: 1)
    try check(vfs.pointee.xOpen(vfs, path, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, nil), "open \(path)")
    defer { _ = file.pointee.pMethods?.pointee.xClose(file) }
    guard let methods = file.pointee.pMethods?.pointee else { return }
    var size: Int64 = 0
    try check(methods.xFileSize(file, &size), "size of \(path)")
    guard size > 0 else { return }
    let piece = UnsafeMutableRawPointer.allocate(byteCount: pieceBytes, alignment: 16)
    defer { piece.deallocate() }
    var offset: Int64 = 0
    while offset < size {
      let count = Int32(min(Int64(pieceBytes), size - offset))
      try check(methods.xRead(file, piece, count, offset), "read \(path)")
      try check(methods.xWrite(file, piece, count, offset), "write \(path)")
      offset += Int64(count)
    }
    try check(methods.xSync(file, SQLITE_SYNC_NORMAL), "sync \(path)")
  }

  private static let pieceBytes = 1 << 16

  private static func check(_ code: Int32, _ what: String) throws(SQLiteError) {
    guard code != SQLITE_OK else { return }
    throw SQLiteError(connection: nil, code: code, sql: what)
  }
}
