import GatewayCore
import SQLite

/// What the file takes.
extension SQLiteOutbox {
  /// Counts written pages and keeps the log short. A checkpoint that fails changes nothing: the commit is in the log.
  ///
  /// - Returns: false when the file is damaged.
  func measure(_ connection: SQLiteConnection, _ after: inout OutboxState) -> Bool {
    do {
      try size(connection, &after)
      return true
    } catch {
      // Otherwise the sizes stay those of before.
      return !((error as? SQLiteError).map(Self.isDamage) ?? false)
    }
  }

  private func size(_ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    pagesWritten += connection.takeWrittenPages()
    let logPages = connection.logPages
    let pages = try OutboxReader.count(connection, "PRAGMA page_count")
    if logPages >= place.checkpointPages, let done = try? connection.checkpoint(.passive) {
      // SQLite tells how long a log was copied; each page of the file is written once, however often it is in there.
      pagesWritten += min(done.copiedPages, pages)
    }
    let free = try OutboxReader.count(connection, "PRAGMA freelist_count")
    let size = try pageBytes ?? OutboxReader.count(connection, "PRAGMA page_size")
    pageBytes = size
    after.usedBytes = (pages - free) * size
    after.spareBytes = free * size
    after.fileBytes = (pages + logPages) * size
  }
}
