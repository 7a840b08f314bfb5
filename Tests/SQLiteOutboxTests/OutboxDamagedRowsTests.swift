import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

/// Rows of batches that say something else than the batch: what takes their place says no more than is true.
@Suite("Batches whose rows changed on the disk")
struct OutboxDamagedRowsTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  @Test(
    "Beside a damaged batch whose row says nonsense, the notice stands for its number and nothing else",
    arguments: [-1, 0, 1, 3, 1 << 40] as [Int64])
  func damagedBatchAndRow(first: Int64) throws {
    let (store, before) = try scratch.filled(4)
    let row = EpochLane(before.epoch, .telemetry)
    _ = try store.commit(.with(confirmed: [row: 1]))
    try #require(store.connection).execute(
      "UPDATE batches SET bytes = zeroblob(length(bytes)), first_number = \(first) WHERE number = 3")
    let found = try store.batches(row, from: 2, through: 4, maximumBytes: 1 << 20)
    #expect(found.through == 2 && found.damaged == 3)
    var transaction = OutboxTransaction()
    transaction.damaged[row] = [3]
    _ = try store.commit(transaction)
    let batches = try scratch.all(store, row, from: 2)
    #expect(batches.map(\.header.number) == [2, 3, 4] && batches.map(\.header.firstNumber) == [2, 3, 4])
    #expect(scratch.losses(batches[1]).first?.numbers == 3...3)
  }

  @Test("A batch whose row is gone is not told with the sound one behind it")
  func missingRow() throws {
    let (store, before) = try scratch.filled(4)
    let row = EpochLane(before.epoch, .telemetry)
    try #require(store.connection).execute("DELETE FROM batches WHERE number IN (2)")
    #expect(try store.batches(row, from: 1, through: 4, maximumBytes: 1 << 20).damaged == 2)
    var transaction = OutboxTransaction()
    transaction.damaged[row] = [2]
    // A row that is gone is a reason to look at the whole file.
    #expect(try store.commit(transaction).isClosed)
    #expect(try store.open().isEmpty)
    #expect(try store.state()[.telemetry].batchCount == 4)
    let batches = try scratch.all(store, row)
    #expect(batches.map(\.header.number) == [1, 2, 3, 4] && scratch.losses(batches[1]).first?.numbers == 2...2)
    #expect(scratch.losses(batches[2]).isEmpty)
  }

  @Test("What took a file's place has numbers of its own for catalogues: no value goes to another tag")
  func otherCatalogueNumbers() throws {
    let other = Catalogue(devices: [
      DeviceDefinition(
        name: "boiler",
        tags: [
          TagDefinition(name: "return_temp", type: .integer, unit: "°C"), TagDefinition(name: "fan", type: .boolean),
        ])
    ])
    let store = try scratch.open()
    let numbers = [try store.register(scratch.catalogue), try store.register(other)]
    for (id, catalogue) in zip(numbers, [scratch.catalogue, other]) {
      _ = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id, of: catalogue)], cut: [.telemetry]))
    }
    let row = EpochLane(try store.state().epoch, .telemetry)
    try #require(store.connection).execute("DELETE FROM batches WHERE number = 1")
    var transaction = OutboxTransaction()
    transaction.damaged[row] = [1]
    #expect(try store.commit(transaction).isClosed)
    // Nothing of the file can be read any more.
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path)))
    bytes.replaceSubrange(0..<16, with: repeatElement(0, count: 16))
    try Data(bytes).write(to: URL(fileURLWithPath: scratch.path))
    #expect(try store.open().count == 1)
    let id = try store.register(scratch.catalogue)
    #expect(id == numbers[1], "the notice has the number before")
    _ = try store.commit(.with(cut: [.telemetry]))
    let state = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
    let batches = try scratch.all(store, EpochLane(state.epoch, .telemetry))
    guard case .telemetry(let catalogue, _, _, _)? = batches.last?.content else { throw OutboxScratch.Impossible() }
    #expect(catalogue.devices.first?.tags.map(\.name) == ["supply_temp", "pump"])
  }

  @Test("Dropping never touches what a request may have carried, whatever the row says of its first number")
  func droppedBesideOffered() throws {
    for first in [-1, 0, 1, 2, 1 << 40] as [Int64] {
      let scratch = try OutboxScratch()
      let store = try scratch.open()
      let id = try store.register(scratch.catalogue)
      var state = try store.state()
      for _ in 0..<6 {
        state = try store.commit(.with([try scratch.telemetry(rows: 40, catalogueID: id)], cut: [.telemetry]))
      }
      let row = EpochLane(state.epoch, .telemetry)
      let originals = try scratch.all(store, row)
      try #require(store.connection).execute("UPDATE batches SET first_number = \(first) WHERE number IN (2, 4)")
      var transaction = OutboxTransaction()
      transaction.offered[row] = 3
      _ = try store.commit(transaction)
      transaction = OutboxTransaction()
      transaction.drop = (16, .outboxFull)
      _ = try store.commit(transaction)
      let batches = try scratch.all(store, row)
      #expect(Array(batches.prefix(3)) == Array(originals.prefix(3)), "\(first)")
      #expect(batches.map(\.header.number) == [1, 2, 3, 6] && batches[3].header.firstNumber == 4, "\(first)")
    }
  }

  @Test("Notices grow also where damaged batches lie between them: their number has a bound")
  func dropsAroundDamage() throws {
    let (store, before) = try scratch.filled(60)
    let file = try #require(store.connection)
    // As after damage that was replaced: such rows stay.
    try file.execute("UPDATE batches SET kind = 3 WHERE number IN (5, 10, 15, 20)")
    var state = before
    for _ in 0..<80 where state.droppableBatches > 0 {
      var transaction = OutboxTransaction()
      transaction.drop = (2, .outboxFull)
      state = try store.commit(transaction)
    }
    #expect(state.droppableBatches == 0 && state.lost == [.outboxFull: 56 * 80])
    let batches = try scratch.all(store, EpochLane(before.epoch, .telemetry))
    #expect(batches.map(\.header.number) == [4, 5, 9, 10, 14, 15, 19, 20, 60])
  }

  @Test("Notices that dropped batches carried are carried on, all of them")
  func carriedNotices() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    var row = EpochLane(try store.state().epoch, .telemetry)
    for index in 0..<150 {
      let notice = LossNotice(reason: .memoryFull, lane: .telemetry, samples: UInt64(index + 1))
      let frame = try scratch.telemetry(rows: 1, catalogueID: id, loss: notice)
      row = EpochLane(try store.commit(.with([frame], cut: [.telemetry])).epoch, .telemetry)
    }
    var state = try store.state()
    while state.droppableBatches > 0 {
      var transaction = OutboxTransaction()
      transaction.drop = (16, .outboxFull)
      state = try store.commit(transaction)
    }
    let notices = try scratch.all(store, row).flatMap { scratch.losses($0) }
    let carried = notices.filter { $0.reason == .memoryFull }.compactMap(\.samples)
    #expect(carried.sorted() == Array(1...150))
    #expect(notices.filter { $0.reason == .outboxFull }.compactMap(\.samples).reduce(0, +) == 300)
  }
}
