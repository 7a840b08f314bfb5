import BatchCodec
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("What is known of batches that central confirmed")
struct ConfirmedBatchesTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  private func cut(_ batches: Int, in store: SQLiteOutbox, lane: Lane = .telemetry) throws -> OutboxState {
    let id = try store.register(scratch.catalogue)
    var state = try store.state()
    for round in 0..<batches {
      let frame =
        lane == .alarms
        ? scratch.alarm("hot", round % 2 == 0 ? .raised : .cleared) : try scratch.telemetry(rows: 2, catalogueID: id)
      state = try store.commit(.with([frame], cut: [lane]))
    }
    return state
  }

  @Test("Check sums of confirmed batches are known after they are deleted, over a restart, until central lost them")
  func checksums() throws {
    let (row, sums) = try scratch.session { store in
      let row = EpochLane(try cut(6, in: store).epoch, .telemetry)
      let sums = try (UInt64(1)...6).map { try store.checksum(row, number: $0) }
      #expect(Set(sums.compactMap(\.self)).count == 6)
      _ = try store.commit(.with(confirmed: [row: 2]))
      _ = try store.commit(.with(confirmed: [row: 5]))
      return (row, sums)
    }
    try scratch.session { store in
      #expect(try (UInt64(1)...6).map { try store.checksum(row, number: $0) } == sums)
      // One that changed on the disk is forgotten, not believed.
      try #require(store.connection).execute(
        "UPDATE confirmed_batches SET checksum = (checksum + 1) % 4294967296 WHERE number = 2")
      #expect(try store.checksum(row, number: 2) == nil)
      var transaction = OutboxTransaction()
      transaction.missingAtCentral[row] = 3
      _ = try store.commit(transaction)
      let notice = try #require(try store.checksum(row, number: 5))
      #expect(notice != sums[4])
      #expect(try store.checksum(row, number: 3) == sums[2] && store.checksum(row, number: 4) == notice)
      _ = try store.commit(.with(confirmed: [row: 6]))
      #expect(try store.checksum(row, number: 5) == notice && store.checksum(row, number: 6) == sums[5])
      #expect(try store.checksum(row, number: 4) == nil)
    }
  }

  @Test("Only the newest are kept")
  func bounded() throws {
    let last = ConfirmedBatches.kept + 4_096
    let row = try scratch.session { store in
      let row = EpochLane(try cut(1, in: store).epoch, .telemetry)
      _ = try store.commit(.with(confirmed: [row: 1]))
      // As after so many batches: making them takes too long.
      try #require(store.connection).execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < \(last - 1))
        INSERT INTO confirmed_batches SELECT epoch, lane, i, checksum, 0 FROM confirmed_batches, n;
        UPDATE lanes SET cut_through = \(last - 1), offered_through = \(last - 1), confirmed_through = \(last - 1)
        WHERE lane = 2;
        """)
      return row
    }
    try scratch.session { store in
      #expect(try cut(1, in: store)[.telemetry].cutThrough == last)
      _ = try store.commit(.with(confirmed: [row: last]))
      let kept = try OutboxReader.count(try #require(store.connection), "SELECT count(*) FROM confirmed_batches")
      #expect(kept == Int(ConfirmedBatches.kept))
      #expect(try store.checksum(row, number: last) != nil)
    }
  }

  @Test("Epochs that are over and delivered are known, newest first, over a restart and through salvage")
  func ended() throws {
    var rows: [EpochLane] = []
    var sums: [UInt32?] = []
    for count in 2...4 {
      try scratch.session { store in
        let row = EpochLane(try cut(count, in: store).epoch, .telemetry)
        var transaction = OutboxTransaction.with(confirmed: [row: UInt64(count - 1)])
        transaction.retirement = .close("restored")
        var state = try store.commit(transaction)
        // One batch is still held.
        #expect(state.ended.map(\.epoch) == rows.reversed().map(\.epoch))
        state = try store.commit(.with(confirmed: [row: UInt64(count)]))
        rows.append(row)
        sums.append(try store.checksum(row, number: UInt64(count)))
        #expect(state.ended.map(\.epoch) == rows.reversed().map(\.epoch))
        #expect(state.ended.first?.confirmed == [.telemetry: UInt64(count)])
      }
    }
    #expect(try scratch.session { try $0.state().ended.map(\.epoch) } == rows.reversed().map(\.epoch))
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute("UPDATE copies SET a = a + 1 WHERE source = 'store'")
    try connection.execute("UPDATE confirmed_batches SET checksum = 5 WHERE number = 1 AND epoch = 1")
    connection.close()
    try scratch.session { store in
      let ended = try store.state().ended
      #expect(ended.map(\.epoch) == rows.reversed().map(\.epoch))
      #expect(ended.map { $0.confirmed[.telemetry] } == [4, 3, 2])
      #expect(try rows.enumerated().map { try store.checksum($1, number: UInt64($0 + 2)) } == sums)
      #expect(try store.checksum(rows[0], number: 1) == nil)
    }
  }

  @Test("Of epochs that are over, the oldest are forgotten when all together take too much")
  func endedBound() throws {
    try scratch.session { store in
      var rows: [EpochLane] = []
      for _ in 0..<3 {
        let row = EpochLane(try cut(1, in: store).epoch, .telemetry)
        _ = try store.commit(.with(confirmed: [row: 1]))
        try #require(store.connection).execute(
          """
          WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 15000)
          INSERT INTO confirmed_batches SELECT epoch, lane, i, checksum, 0 FROM confirmed_batches, n
          WHERE epoch = (SELECT epoch FROM store)
          """)
        var transaction = OutboxTransaction()
        transaction.retirement = .close("restored")
        _ = try store.commit(transaction)
        rows.append(row)
      }
      #expect(try store.state().ended.map(\.epoch) == [rows[2].epoch, rows[1].epoch])
      // The newest is kept, however much it has.
      let row = EpochLane(try cut(1, in: store).epoch, .telemetry)
      _ = try store.commit(.with(confirmed: [row: 1]))
      try #require(store.connection).execute(
        """
        WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
        INSERT INTO confirmed_batches SELECT epoch, lane, i, checksum, 0 FROM confirmed_batches, n
        WHERE epoch = (SELECT epoch FROM store)
        """)
      var transaction = OutboxTransaction()
      transaction.retirement = .close("restored")
      #expect(try store.commit(transaction).ended.map(\.epoch) == [row.epoch])
    }
  }

  @Test(
    "Batches under whose numbers central has another's are named in the new epoch, before what moves there",
    arguments: [Lane.telemetry, .alarms])
  func gone(lane: Lane) throws {
    let state = try scratch.session { store in
      let row = EpochLane(try cut(4, in: store, lane: lane).epoch, lane)
      _ = try store.commit(.with(confirmed: [row: 3]))
      var transaction = OutboxTransaction()
      transaction.retirement = .abandon("copied")
      transaction.goneAtCentral[row] = 2...3
      let state = try store.commit(transaction)
      #expect(state.epoch != row.epoch && state.owesAlarmStates && !state.isMoving && state[lane].batchCount == 2)
      let found = try scratch.all(store, EpochLane(state.epoch, lane))
      let notice = try #require(scratch.losses(found[0]).first)
      #expect(notice.reason == .centralRestored && notice.epoch == row.epoch && notice.numbers == 2...3)
      #expect(scratch.losses(found[1]).isEmpty && found[1].header.recordCount > 0)
      #expect(try store.checksum(EpochLane(state.epoch, lane), number: 1) != nil)
      // Not looked for again.
      #expect(try store.checksum(row, number: 1) != nil && store.checksum(row, number: 2) == nil)
      #expect(state.ended.map { $0.confirmed[lane] } == [1])
      return state
    }
    let lanes = try scratch.session { try $0.state().lanes }
    #expect(lanes == state.lanes)
  }

  @Test("A store of version 5 knows none, and keeps them from then on")
  func upgrade() throws {
    let before = try scratch.session { store in
      let row = EpochLane(try cut(3, in: store).epoch, .telemetry)
      let state = try store.commit(.with(confirmed: [row: 1]))
      let connection = try #require(store.connection)
      try connection.execute("DROP TABLE confirmed_batches; UPDATE copies SET a = 5 WHERE source = 'format'")
      try connection.setUserVersion(5)
      return state
    }
    try scratch.session { store in
      let row = EpochLane(before.epoch, .telemetry)
      #expect(try store.state().lanes == before.lanes)
      #expect(try store.checksum(row, number: 1) == nil)
      let sum = try #require(try store.checksum(row, number: 2))
      _ = try store.commit(.with(confirmed: [row: 2]))
      #expect(try store.checksum(row, number: 2) == sum)
    }
  }
}
