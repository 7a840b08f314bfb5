import BatchCodec
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

/// SQLite does not notice a number that a failing disk made another one.
@Suite("Numbers that changed on the disk")
struct DamagedNumbersTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  private static let places = [
    "batches.first_number", "batches.kind", "batches.samples", "batches.first_ms", "batches.last_ms", "losses.samples",
    "store.thinned", "confirmed_batches.number",
    "confirmed_batches.checksum", "confirmed_batches.lane", "traffic.sent", "frames.samples", "frames.last_ms",
    "frames.catalogue", "frames.boot", "damaged_frames.samples",
  ]
  private static let values: [Int64] = [-1, .min, 0, 3, 1 << 40, .max]

  @Test("Never stop the outbox for good: all it does goes on, at the latest when it is opened again", arguments: places)
  func goesOn(_ place: String) throws {
    let (table, column) = (String(place.prefix { $0 != "." }), String(place.drop { $0 != "." }.dropFirst()))
    for value in Self.values {
      let scratch = try OutboxScratch()
      try scratch.session { store in
        let id = try store.register(scratch.catalogue)
        for _ in 0..<5 {
          _ = try store.commit(.with([try scratch.telemetry(rows: 30, catalogueID: id)], cut: [.telemetry]))
        }
        var transaction = OutboxTransaction.with(
          [try scratch.telemetry(rows: 2, catalogueID: id)],
          confirmed: [EpochLane(try store.state().epoch, .telemetry): 2])
        transaction.drop = (1, .outboxFull)
        transaction.traffic = ("2026-05-01", 5, 5)
        _ = try store.commit(transaction)
      }
      let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
      // One row, as a flipped bit would.
      try connection.execute(
        """
        PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;
        INSERT INTO damaged_frames VALUES (1000, 2, 5, 0, 0, 'damaged', zeroblob(9))
        """)
      try Self.change(
        "UPDATE \(table) SET \(column) = \(value == .min ? "-9223372036854775808" : "\(value)") "
          + "WHERE \(column) IS (SELECT max(\(column)) FROM \(table))",
        in: connection)
      connection.close()
      for _ in 0..<3 { try useAll(scratch) }
      // In the end it is sound, and takes and gives batches.
      try scratch.session { store in
        let before = try store.state()
        let id = try store.register(scratch.catalogue)
        var frame = try scratch.telemetry(rows: 1, catalogueID: id)
        frame.sequence = before.lastFrame + 1
        let after = try store.commit(.with([frame], cut: [.telemetry]))
        #expect(after[.telemetry].cutThrough == before[.telemetry].cutThrough + 1, "\(place) = \(value)")
      }
    }
  }

  @Test(
    "A batch that is no more where it belongs is found when the store is opened, and put back",
    arguments: [(1, 3), (1, 0xFF), (2, 3), (2, 0), (2, 0x82), (4, 7), (4, 0x83)] as [(Int, UInt8)])
  func misplaced(column: Int, value: UInt8) throws {
    let before = try scratch.session { store in
      // A second epoch: the constants 0 and 1 take no byte that could change.
      var transaction = OutboxTransaction()
      transaction.retirement = .close("restored")
      _ = try store.commit(transaction)
      let id = try store.register(scratch.catalogue)
      var state = try store.state()
      for _ in 0..<4 {
        state = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
      }
      return state
    }
    var row = try StoredRow("batches", 3, path: scratch.path)
    try row.setColumn(column, value)
    var news: [String] = []
    let store = try scratch.open(news: &news)
    #expect(news.count == 1 && news[0].contains("batches"), "\(news)")
    let state = try store.state()
    #expect(state.samples(.telemetry) == before.samples(.telemetry))
    let found = try store.batches(EpochLane(before.epoch, .telemetry), from: 1, through: 4, maximumBytes: 1 << 20)
    #expect(found.through == 4 && found.damaged == nil)
  }

  @Test(
    "A batch that its row makes look too old or too new is found when the store is opened, and is as it was",
    arguments: ["first_ms", "last_ms"])
  func otherTimes(column: String) throws {
    let before = try scratch.session { store in
      let id = try store.register(scratch.catalogue)
      var state = try store.state()
      for _ in 0..<4 {
        state = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
      }
      return state
    }
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute("UPDATE batches SET \(column) = \(column) - 16777216 WHERE number = 1")
    connection.close()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    defer { store.close() }
    #expect(news.count == 1 && news[0].contains("the row of batch 1 is not as the batch says"), "\(news)")
    let found = try store.batches(EpochLane(before.epoch, .telemetry), from: 1, through: 4, maximumBytes: 1 << 20)
    #expect(found.through == 4 && found.damaged == nil)
  }

  @Test(
    "Of a damaged batch whose row has times that cannot be, the notice says none",
    arguments: [("first_ms", Int64.max), ("last_ms", 5), ("last_ms", .max), ("last_ms", .min)] as [(String, Int64)])
  func damagedTimes(column: String, value: Int64) throws {
    for reason in [LossNotice.Reason.damagedStore, .tooOld] {
      let scratch = try OutboxScratch()
      let before = try scratch.session { store in
        let id = try store.register(scratch.catalogue)
        return try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
      }
      let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
      let number = value == .min ? "-9223372036854775808" : "\(value)"
      // Another byte than the one that is there, in the check sum.
      let last = "CASE substr(bytes, -1) WHEN x'00' THEN x'01' ELSE x'00' END"
      try connection.execute(
        "UPDATE batches SET \(column) = \(number), bytes = CAST(substr(bytes, 1, length(bytes) - 1) || \(last) AS BLOB)"
      )
      connection.close()
      try scratch.session { store in
        let row = EpochLane(before.epoch, .telemetry)
        var transaction = OutboxTransaction()
        if reason == .tooOld { transaction.drop = (1, reason) } else { transaction.damaged = [row: [1]] }
        let after = try store.commit(transaction)
        let found = try store.batches(row, from: 1, through: 1, maximumBytes: 1 << 20)
        guard case .telemetry(_, _, _, let losses) = try BatchCodec.decode(found.bytes[...]).content else {
          throw OutboxScratch.Impossible()
        }
        #expect(
          losses.map(\.reason) == [reason] && losses[0].firstTime == nil && losses[0].lastTime == nil, "\(losses)")
        #expect(after.epoch == before.epoch)
      }
    }
  }

  @Test(
    "A batch whose row says another first number, kind, time or count of samples is sent as it was cut",
    arguments: [
      "first_number", "kind", "samples", "first_ms", "last_ms",
    ])
  func copiesInTheRow(column: String) throws {
    for value in Self.values where column != "kind" || (0...3).contains(value) {
      let scratch = try OutboxScratch()
      let before = try scratch.session { store in
        let id = try store.register(scratch.catalogue)
        for _ in 0..<4 {
          _ = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
        }
        return try store.state()
      }
      let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
      let number = value == .min ? "-9223372036854775808" : "\(value)"
      try connection.execute("UPDATE batches SET \(column) = \(number) WHERE number = 3")
      connection.close()
      try scratch.session { store in
        let row = EpochLane(before.epoch, .telemetry)
        let found = try store.batches(row, from: 1, through: 4, maximumBytes: 1 << 20)
        #expect(found.through == 4 && found.damaged == nil, "\(column) = \(value)")
        if column != "kind" { #expect(try store.checksum(row, number: 3) != nil, "\(column) = \(value)") }
      }
    }
  }

  /// Where another row or a rule of the table is in the way, there is nothing to try.
  private static func change(_ sql: String, in connection: SQLiteConnection) throws {
    do {
      try connection.execute(sql)
      #expect(connection.changes > 0)
    } catch {
      guard (error as? SQLiteError)?.category == .constraint else { throw error }
    }
  }

  /// What a daemon does with its store in a bad week; each step may fail with an error.
  private func useAll(_ scratch: OutboxScratch) throws {
    try scratch.session { store in
      let state = try store.state()
      let row = state.delivering(.telemetry).row
      let found = try? store.batches(row, from: 1, through: 64, maximumBytes: 1 << 20)
      for number in UInt64(1)...6 { _ = try? store.checksum(row, number: number) }
      _ = try? store.telemetry(
        after: StoredTelemetryPosition(), in: Timestamp(milliseconds: 0)..<Timestamp(milliseconds: .max),
        maximumBytes: 1 << 20)
      _ = try? store.traffic()
      let steps: [(inout OutboxTransaction) -> Void] = [
        { if let damaged = found?.damaged { $0.damaged[row] = [damaged] } }, { $0.cut = [.telemetry, .alarms] },
        { $0.thin = 3 }, { $0.drop = (2, .outboxFull) }, { $0.missingAtCentral[row] = 1 },
        { $0.confirmed[row] = 3 }, { $0.retirement = .abandon("copied") }, { $0.goneAtCentral[row] = 1...2 },
        { $0.traffic = ("2026-05-01", 1, 1) },
      ]
      for step in steps {
        var transaction = OutboxTransaction()
        step(&transaction)
        _ = try? store.commit(transaction)
      }
      for _ in 0..<3 { _ = try? store.commit(OutboxTransaction()) }
    }
  }
}
