import CSQLite

extension SQLiteConnection {
  /// Runs `body` between BEGIN IMMEDIATE and COMMIT. An error of `body`, or of any statement in it, rolls back.
  ///
  /// A COMMIT that fails throws an error with ``SQLiteError/commitIsUnknown``: with `synchronous=FULL` a sync can fail
  /// after the commit's frames reached the log, and the next start may then find them (measured: 1 of 173 points of
  /// failure). The transaction is rolled back in this process; the store must be read again before anything is decided.
  ///
  /// - Returns: what `body` returned, once COMMIT has succeeded.
  @discardableResult
  public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    precondition(!isInTransaction, "transactions do not nest")
    try statement("BEGIN IMMEDIATE").run()
    let result: Result
    do {
      result = try body()
    } catch {
      rollback()
      throw error
    }
    do {
      try commit()
    } catch {
      rollback()
      throw error
    }
    return result
  }

  /// Runs `body` on one snapshot of the database, which later commits of others do not change.
  public func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
    precondition(!isInTransaction, "transactions do not nest")
    try execute("BEGIN DEFERRED")
    defer { rollback() }
    return try body()
  }

  private func commit() throws(SQLiteError) {
    // Some errors inside a transaction make SQLite roll back by itself; a COMMIT would then say only "no transaction".
    guard isInTransaction else {
      throw SQLiteError(
        extendedCode: fieldgate_sqlite_abort_rollback, message: "the transaction was rolled back by SQLite",
        sql: "COMMIT")
    }
    do throws(SQLiteError) {
      try statement("COMMIT").run()
    } catch {
      var unknown = error
      unknown.commitIsUnknown = true
      throw unknown
    }
  }

  /// Its own failure changes nothing: SQLite then rolls back when the connection is closed.
  private func rollback() {
    if isInTransaction { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }
}
