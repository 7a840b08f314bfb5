import SQLite
import SimulatedDisk
import Testing

@Suite("A simulated disk")
struct SimulatedDiskTests {
  let disk = SimulatedDisk(seed: 1)
  let path = "/data/store.db"

  private func open(_ mode: SQLiteConnection.Mode = .readWrite, on other: SimulatedDisk? = nil) throws
    -> SQLiteConnection
  {
    try SQLiteConnection(path: path, mode: mode, busyTimeoutMilliseconds: 100, vfs: (other ?? disk).vfsName)
  }

  private func count(_ connection: SQLiteConnection) throws -> Int? {
    try connection.statement("SELECT count(*) FROM items").firstRow { $0.int(0) }
  }

  private func filled(_ rows: Int = 100) throws -> SQLiteConnection {
    let writer = try open()
    try writer.applyWriterPragmas()
    try writer.execute("CREATE TABLE items(id INTEGER PRIMARY KEY, bytes BLOB)")
    try writer.execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT \(rows)) "
        + "INSERT INTO items(bytes) SELECT randomblob(500) FROM n")
    return writer
  }

  @Test("SQLite works on it with a write-ahead log: reader, checkpoint, vacuum and examination")
  func writeAheadLog() throws {
    let writer = try filled()
    #expect(disk.files == [path, path + "-wal"])
    let reader = try open(.readOnly)
    try reader.snapshot {
      #expect(try count(reader) == 100)
      try writer.execute("DELETE FROM items WHERE id > 10")
      #expect(try count(reader) == 100)
      #expect(try writer.checkpoint(.passive).logPages > 0)
    }
    #expect(try count(reader) == 10)
    try writer.execute("VACUUM")
    try writer.checkpoint(.truncate)
    #expect(disk.bytes(of: path + "-wal") == [])
    #expect(try reader.findDamage(thorough: true).isEmpty)
    #expect(try count(reader) == 10)
    reader.close()
    writer.close()
    #expect(disk.files == [path])
  }

  @Test("SQLite works on it with every rollback journal", arguments: ["DELETE", "TRUNCATE", "PERSIST", "MEMORY"])
  func rollbackJournal(mode: String) throws {
    let writer = try open()
    try writer.applyPragma("journal_mode", mode, reads: mode.lowercased())
    try writer.execute("CREATE TABLE items(id INTEGER PRIMARY KEY); INSERT INTO items VALUES (1), (2)")
    let reader = try open(.readOnly)
    #expect(try count(reader) == 2)
    try writer.execute("BEGIN IMMEDIATE; INSERT INTO items VALUES (3)")
    #expect(try count(reader) == 2)
    try reader.execute("BEGIN; SELECT * FROM items")
    let busy = try #require(throws: SQLiteError.self) { try writer.execute("COMMIT") }
    #expect(busy.category == .busy)
    try reader.execute("COMMIT")
    try writer.execute("COMMIT")
    #expect(try count(reader) == 3)
    try writer.execute("VACUUM")
    #expect(try writer.findDamage(thorough: true).isEmpty)
    #expect(disk.exists(path + "-journal") == (mode == "TRUNCATE" || mode == "PERSIST"))
  }

  @Test("Two writers exclude each other, and waiting asks the callback instead of the clock")
  func writersExclude() throws {
    let first = try filled()
    let second = try open()
    var waited = 0
    disk.onSleep { waited += $0 }
    try first.execute("BEGIN IMMEDIATE")
    let error = try #require(throws: SQLiteError.self) { try second.execute("BEGIN IMMEDIATE") }
    #expect(error.category == .busy)
    #expect(waited >= 100_000)
    try first.execute("COMMIT")
    try second.execute("BEGIN IMMEDIATE; COMMIT")
  }

  @Test("A killed process loses its handles and keeps what it wrote")
  func killKeepsWrites() throws {
    let writer = try filled(10)
    let size = disk.bytes(of: path + "-wal")?.count
    try writer.execute("BEGIN IMMEDIATE; DELETE FROM items")
    disk.kill()
    let error = try #require(throws: SQLiteError.self) { try writer.execute("COMMIT; SELECT * FROM items") }
    #expect(error.category == .inputOutput)
    // The dead connection holds no lock, also while it is not yet closed.
    let next = try open()
    #expect(try count(next) == 10)
    try next.execute("DELETE FROM items WHERE id = 1")
    writer.close()
    #expect(try count(next) == 9)
    #expect(try next.findDamage(thorough: true).isEmpty)
    #expect(try #require(disk.bytes(of: path + "-wal")).count >= size ?? 0)
  }

  @Test("Connections may outlive the disk")
  func connectionsOutliveTheDisk() throws {
    var short: SimulatedDisk? = SimulatedDisk(seed: 3)
    let connection = try SQLiteConnection(path: path, mode: .readWrite, vfs: short?.vfsName)
    try connection.execute("CREATE TABLE items(id)")
    short = nil
    #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO items VALUES (1)") }
    connection.close()
  }

  @Test("A planned failure gives the code of its kind, once or for ever, on the files it names")
  func failuresHaveTheirCodes() throws {
    let writer = try filled(1)
    disk.fail(.init(.sync, pathSuffix: "-wal"))
    let sync = try #require(throws: SQLiteError.self) { try writer.execute("INSERT INTO items(id) VALUES (50)") }
    #expect(sync.extendedCode == 1_034)
    try writer.execute("INSERT INTO items(id) VALUES (51)")
    disk.fail(.init(.write, isForEver: true, code: .full))
    for id in 60...62 {
      let full = try #require(throws: SQLiteError.self) { try writer.execute("INSERT INTO items(id) VALUES (\(id))") }
      #expect(full.category == .full)
    }
    disk.clearFailures()
    #expect(try count(writer) == 2)
    #expect(disk.counters.injectedFailures[.sync] == 1)
    #expect(try #require(disk.counters.injectedFailures[.write]) >= 3)
    disk.fail(.init(.open))
    #expect(try #require(throws: SQLiteError.self) { try open() }.category == .cannotOpen)
  }

  @Test("What a failed sync lost comes back with no later sync")
  func failedSyncIsFinal() throws {
    var lost = 0
    for seed: UInt64 in 1...20 {
      let disk = SimulatedDisk(seed: seed)
      let log = path + "-wal"
      let writer = try open(on: disk)
      try writer.applyWriterPragmas()
      try writer.execute("CREATE TABLE items(id)")
      disk.fail(.init(.sync))
      #expect(throws: SQLiteError.self) { try writer.execute("INSERT INTO items VALUES (1)") }
      let seen = disk.bytes(of: log)
      let durable = disk.durableBytes(of: log)
      // Syncs the log before it copies from it, which succeeds and changes nothing.
      try writer.checkpoint(.passive)
      let isAsBefore = disk.durableBytes(of: log) == durable
      disk.powerCut()
      let isAsDurable = disk.bytes(of: log) == durable
      #expect(isAsBefore && isAsDurable, Seeds.replay(seed))
      if seen != durable { lost += 1 }
      writer.close()
    }
    #expect(lost > 0 && lost < 20)
  }

  @Test("A power cut keeps all, nothing or a part of what was not synced, and what was synced always")
  func powerCutLosesAPart() throws {
    var outcomes: [String: Int] = [:]
    for seed: UInt64 in 1...100 {
      let disk = SimulatedDisk(seed: seed)
      disk.write(path: path, bytes: [UInt8](repeating: 0, count: 0))
      let writer = try open(on: disk)
      try writer.applyWriterPragmas()
      try writer.execute("CREATE TABLE items(bytes BLOB)")
      let before = disk.bytes(of: path + "-wal") ?? []
      try writer.execute("PRAGMA synchronous=OFF; INSERT INTO items VALUES (randomblob(30000))")
      let after = disk.bytes(of: path + "-wal") ?? []
      disk.powerCut()
      writer.close()
      let kept = disk.bytes(of: path + "-wal") ?? []
      let isSyncedThere = kept.starts(with: before)
      #expect(isSyncedThere && kept.count <= after.count, Seeds.replay(seed))
      let isTorn = (kept.count - 32) % (4_096 + 24) != 0
      outcomes[kept == after ? "all" : kept == before ? "nothing" : isTorn ? "torn" : "part", default: 0] += 1
    }
    #expect(Set(outcomes.keys) == ["all", "nothing", "part", "torn"])
  }

  @Test("A power cut may take back a creation or a deletion until the directory was synced")
  func powerCutTakesNamesBack() throws {
    var vanished = 0
    var returned = 0
    for seed: UInt64 in 1...40 {
      var disk = SimulatedDisk(seed: seed)
      var writer = try open(on: disk)
      try writer.execute("PRAGMA synchronous=OFF; CREATE TABLE items(id)")
      disk.powerCut()
      if !disk.exists(path) { vanished += 1 }
      writer.close()

      disk = SimulatedDisk(seed: seed)
      writer = try open(on: disk)
      try writer.execute("CREATE TABLE items(id)")
      #expect(disk.files == [path])
      disk.powerCut()
      #expect(disk.exists(path), Seeds.replay(seed))
      if disk.exists(path + "-journal") { returned += 1 }
      writer.close()
    }
    #expect((1..<40).contains(vanished) && (1..<40).contains(returned))
  }

  @Test("A read-only disk can be read and refuses changes")
  func readOnly() throws {
    let writer = try filled(3)
    disk.isReadOnly = true
    #expect(try count(writer) == 3)
    #expect(throws: SQLiteError.self) { try writer.execute("DELETE FROM items") }
    disk.isReadOnly = false
    try writer.execute("DELETE FROM items")
    try writer.checkpoint(.truncate)
    try writer.applyPragma("journal_mode", "DELETE", reads: "delete")
    writer.close()
    disk.isReadOnly = true
    let error = try #require(throws: SQLiteError.self) { try open().execute("INSERT INTO items(id) VALUES (1)") }
    #expect(error.category == .readOnly)
    #expect(try count(open(.readOnly)) == 0)
  }

  @Test("Snapshots and clones are independent of the disk and of each other")
  func snapshotsAreIndependent() throws {
    var writer = try filled(5)
    let snapshot = disk.snapshot()
    let clone = SimulatedDisk(copyOf: disk, seed: 9)
    try writer.execute("DELETE FROM items WHERE id > 2")
    let cloned = try open(on: clone)
    try cloned.execute("DELETE FROM items WHERE id > 4")
    #expect(try count(writer) == 2)
    disk.restore(snapshot)
    #expect(throws: SQLiteError.self) { try count(writer) }
    writer = try open()
    #expect(try count(writer) == 5)
    #expect(try count(cloned) == 4)
  }

  @Test("Files can be written, renamed, deleted and damaged from outside")
  func filesFromOutside() throws {
    disk.write(path: "/a", bytes: [1, 2, 3])
    #expect(disk.corrupt(path: "/a", offset: 1, mask: 0xff) && !disk.corrupt(path: "/a", offset: 3, mask: 1))
    #expect(disk.rename(from: "/a", to: "/b") && !disk.rename(from: "/a", to: "/c"))
    disk.powerCut()
    #expect(disk.files == ["/b"] && disk.bytes(of: "/b") == [1, 253, 3] && disk.usedBytes == 3)
    #expect(disk.delete("/b") && !disk.delete("/b") && !disk.exists("/b"))
    let writer = try filled()
    try writer.checkpoint(.truncate)
    writer.close()
    for offset in 0..<64 { disk.corrupt(path: path, offset: 3 * 4_096 + offset, mask: 0x5a) }
    #expect(try !open(.readOnly).findDamage(thorough: true).isEmpty)
  }

  @Test("SQLite's clock is the disk's")
  func clock() throws {
    disk.unixMilliseconds = 1_700_000_000_000
    let text = try open().statement("SELECT strftime('%Y-%m-%d %H:%M:%S', 'now')").firstRow { $0.text(0) }
    #expect(text == "2023-11-14 22:13:20")
  }
}
