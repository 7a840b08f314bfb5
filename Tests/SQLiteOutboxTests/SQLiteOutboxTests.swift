import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("The outbox in SQLite")
struct SQLiteOutboxTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  private func row(_ store: SQLiteOutbox, _ lane: Lane = .telemetry) throws -> EpochLane {
    EpochLane(try store.state().epoch, lane)
  }

  private func bytes(of store: SQLiteOutbox, _ number: UInt64) throws -> [UInt8]? {
    let found = try store.batches(row(store), from: number, through: number, maximumBytes: 1 << 20)
    return found.through == number ? found.bytes : nil
  }

  @Test("A new store has an epoch of its own and nothing else")
  func newStore() throws {
    let other = try OutboxScratch()
    let state = try scratch.open().state()
    #expect(state.lastFrame == 0)
    #expect(state[.telemetry] == OutboxState.LaneState() && state[.alarms] == OutboxState.LaneState())
    #expect(state.samples(.telemetry) == 0 && state.retired.isEmpty)
    #expect(try state.epoch != other.open().state().epoch)
  }

  @Test("What was committed is there after the store is opened again, and the counts carried along equal those read")
  func reopen() throws {
    var store: SQLiteOutbox? = try scratch.open()
    let id = try #require(try store?.register(scratch.catalogue))
    var carried = try #require(
      try store?.commit(
        .with([try scratch.telemetry(rows: 5, catalogueID: id), scratch.alarm("hot", .raised)], alarms: ["hot"])))
    carried = try #require(
      try store?.commit(.with([try scratch.telemetry(rows: 3, catalogueID: id)], cut: [.alarms, .telemetry])))
    carried = try #require(try store?.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)])))
    #expect(carried[.telemetry].batchSamples == 16 && carried.frames[.telemetry]?.samples == 4)
    #expect(carried[.alarms].cutThrough == 1 && carried.activeAlarms == ["hot"] && carried.lastFrame == 4)
    store = nil
    (carried.usedBytes, carried.fileBytes) = (0, 0)
    #expect(try scratch.open().state() == carried)
  }

  @Test("A batch holds the rows of its frames in order, with number and epoch, and never changes")
  func batches() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let frames = [try scratch.telemetry(rows: 4, catalogueID: id), try scratch.telemetry(rows: 6, catalogueID: id)]
    let state = try store.commit(.with(frames, cut: [.telemetry]))
    let first = try #require(try bytes(of: store, 1))
    let batch = try BatchCodec.decode(first[...])
    #expect(batch.header.number == 1 && batch.header.epoch == state.epoch && batch.header.lane == .telemetry)
    #expect(batch.header.firstTime == frames[0].firstTime && batch.header.lastTime == frames[1].lastTime)
    guard case .telemetry(let catalogue, let blocks, _, _) = batch.content else {
      Issue.record("not telemetry")
      return
    }
    #expect(catalogue == scratch.catalogue && blocks.map(\.rowCount) == [10])
    _ = try store.commit(.with([try scratch.telemetry(rows: 1, catalogueID: id)], cut: [.telemetry]))
    #expect(try bytes(of: store, 1) == first)
    #expect(try bytes(of: store, 3) == nil)
  }

  @Test("Frames that are in the store already are passed over when they come again")
  func retry() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let frame = try scratch.telemetry(rows: 4, catalogueID: id)
    let once = try store.commit(.with([frame]))
    #expect(try store.commit(.with([frame])).frames == once.frames)
    let next = try scratch.telemetry(rows: 1, catalogueID: id)
    #expect(try store.commit(.with([frame, next])).frames[.telemetry]?.samples == 10)
  }

  @Test("Confirmed batches are deleted, later ones stay, and numbers go on")
  func confirmations() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    for _ in 1...4 { _ = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry])) }
    let state = try store.commit(.with(confirmed: [row(store): 3]))
    #expect(state[.telemetry].confirmedThrough == 3 && state[.telemetry].batchCount == 1)
    #expect(try bytes(of: store, 3) == nil)
    #expect(try bytes(of: store, 4) != nil)
    let after = try store.commit(
      .with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry], confirmed: [row(store): 4]))
    #expect(after[.telemetry].cutThrough == 5 && after[.telemetry].batchCount == 1)
  }

  @Test("A batch holds frames of one catalogue only; those of the next one follow in the next batch")
  func twoCatalogues() throws {
    let other = Catalogue(devices: [
      DeviceDefinition(name: "tank", tags: [TagDefinition(name: "level", type: .integer)])
    ])
    let store = try scratch.open()
    let first = try store.register(scratch.catalogue)
    let second = try store.register(other)
    #expect(first != second)
    #expect(try store.register(scratch.catalogue) == first)
    _ = try store.commit(
      .with([
        try scratch.telemetry(rows: 2, catalogueID: first),
        try scratch.telemetry(rows: 3, catalogueID: second, of: other),
      ]))
    let once = try store.commit(.with(cut: [.telemetry]))
    #expect(once.frames[.telemetry]?.samples == 3 && once[.telemetry].batchSamples == 4)
    let twice = try store.commit(.with(cut: [.telemetry]))
    #expect(twice.frames[.telemetry]?.count == 0 && twice[.telemetry].cutThrough == 2)
  }

  @Test("A damaged frame is set aside with its reason and the sound ones are cut")
  func damagedFrame() throws {
    var store: SQLiteOutbox? = try scratch.open()
    let id = try #require(try store?.register(scratch.catalogue))
    var damaged = try scratch.telemetry(rows: 4, catalogueID: id)
    damaged.bytes[damaged.bytes.count / 2] ^= 0x10
    let sound = try scratch.telemetry(rows: 3, catalogueID: id)
    let state = try #require(try store?.commit(.with([damaged, sound], cut: [.telemetry])))
    #expect(state.damagedFrames == 1 && state[.telemetry].batchSamples == 6)
    #expect(state.frames[.telemetry]?.count == 0 && state.lost[.damagedFrame] == 8)
    store = nil
    let reader = try SQLiteConnection(path: scratch.path, mode: .readOnly)
    let kept = try reader.statement("SELECT error, bytes FROM damaged_frames").firstRow { ($0.text(0), $0.blob(1)) }
    #expect(kept?.1 == damaged.bytes)
    #expect(kept?.0.contains("check") == true)
  }

  @Test("A second daemon on the same directory is refused and told who holds it")
  func secondDaemon() throws {
    let store = try scratch.open()
    let error = #expect(throws: OutboxStoreError.self) { try scratch.open() }
    #expect(error?.kind == .held && error?.description.contains("another fieldgated (process ") == true)
    _ = try store.state()
  }

  @Test("A closed store is free at once, even while a program that is just being started has a copy of its lock")
  func closedAlthoughCopied() throws {
    var store: SQLiteOutbox? = try scratch.open()
    // A process between fork and exec has all descriptors of this one; a second descriptor is the same to the kernel.
    let lock = try #require(
      (0..<1_024).first { descriptor in
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
        return path == scratch.directory + "/outbox.lock"
      })
    let copy = dup(Int32(lock))
    defer { close(copy) }
    try #require(copy >= 0)
    store = nil
    store = try scratch.open()
    #expect(store != nil)
  }

  @Test("A store of a newer format is left alone")
  func newerFormat() throws {
    try scratch.open().close()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.setUserVersion(99)
    try CopiedRows.setFormat(99, connection)
    connection.close()
    let error = #expect(throws: OutboxStoreError.self) { try scratch.open() }
    #expect(error?.kind == .newerFormat && error?.description.contains("format 99") == true)
  }

  @Test("A transaction that cannot be written changes nothing, says why, and goes through once the disk takes it")
  func fullDisk() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let before = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)], cut: [.telemetry]))
    // SQLite's own limit on the file's size stands for a full disk: the same error, SQLITE_FULL.
    let connection = try #require(store.connection)
    let pages = try #require(try connection.pragma("page_count"))
    let limit = try #require(try connection.pragma("max_page_count"))
    _ = try connection.pragma("max_page_count=\(pages)")
    var large: [PendingFrame] = []
    for _ in 0..<40 { large.append(try scratch.telemetry(rows: 2_000, catalogueID: id)) }
    let error = #expect(throws: OutboxStoreError.self) { try store.commit(.with(large, cut: [.telemetry])) }
    #expect(error?.description.contains("full") == true)
    #expect(error?.kind == .failed)
    #expect(try store.state().lanes == before.lanes)
    _ = try connection.pragma("max_page_count=\(limit)")
    #expect(try store.commit(.with(large, cut: [.telemetry])).lastFrame == large.last?.sequence)
  }
}
