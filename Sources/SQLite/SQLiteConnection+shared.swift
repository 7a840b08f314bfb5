extension SQLiteConnection {
  /// Settings for a small database that several processes write, each now and then: a rollback journal, in which two
  /// writers cannot harm each other (see the type's own words about the write-ahead log), and `synchronous=EXTRA`, with
  /// which a returned commit survives a power cut in that mode too.
  public func applySharedPragmas() throws(SQLiteError) {
    precondition(mode == .readWrite, "a reader has no such settings")
    try applyPragma("journal_mode", "DELETE", reads: path == ":memory:" ? "memory" : "delete")
    try applyPragma("synchronous", "EXTRA", reads: "3")
    try applyPragma("foreign_keys", "ON", reads: "1")
    try applyPragma("temp_store", "MEMORY", reads: "2")
  }
}
