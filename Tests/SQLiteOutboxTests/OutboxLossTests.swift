import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

/// What takes the place of batches that are gone, and how epochs end.
@Suite("Losses and epochs of the outbox")
struct OutboxLossTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  @Test("Only batches that no request has carried are thinned, oldest first, under the same numbers")
  func thinning() throws {
    let (store, before) = try scratch.filled(5, rows: 600)
    let row = EpochLane(before.epoch, .telemetry)
    var transaction = OutboxTransaction()
    transaction.offered[row] = 2
    transaction.thin = 2
    let state = try store.commit(transaction)
    #expect(state.thinnableBatches == 1 && state.droppableBatches == 3 && state.thinned == 2_400)
    #expect(state[.telemetry].batchBytes < before[.telemetry].batchBytes)
    let batches = try scratch.all(store, row)
    #expect(batches.map(\.header.number) == [1, 2, 3, 4, 5])
    let kinds = batches.map { batch -> Bool in
      guard case .telemetry(_, let samples, let aggregates, _) = batch.content else { return false }
      return samples.isEmpty && !aggregates.isEmpty
    }
    #expect(kinds == [false, false, true, true, false])
  }

  @Test(
    "Dropped batches become one loss notice that grows, names devices, times and counts, and keeps the numbers whole")
  func dropping() throws {
    let (store, before) = try scratch.filled(8)
    let row = EpochLane(before.epoch, .telemetry)
    let originals = try scratch.all(store, row)
    var transaction = OutboxTransaction()
    transaction.offered[row] = 1
    transaction.drop = (3, .outboxFull)
    _ = try store.commit(transaction)
    transaction = OutboxTransaction()
    transaction.drop = (2, .outboxFull)
    let state = try store.commit(transaction)
    #expect(state.lost == [.outboxFull: 400] && state.droppableBatches == 2)
    let batches = try scratch.all(store, row)
    #expect(batches.map(\.header.firstNumber) == [1, 2, 7, 8] && batches.map(\.header.number) == [1, 6, 7, 8])
    let notice = try #require(scratch.losses(batches[1]).first)
    #expect(notice.numbers == 2...6 && notice.samples == 400 && notice.devices == ["boiler"])
    #expect(notice.firstTime == originals[1].header.firstTime && notice.lastTime == originals[5].header.lastTime)
    #expect(batches[0] == originals[0] && batches[3] == originals[7])
    // A position inside the notice's range is where central stands if it had taken part of them; it goes on from there.
    let rest = try store.batches(row, from: 4, through: 8, maximumBytes: 1 << 20)
    #expect(rest.through == 8 && rest.damaged == nil)
  }

  @Test("Thinned batches that moved to another epoch are dropped with a notice that covers their last minute")
  func droppedAfterMoving() throws {
    let (store, before) = try scratch.filled(3, rows: 100)
    let newest = try #require(scratch.all(store, EpochLane(before.epoch, .telemetry)).last).header.lastTime
    var transaction = OutboxTransaction()
    transaction.thin = 3
    _ = try store.commit(transaction)
    transaction = OutboxTransaction()
    transaction.retirement = .abandon("copied")
    var state = try store.commit(transaction)
    while state.isMoving { state = try store.commit(OutboxTransaction()) }
    transaction = OutboxTransaction()
    transaction.drop = (3, .outboxFull)
    state = try store.commit(transaction)
    let dropped = try #require(scratch.all(store, EpochLane(state.epoch, .telemetry)).last)
    let notice = try #require(scratch.losses(dropped).first)
    #expect(notice.samples == 600 && notice.lastTime == newest)
  }

  @Test("A notice for more batches than a request may hold is sent all the same")
  func longNotice() throws {
    let (store, before) = try scratch.filled(70, rows: 1)
    let row = EpochLane(before.epoch, .telemetry)
    for _ in 0..<7 {
      var transaction = OutboxTransaction()
      transaction.drop = (10, .outboxFull)
      _ = try store.commit(transaction)
    }
    let found = try store.batches(row, from: 1, through: 64, maximumBytes: 1 << 20)
    #expect(found.through == 70 && found.damaged == nil)
  }

  @Test("A closed epoch is delivered under its own numbers, the next one begins at 1 with the frames that were left")
  func closing() throws {
    let (store, before) = try scratch.filled(2)
    let id = try store.register(scratch.catalogue)
    var transaction = OutboxTransaction.with([try scratch.telemetry(rows: 3, catalogueID: id)])
    transaction.retirement = .close("restored")
    let state = try store.commit(transaction)
    #expect(state.epoch != before.epoch && state[.telemetry].cutThrough == 0 && !state.isMoving)
    #expect(state.retired.map(\.epoch) == [before.epoch] && state.samples(.telemetry) == 166)
    #expect(state.delivering(.telemetry).row == EpochLane(before.epoch, .telemetry))
    let cut = try store.commit(.with(cut: [.telemetry]))
    #expect(cut[.telemetry].cutThrough == 1)
    let done = try store.commit(.with(confirmed: [EpochLane(before.epoch, .telemetry): 2]))
    #expect(done.retired.isEmpty && done.delivering(.telemetry).row == EpochLane(done.epoch, .telemetry))
    #expect(try store.batches(EpochLane(done.epoch, .telemetry), from: 1, through: 1, maximumBytes: 1).through == 1)
  }

  @Test(
    "What an abandoned epoch holds goes on under new numbers, some in each transaction, and nothing is cut meanwhile")
  func abandoning() throws {
    let (store, before) = try scratch.filled(SQLiteOutbox.movesAtOnce + 10, rows: 2)
    let originals = try scratch.all(store, EpochLane(before.epoch, .telemetry))
    let id = try store.register(scratch.catalogue)
    var transaction = OutboxTransaction.with([try scratch.telemetry(rows: 1, catalogueID: id)], cut: [.telemetry])
    transaction.retirement = .abandon("cloned")
    let moving = try store.commit(transaction)
    #expect(moving.isMoving && moving.frames[.telemetry]?.count == 1)
    let moved = try store.commit(.with(cut: [.telemetry]))
    #expect(!moved.isMoving && moved.retired.isEmpty)
    let state = moved.frames[.telemetry]?.count == 0 ? moved : try store.commit(.with(cut: [.telemetry]))
    #expect(state[.telemetry].cutThrough == UInt64(originals.count + 1))
    let batches = try scratch.all(store, EpochLane(state.epoch, .telemetry))
    #expect(batches.dropLast().map(\.content) == originals.map(\.content))
    #expect(batches.map(\.header.epoch).allSatisfy { $0 == state.epoch })
    #expect(state.samples(.telemetry) == before.samples(.telemetry) + 2)
  }

  @Test(
    "Numbers that a restored central lacks are stood for by a notice, in both lanes",
    arguments: [Lane.telemetry, .alarms])
  func restoredCentral(lane: Lane) throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let row = EpochLane(try store.state().epoch, lane)
    for round in 0..<4 {
      let frame =
        lane == .alarms
        ? scratch.alarm("hot", round % 2 == 0 ? .raised : .cleared) : try scratch.telemetry(rows: 2, catalogueID: id)
      _ = try store.commit(.with([frame], cut: [lane]))
    }
    _ = try store.commit(.with(confirmed: [row: 3]))
    var transaction = OutboxTransaction()
    transaction.missingAtCentral[row] = 1
    let state = try store.commit(transaction)
    #expect(state[lane].confirmedThrough == 1 && state[lane].batchCount == 2)
    let batches = try scratch.all(store, row, from: 2)
    #expect(batches.map(\.header.firstNumber) == [2, 4] && batches[0].header.number == 3)
    #expect(scratch.losses(batches[0]).first?.reason == .centralRestored)
  }

  @Test("How old the oldest is that may be dropped does not depend on what a request has carried")
  func oldestThatMayBeDropped() throws {
    let (store, before) = try scratch.filled(5)
    let row = EpochLane(before.epoch, .telemetry)
    let ends = try scratch.all(store, row).map(\.header.lastTime)
    #expect(before.oldestDroppable == ends[0])
    var transaction = OutboxTransaction()
    transaction.offered[row] = 2
    #expect(try store.commit(transaction).oldestDroppable == ends[2])
    transaction = OutboxTransaction()
    transaction.drop = (1, .tooOld)
    var state = try store.commit(transaction)
    #expect(state.oldestDroppable == ends[3] && state.lost == [.tooOld: 80])
    store.close()
    #expect(try store.open().isEmpty && store.state().oldestDroppable == ends[3])
    transaction = OutboxTransaction()
    transaction.retirement = .close("restored")
    state = try store.commit(transaction)
    #expect(state.oldestDroppable == nil, "what a copy may deliver stays as it is")
  }

  @Test("A notice that takes up another one says the time of what was dropped, and not when the other one was written")
  func timesOfWhatIsTakenUp() throws {
    let (store, before) = try scratch.filled(4)
    let row = EpochLane(before.epoch, .telemetry)
    let ends = try scratch.all(store, row).map(\.header.lastTime)
    _ = try store.commit(.with(confirmed: [row: 2]))
    // The notice of what is gone at central is written now; what the epoch still held comes behind it, and is older.
    let id = try store.register(scratch.catalogue)
    _ = try store.commit(.with([try scratch.telemetry(rows: 5, catalogueID: id)]))
    var transaction = OutboxTransaction()
    transaction.retirement = .abandon("copied")
    transaction.goneAtCentral[row] = 1...2
    let state = try store.commit(transaction)
    let current = EpochLane(state.epoch, .telemetry)
    for count in [1, 2] {
      transaction = OutboxTransaction()
      transaction.drop = (1, .tooOld)
      _ = try store.commit(transaction)
      let losses = try scratch.all(store, current).flatMap { scratch.losses($0) }
      let dropped = try #require(losses.first { $0.reason == .tooOld })
      #expect(losses.count == 2 && losses.contains { $0.reason == .centralRestored }, "\(losses)")
      #expect(dropped.lastTime == ends[1 + count] && dropped.samples == UInt64(80 * count), "\(losses)")
    }
  }

  @Test("'keep' drops what is older and nothing else, also behind batches that were sent and never acknowledged")
  func keeping() throws {
    let (store, before) = try scratch.filled(10)
    let row = EpochLane(before.epoch, .telemetry)
    let ends = try scratch.all(store, row).map(\.header.lastTime)
    var transaction = OutboxTransaction()
    transaction.offered[row] = 2
    var state = try store.commit(transaction)
    let space = OutboxSpace(keep: .seconds(3_600))
    // All of the fifth is too old, of the sixth not.
    let wall = ends[4] + .seconds(3_600) + .milliseconds(1)
    var drops = 0
    while case .drop(let count, .tooOld) = space.decide(state, wall: wall), drops < 20 {
      transaction = OutboxTransaction()
      transaction.drop = (count, .tooOld)
      state = try store.commit(transaction)
      drops += 1
    }
    #expect(drops == 3 && state.droppableBatches == 5)
    #expect(try scratch.all(store, row).map(\.header.number) == [1, 2, 5, 6, 7, 8, 9, 10])
  }

  @Test("A notice that moves to another epoch says which epoch its numbers are of")
  func movedNotice() throws {
    let (store, before) = try scratch.filled(5)
    var transaction = OutboxTransaction()
    transaction.drop = (3, .outboxFull)
    _ = try store.commit(transaction)
    transaction = OutboxTransaction()
    transaction.retirement = .abandon("copied")
    var state = try store.commit(transaction)
    while state.isMoving { state = try store.commit(OutboxTransaction()) }
    let notices = try scratch.all(store, EpochLane(state.epoch, .telemetry)).flatMap { scratch.losses($0) }
    #expect(notices.map(\.numbers) == [1...3] && notices.map(\.epoch) == [before.epoch])
  }

  @Test("A file that was copied elsewhere goes on with a new epoch and delivers the old one under its numbers")
  func copiedFile() throws {
    let (store, before) = try scratch.filled(2)
    store.close()
    let path = scratch.path
    try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".copy", toPath: path)
    var news: [String] = []
    // The first store still holds the directory's lock.
    let copy = SQLiteOutbox(
      OutboxPlace(directory: scratch.directory, boot: "boot", files: UnlockedFiles()))
    news = try copy.open()
    #expect(news.count == 1 && news[0].contains("copied or restored"))
    let state = try copy.state()
    #expect(state.epoch != before.epoch && state.retired.map(\.epoch) == [before.epoch])
    copy.close()
    #expect(try copy.open().isEmpty)
  }

  @Test(
    "Frames of the boot clock wait until it is trusted, get their places in time, and never make a tag's time go back")
  func bootClock() throws {
    var store: SQLiteOutbox? = try scratch.open(boot: "first")
    let id = try #require(try store?.register(scratch.catalogue))
    _ = try store?.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)]))
    _ = try store?.commit(
      .with([try scratch.telemetry(rows: 3, catalogueID: id, bootTimesFrom: 5_000)], cut: [.telemetry]))
    store = nil
    store = try scratch.open(boot: "second")
    let frame = try scratch.telemetry(rows: 4, catalogueID: id, bootTimesFrom: 20_000)
    var state = try #require(try store?.commit(.with([frame], cut: [.telemetry])))
    // The trusted frame was cut in the first transaction; the others wait.
    #expect(state[.telemetry].cutThrough == 1 && state.frames[.telemetry]?.waitingForClock == 2)
    var transaction = OutboxTransaction.with(cut: [.telemetry])
    let offset: Int64 = 1_700_001_000_000
    transaction.clockOffset = .milliseconds(offset)
    state = try #require(try store?.commit(transaction))
    #expect(state[.telemetry].cutThrough == 2 && state.frames[.telemetry]?.count == 0)
    let batches = try scratch.all(try #require(store), EpochLane(state.epoch, .telemetry))
    guard case .telemetry(_, let blocks, _, _) = batches[1].content else { throw OutboxScratch.Impossible() }
    let times = blocks[0].times.map(\.milliseconds)
    // The second boot is exact; the first one ended, at the latest, when the second began.
    #expect(Array(times.suffix(4)) == (0..<4).map { offset + 20_000 + $0 * 1_000 })
    #expect(Array(times.prefix(3)) == [offset - 2_001, offset - 1_001, offset - 1])
    #expect(blocks[0].columns[0].qualities.prefix(3).allSatisfy { $0 == .uncertain(.clock) })
    #expect(blocks[0].columns[0].qualities.suffix(4).allSatisfy { $0 == .good })
    #expect(times == times.sorted() && times[0] >= batches[0].header.lastTime.milliseconds)
  }
}

/// The machine's files without the lock.
final class UnlockedFiles: OutboxFiles {
  private let files = MachineFiles()
  func claim(directory: String) throws(OutboxStoreError) -> AnyObject { self }
  func identity(of path: String) -> String { files.identity(of: path) }
  func freeBytes(directory: String) -> Int? { files.freeBytes(directory: directory) }
  func setAside(_ path: String) throws(OutboxStoreError) -> String { try files.setAside(path) }
  func exists(_ path: String) -> Bool { files.exists(path) }
  func rename(_ path: String, to target: String) throws(OutboxStoreError) { try files.rename(path, to: target) }
  func remove(_ path: String) { files.remove(path) }
}
