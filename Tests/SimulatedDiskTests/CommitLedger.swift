import Foundation
import SQLite
import SimulatedDisk
import Testing

/// A store of numbered transactions of three rows each, and the question that is asked of it after each accident: which
/// transactions are there, whole and in order?
struct CommitLedger {
  static let path = "/outbox/outbox.db"
  static let rowsPerCommit = 3

  let connection: SQLiteConnection

  init(_ disk: SimulatedDisk, journal: String = "WAL", synchronous: String = "FULL") throws {
    connection = try SQLiteConnection(path: Self.path, mode: .readWrite, busyTimeoutMilliseconds: 0, vfs: disk.vfsName)
    try connection.applyPragma("journal_mode", journal, reads: journal.lowercased())
    try connection.execute("PRAGMA synchronous=\(synchronous); PRAGMA wal_autocheckpoint=12")
  }

  /// A disk that holds an empty ledger, closed in good order.
  static func disk(seed: UInt64, journal: String = "WAL") throws -> SimulatedDisk {
    let disk = SimulatedDisk(seed: seed)
    let ledger = try CommitLedger(disk, journal: journal)
    try ledger.connection.execute(
      """
      CREATE TABLE entries(number INTEGER, part INTEGER, bytes BLOB, UNIQUE(number, part));
      CREATE TABLE head(last INTEGER);
      INSERT INTO head VALUES (0);
      """)
    ledger.connection.close()
    return disk
  }

  func commit(_ number: Int) throws {
    try connection.transaction {
      let insert = try connection.statement("INSERT INTO entries VALUES (?1, ?2, randomblob(?3))")
      for part in 1...Self.rowsPerCommit {
        try insert.bind(1, number)
        try insert.bind(2, part)
        try insert.bind(3, (number * 131 + part * 977) % 900)
        try insert.run()
      }
      // Old entries go, as batches do that central has, so that pages are used again.
      try connection.execute("UPDATE head SET last = \(number); DELETE FROM entries WHERE number <= \(number - 20)")
    }
  }

  /// Commits numbers until one fails. Returns how many commits were reported, and the error.
  func commit(_ numbers: ClosedRange<Int>) -> (reported: Int, error: (any Error)?) {
    var reported = numbers.lowerBound - 1
    do {
      for number in numbers {
        try commit(number)
        reported = number
      }
      return (reported, nil)
    } catch {
      return (reported, error)
    }
  }

  struct Damage: Error, CustomStringConvertible { let description: String }

  /// The number of the last transaction. Throws when the file is damaged or a transaction is there in part.
  func examine() throws -> Int {
    let damage = try connection.findDamage(thorough: true)
    guard damage.isEmpty else { throw Damage(description: damage.joined(separator: "; ")) }
    let last = try connection.statement("SELECT last FROM head").firstRow { $0.int(0) } ?? -1
    var expected = max(1, last - 19)
    try connection.statement("SELECT number, count(*) FROM entries GROUP BY number ORDER BY number").forEachRow {
      guard $0.int(0) == expected, $0.int(1) == Self.rowsPerCommit else {
        throw Damage(
          description: "\($0.int(1)) rows of \($0.int(0)) where \(expected) should be, the head says \(last)")
      }
      expected += 1
      return true
    }
    guard expected == last + 1 else {
      throw Damage(description: "entries end before \(expected), the head says \(last)")
    }
    return last
  }
}

/// Which seeds a test runs: all of its range, or the one of `FIELDGATE_DISK_SEED`.
enum Seeds {
  static func all(_ range: ClosedRange<UInt64>) -> [UInt64] {
    if let one = ProcessInfo.processInfo.environment["FIELDGATE_DISK_SEED"].flatMap({ UInt64($0) }) { return [one] }
    return Array(range)
  }

  static var isReplay: Bool { ProcessInfo.processInfo.environment["FIELDGATE_DISK_SEED"] != nil }

  static func replay(_ seed: UInt64) -> Comment {
    "seed \(seed); replay: FIELDGATE_DISK_SEED=\(seed) Scripts/test --filter SimulatedDiskTests"
  }
}
