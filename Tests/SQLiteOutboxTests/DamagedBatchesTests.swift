import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("Batches that were damaged before central confirmed them")
struct DamagedBatchesTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  @Test("A batch that was damaged on the disk is found before it is sent, and a notice takes its number")
  func damagedBatch() throws {
    let (store, before) = try scratch.filled(3)
    let row = EpochLane(before.epoch, .telemetry)
    try #require(store.connection).execute("UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE number = 2")
    let found = try store.batches(row, from: 1, through: 3, maximumBytes: 1 << 20)
    #expect(found.through == 1 && found.damaged == 2)
    var transaction = OutboxTransaction()
    transaction.damaged[row] = [2]
    let state = try store.commit(transaction)
    #expect(state.lost == [.damagedStore: 80])
    let batches = try scratch.all(store, row)
    #expect(batches.map(\.header.number) == [1, 2, 3] && scratch.losses(batches[1]).first?.samples == 80)
    // Central may have the notice, or what was sent before; another's third batch it may not.
    let sums = try scratch.checksums(store, row)
    #expect(try store.compare(row, number: 2, with: sums[1]) == .same)
    #expect(try store.compare(row, number: 2, with: sums[1] ^ 1) == .unknown(comparable: 1))
    #expect(try store.compare(row, number: 3, with: sums[2]) == .same)
    #expect(try store.compare(row, number: 3, with: sums[2] ^ 1) == .other)
  }

  @Test("What took the place of a damaged notice names no time and no count: nobody knows what that one told")
  func damagedNotice() throws {
    let (store, before) = try scratch.filled(3)
    let row = EpochLane(before.epoch, .telemetry)
    var transaction = OutboxTransaction()
    transaction.drop = (2, .outboxFull)
    _ = try store.commit(transaction)
    try #require(store.connection).execute("UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE number = 2")
    transaction = OutboxTransaction()
    transaction.damaged[row] = [2]
    _ = try store.commit(transaction)
    let notice = try #require(scratch.losses(try scratch.all(store, row)[0]).first)
    #expect(notice.reason == .damagedStore && notice.numbers == 1...2)
    #expect(notice.firstTime == nil && notice.lastTime == nil && notice.samples == nil)
  }

  @Test("A batch that its index does not lead to is damage of the file, and nothing that cannot be compared")
  func hidden() throws {
    let (store, before) = try scratch.filled(3)
    let row = EpochLane(before.epoch, .telemetry)
    try #require(store.connection).execute("DELETE FROM batches WHERE number = 3")
    #expect(try store.compare(row, number: 4, with: 1) == .unknown(comparable: 2))
    let error = #expect(throws: OutboxStoreError.self) { try store.compare(row, number: 3, with: 1) }
    #expect(error?.kind == .damaged && !store.isOpen)
  }

  @Test(
    "A name that changed in the definition of a table is damage, also when the file is in use, and hides nothing",
    arguments: ["checksum INTEGER NOT NULL,", "kind INTEGER NOT NULL", "catalogue INTEGER REFERENCES"]
      // Without these commas SQLite cannot read the definitions of batches and frames at all.
      + [",\n  kind INTEGER", ",\n  catalogue INTEGER", ", offset_ms INTEGER"])
  func definition(_ text: String) throws {
    let (store, _) = try scratch.filled(3)
    let id = try store.register(scratch.catalogue)
    let before = try store.commit(.with([try scratch.telemetry(rows: 40, catalogueID: id)]))
    let row = EpochLane(before.epoch, .telemetry)
    _ = try store.commit(.with(confirmed: [row: 1]))
    store.close()
    let url = URL(fileURLWithPath: scratch.path)
    var bytes = try Data(contentsOf: url)
    // One of them is the definition, the others are what SQLite left where it stood before.
    while let place = bytes.range(of: Data(text.utf8)) { bytes[place.lowerBound] ^= 1 }
    try bytes.write(to: url)
    if text.hasPrefix("checksum") {
      #expect(try store.open().isEmpty)
      let error = #expect(throws: OutboxStoreError.self) { try store.compare(row, number: 1, with: 1) }
      #expect(error?.kind == .damaged)
    }
    #expect(try store.open().count == 1)
    let state = try store.state()
    #expect(state.retired.map(\.epoch) == [before.epoch] && state.samples(.telemetry) == 240)
  }

  @Test(
    "A number that is not as memory has it is found before the transaction commits",
    arguments: [
      ("lanes", "cut_through = 90"), ("lanes", "offered_through = min(cut_through, 1)"),
      ("newest", "ms = ms + 9000"),
      ("newest", "cut_ms = cut_ms - 1"), ("store", "last_frame = 900"), ("store", "owes_alarm_states = 3"),
    ])
  func numbersInBetween(_ table: String, _ change: String) throws {
    let (store, before) = try scratch.filled(3)
    let id = try store.register(scratch.catalogue)
    let frame = try scratch.telemetry(rows: 40, catalogueID: id)
    // As if the row came from the disk anew: its copy follows the change.
    try #require(store.connection).execute(
      "CREATE TEMP TRIGGER bad AFTER UPDATE ON main.\(table) BEGIN UPDATE \(table) SET \(change); END")
    let error = #expect(throws: OutboxStoreError.self) { try store.commit(.with([frame], cut: [.telemetry])) }
    #expect(error?.kind == .damaged && error?.description.contains("'\(table)' is not what was written") == true)
    #expect(try store.open().count == 1)
    #expect(try store.state().samples(.telemetry) == before.samples(.telemetry))
  }

  @Test("A batch and a notice that stands for its number, too, go in requests of their own: together they are refused")
  func overlapping() throws {
    let (store, before) = try scratch.filled(3)
    let row = EpochLane(before.epoch, .telemetry)
    let file = try #require(store.connection)
    try file.execute("CREATE TABLE twin AS SELECT * FROM batches WHERE number = 1")
    var transaction = OutboxTransaction()
    transaction.drop = (3, .tooOld)
    _ = try store.commit(transaction)
    try file.execute(
      "INSERT INTO batches SELECT NULL, epoch, lane, first_number, number, kind, samples, first_ms, last_ms, bytes FROM twin"
    )
    var expected: UInt64 = 1
    for last: UInt64 in [1, 3] {
      let found = try store.batches(row, from: expected, through: 3, maximumBytes: 1 << 20)
      #expect(found.through == last && found.damaged == nil)
      expected = last + 1
    }
  }

  @Test("What central confirmed of batches that cannot be compared is deleted and named", arguments: [false, true])
  func incomparable(isRetired: Bool) throws {
    let (store, before) = try scratch.filled(3)
    let row = EpochLane(before.epoch, .telemetry)
    if isRetired {
      var transaction = OutboxTransaction()
      transaction.retirement = .close("restored")
      _ = try store.commit(transaction)
    }
    var transaction = OutboxTransaction()
    transaction.confirmed[row] = 3
    transaction.incomparable[row] = 2...3
    let state = try store.commit(transaction)
    #expect(state.retired.isEmpty && state.confirmedThrough(row) == (isRetired ? 0 : 3))
    let batches = try scratch.all(store, EpochLane(state.epoch, .telemetry), from: isRetired ? 1 : 4)
    #expect(batches.map(\.header.number) == [isRetired ? 1 : 4])
    let notice = try #require(batches.first.flatMap { scratch.losses($0).first })
    #expect(notice.reason == .damagedStore && notice.numbers == 2...3 && notice.detail.contains("damaged"))
    #expect(notice.epoch == (isRetired ? before.epoch : nil))
  }
}
