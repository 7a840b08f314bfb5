import Foundation
import SQLite
import Testing

struct SQLiteConnectionTests {
  let directory: TemporaryDirectory
  let writer: SQLiteConnection

  init() throws {
    directory = try TemporaryDirectory()
    writer = try SQLiteConnection(path: directory.file("store.sqlite"), mode: .readWrite)
    try writer.applyWriterPragmas()
    try writer.execute("CREATE TABLE items(id INTEGER PRIMARY KEY, number INTEGER, real REAL, text TEXT, bytes BLOB)")
  }

  @Test func blobsAreReadInPartAndAsAWhole() throws {
    let long = [UInt8]((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
    for bytes in [[1, 2, 3], [], long] {
      let insert = try writer.statement("INSERT INTO items(bytes) VALUES (?1)")
      try insert.bind(1, bytes)
      try insert.run()
    }
    try writer.execute("INSERT INTO items(bytes) VALUES (7)")
    let blobs = SQLiteBlobs(writer, table: "items", column: "bytes")
    #expect(
      try blobs.prefix(of: 1, 2) == [1, 2] && blobs.prefix(of: 1, 64) == [1, 2, 3] && blobs.prefix(of: 2, 5).isEmpty)
    #expect(try blobs.prefix(of: 3, 64) == Array(long.prefix(64)) && blobs.all(of: 3) == long)
    // No blob, and no such row; the next one is found all the same.
    for row: Int64 in [4, 9] {
      #expect(throws: SQLiteError.self) { try blobs.all(of: row) }
      #expect(try blobs.all(of: 1) == [1, 2, 3])
    }
  }

  @Test func everyKindOfValueComesBackAsItWasBound() throws {
    let insert = try writer.statement("INSERT INTO items(number, real, text, bytes) VALUES (?1, ?2, ?3, ?4)")
    let bytes: [UInt8] = [0, 1, 2, 255]
    try insert.bind(1, Int64.min)
    try insert.bind(2, 0.1)
    try insert.bind(3, "grün\u{0}x")
    try bytes.withUnsafeBytes {
      try insert.bind(4, borrowing: $0)
      try insert.run()
    }
    #expect(writer.lastInsertRowID == 1)
    #expect(writer.changes == 1)
    let read = try writer.statement("SELECT number, real, text, bytes FROM items").firstRow {
      ($0.int64(0), $0.double(1), $0.text(2), $0.blob(3))
    }
    let row = try #require(read)
    #expect(row.0 == .min)
    #expect(row.1 == 0.1)
    #expect(row.2 == "grün\u{0}x")
    #expect(row.3 == bytes)
  }

  @Test func emptyTextAndEmptyBlobAreNotNull() throws {
    let insert = try writer.statement("INSERT INTO items(text, bytes, real) VALUES (?1, ?2, ?3)")
    try insert.bind(1, "")
    try insert.bind(2, [UInt8]())
    try insert.bindNull(3)
    try insert.run()
    let row = try writer.statement("SELECT text IS NULL, bytes IS NULL, real IS NULL, length(bytes) FROM items")
      .firstRow {
        [$0.int(0), $0.int(1), $0.int(2), $0.int(3)]
      }
    #expect(row == [0, 0, 1, 0])
  }

  @Test func aCachedStatementForgetsItsBindingsAndAnInUseOneIsNotHandedOutTwice() throws {
    let insert = try writer.statement("INSERT INTO items(number) VALUES (?1)")
    for number in 1...3 {
      try insert.bind(1, number)
      try insert.run()
    }
    #expect(try writer.statement("INSERT INTO items(number) VALUES (?1)") === insert)
    var pairs = 0
    try writer.statement("SELECT id FROM items").forEachRow { _ in
      try writer.statement("SELECT id FROM items").forEachRow { _ in
        pairs += 1
        return true
      }
      return true
    }
    #expect(pairs == 9)
  }

  @Test func anErrorInATransactionRollsItBack() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try writer.transaction {
        try writer.execute("INSERT INTO items(number) VALUES (1)")
        throw Stop()
      }
    }
    #expect(!writer.isInTransaction)
    #expect(try count() == 0)
    try writer.transaction { try writer.execute("INSERT INTO items(number) VALUES (1)") }
    #expect(try count() == 1)
  }

  @Test func aFailedCommitSaysThatItsOutcomeIsUnknown() throws {
    // A deferred foreign key is looked at by COMMIT itself.
    try writer.execute(
      """
      CREATE TABLE parents(id INTEGER PRIMARY KEY);
      CREATE TABLE children(parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)
      """)
    let error = try #require(throws: SQLiteError.self) {
      try writer.transaction { try writer.execute("INSERT INTO children VALUES (7)") }
    }
    #expect(error.commitIsUnknown)
    #expect(error.category == .constraint)
    #expect(!writer.isInTransaction)
  }

  @Test func aReaderSeesCommitsButCannotWriteAndNeverCheckpoints() throws {
    try writer.execute("INSERT INTO items(number) VALUES (1)")
    let reader = try SQLiteConnection(path: writer.path, mode: .readOnly)
    #expect(try reader.pragma("wal_autocheckpoint") == "0")
    let error = try #require(throws: SQLiteError.self) { try reader.execute("DELETE FROM items") }
    #expect(error.category == .readOnly)
    try reader.snapshot {
      #expect(try count(reader) == 1)
      try writer.execute("INSERT INTO items(number) VALUES (2)")
      #expect(try count(reader) == 1)
    }
    #expect(try count(reader) == 2)
    writer.close()
    let before = try FileManager.default.attributesOfItem(atPath: directory.file("store.sqlite-wal"))[.size] as? Int
    reader.close()
    let after = try FileManager.default.attributesOfItem(atPath: directory.file("store.sqlite-wal"))[.size] as? Int
    #expect(before == after)
    #expect(try #require(after) > 0)
  }

  @Test func aPragmaThatDidNotTakeEffectIsAnError() throws {
    let error = try #require(throws: SQLiteError.self) {
      try SQLiteConnection(path: ":memory:", mode: .readWrite).applyPragma("journal_mode", "WAL", reads: "wal")
    }
    #expect(error.message.contains("memory"))
    #expect(try writer.pragma("synchronous") == "2")
    #expect(try writer.pragma("journal_mode") == "wal")
  }

  @Test func theSchemaVersionIsKeptInTheFile() throws {
    #expect(try writer.userVersion() == 0)
    try writer.setUserVersion(3)
    #expect(try SQLiteConnection(path: writer.path, mode: .readOnly).userVersion() == 3)
  }

  @Test func aFullDiskAMissingDirectoryAndADamagedFileAreToldApart() throws {
    try writer.applyPragma("max_page_count", "8", reads: "8")
    let full = try #require(throws: SQLiteError.self) {
      try writer.execute("INSERT INTO items(bytes) VALUES (zeroblob(1000000))")
    }
    #expect(full.category == .full)
    #expect(full.advice.contains("disk is full"))
    #expect("\(full)".contains("INSERT INTO items"))

    let missing = try #require(throws: SQLiteError.self) {
      try SQLiteConnection(path: directory.file("no/such/file"), mode: .readWrite)
    }
    #expect(missing.category == .cannotOpen)

    let garbage = directory.file("garbage.sqlite")
    try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: garbage))
    let damaged = try #require(throws: SQLiteError.self) {
      try SQLiteConnection(path: garbage, mode: .readOnly).userVersion()
    }
    #expect(damaged.category == .corrupt)
  }

  @Test func damageInsideATableIsFound() throws {
    try writer.execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500) "
        + "INSERT INTO items(text) SELECT hex(randomblob(100)) FROM n")
    #expect(try writer.findDamage(thorough: true).isEmpty)
    try writer.checkpoint(.truncate)
    writer.close()
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: directory.file("store.sqlite")))
    try file.seek(toOffset: 5 * 4_096)
    try file.write(contentsOf: Data(repeating: 0xa5, count: 4_096))
    try file.close()
    let again = try SQLiteConnection(path: directory.file("store.sqlite"), mode: .readOnly)
    #expect(try !again.findDamage(thorough: false, limit: 5).isEmpty)
  }

  private func count(_ connection: SQLiteConnection? = nil) throws -> Int? {
    try (connection ?? writer).statement("SELECT count(*) FROM items").firstRow { $0.int(0) }
  }
}
