import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("A damaged outbox")
struct OutboxSalvageTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  /// Ten batches, three confirmed, an alarm, and two frames that are not cut.
  private func prepare() throws -> OutboxState {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    for _ in 0..<10 {
      _ = try store.commit(.with([try scratch.telemetry(rows: 300, catalogueID: id)], cut: [.telemetry]))
    }
    _ = try store.commit(.with([scratch.alarm("hot", .raised)], cut: [.alarms], alarms: ["hot"]))
    let state = try store.state()
    _ = try store.commit(.with(confirmed: [EpochLane(state.epoch, .telemetry): 3]))
    let last = try store.commit(
      .with([try scratch.telemetry(rows: 5, catalogueID: id), try scratch.telemetry(rows: 5, catalogueID: id)]))
    store.close()
    return last
  }

  @Test("A file of which nothing can be read is set aside, kept, and a new one begins with a notice")
  func unreadable() throws {
    let before = try prepare()
    try Data(repeating: 0x5a, count: 100_000).write(to: URL(fileURLWithPath: scratch.path))
    var news: [String] = []
    let store = try scratch.open(news: &news)
    #expect(news.count == 1 && news[0].contains("is kept as"))
    #expect(FileManager.default.fileExists(atPath: scratch.path + ".damaged-1"))
    let state = try store.state()
    #expect(state.epoch != before.epoch && state.retired.isEmpty && state.frames[.telemetry]?.count == 1)
    let cut = try store.commit(.with(cut: [.telemetry]))
    let found = try store.batches(EpochLane(cut.epoch, .telemetry), from: 1, through: 1, maximumBytes: 1 << 20)
    guard case .telemetry(_, _, _, let losses) = try BatchCodec.decode(found.bytes[...]).content else {
      throw OutboxScratch.Impossible()
    }
    #expect(losses.map(\.reason) == [.damagedStore])
  }

  @Test("An epoch whose name changed on the disk comes back from its batches, beside the others and before them")
  func changedEpochName() throws {
    let first = try prepare()
    let second = try scratch.session { store in
      var transaction = OutboxTransaction()
      transaction.retirement = .close("restored")
      _ = try store.commit(transaction)
      let id = try store.register(scratch.catalogue)
      return try store.commit(.with([try scratch.telemetry(rows: 3, catalogueID: id)], cut: [.telemetry]))
    }
    let original = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
    let name = Data(first.epoch.description.utf8)
    var places: [Int] = []
    var rest = original.startIndex..<original.endIndex
    while let found = original.range(of: name, in: rest) {
      places.append(found.lowerBound)
      rest = found.upperBound..<original.endIndex
    }
    #expect(places.count == 2, "in the table and in its index")
    for place in places {
      var damaged = original
      damaged[place + 3] = damaged[place + 3] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
      try damaged.write(to: URL(fileURLWithPath: scratch.path))
      var news: [String] = []
      let store = try scratch.open(news: &news)
      defer { store.close() }
      #expect(news.count == 1, "\(news)")
      let state = try store.state()
      #expect(Array(state.retired.map(\.epoch).prefix(2)) == [first.epoch, second.epoch], "the older one first")
      #expect(state.samples(.telemetry) == second.samples(.telemetry))
    }
  }

  @Test("Whoever listens hears of all that reads the whole file, and when it is over")
  func longWork() throws {
    final class Listener: LongWorkListener {
      var log: [String] = []
      var depth = 0
      func begins(_ what: String) {
        log.append(what)
        depth += 1
      }
      func ended() { depth -= 1 }
    }
    _ = try prepare()
    let listener = Listener()
    func open() throws -> SQLiteOutbox {
      let store = SQLiteOutbox(.machine(directory: scratch.directory, boot: "boot", listener: listener))
      _ = try store.open()
      return store
    }
    try open().close()
    #expect(listener.log == ["the outbox is being checked"] && listener.depth == 0)
    try Data(repeating: 0x5a, count: 100_000).write(to: URL(fileURLWithPath: scratch.path))
    try open().close()
    #expect(listener.log.last == "what can be read of a damaged outbox is being taken over" && listener.depth == 0)
  }

  @Test("A header that forbids writing, though the file may be written, is damage and not a disk that is read-only")
  func header() throws {
    let before = try prepare()
    // What may write the file and what may read it; SQLite takes a file for read-only whose first one it does not know.
    var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
    #expect(bytes[18] == 2 && bytes[19] == 2)
    bytes[18] = 66
    try bytes.write(to: URL(fileURLWithPath: scratch.path))
    var news: [String] = []
    let store = try scratch.open(news: &news)
    defer { store.close() }
    #expect(news.count == 1 && news[0].contains("header"), "\(news)")
    #expect(try store.state().samples(.telemetry) == before.samples(.telemetry))
    _ = try store.commit(.with([try scratch.telemetry(rows: 1, catalogueID: try store.register(scratch.catalogue))]))
  }

  @Test("Definitions that changed on the disk are found when the store is opened, and frames are read by their copy")
  func changedCatalogue() throws {
    let before = try prepare()
    let original = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
    let bytes = Data(CatalogueCodec.encode(scratch.catalogue))
    var places: [Int] = []
    var rest = original.startIndex..<original.endIndex
    while let found = original.range(of: bytes, in: rest) {
      places.append(found.lowerBound)
      rest = found.upperBound..<original.endIndex
    }
    // In the table and in its index.
    #expect(places.count == 2)
    for place in places {
      var damaged = original
      damaged[place + bytes.count / 2] ^= 1
      try damaged.write(to: URL(fileURLWithPath: scratch.path))
      let store = try scratch.open()
      defer { store.close() }
      if (try? store.register(scratch.catalogue)) == nil {
        #expect(try store.open().count == 1)
        #expect(try store.register(scratch.catalogue) > 0)
      }
      let state = try store.commit(.with(cut: [.telemetry]))
      #expect(state.samples(.telemetry) == before.samples(.telemetry) && state.damagedFrames == 0)
    }
  }

  @Test("An active alarm whose name changed on the disk is damage, and the states of all alarms are told again")
  func changedAlarm() throws {
    let before = try prepare()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute("UPDATE alarms SET name = 'hat'")
    connection.close()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    let state = try store.state()
    #expect(news.count == 1 && state.epoch != before.epoch && state.activeAlarms.isEmpty && state.owesAlarmStates)
    #expect(state.samples(.telemetry) == before.samples(.telemetry))
  }

  @Test("Wherever a page is overwritten, the store opens, what it delivers is what was there or is named as lost")
  func damagedPages() throws {
    let before = try prepare()
    let original = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
    let originals = try contents(scratch.path)
    let pages = original.count / 4_096
    var salvages = 0
    for page in 0..<pages {
      for name in try FileManager.default.contentsOfDirectory(atPath: scratch.directory) where name != "outbox.lock" {
        try FileManager.default.removeItem(atPath: scratch.directory + "/" + name)
      }
      var damaged = original
      damaged.replaceSubrange(page * 4_096..<(page + 1) * 4_096, with: Data(repeating: 0xa5, count: 4_096))
      try damaged.write(to: URL(fileURLWithPath: scratch.path))
      let store = SQLiteOutbox(OutboxPlace(directory: scratch.directory, boot: "boot", files: SteadyFiles()))
      if try !store.open().isEmpty { salvages += 1 }
      let delivered = try deliver(store)
      // Every number after the confirmed ones is there once, as a batch or as a notice.
      if let numbers = delivered.numbers[EpochLane(before.epoch, .telemetry)], !numbers.isEmpty {
        #expect(numbers == Array(numbers[0]...10), "page \(page)")
      }
      for (row, batch) in delivered.batches where row.epoch == before.epoch && batch.hasRecords {
        #expect(originals[batch.header.number] == batch || row.lane == .alarms, "page \(page): another content")
      }
      store.close()
    }
    // Some pages hold payload only: their batches fail their own check sums, not SQLite's.
    #expect(salvages > 3 && pages > 10)
  }

  @Test("Frames whose boot can no longer be read are taken over, with times that are a guess (seed 5770)")
  func framesOfLostBoot() throws {
    try keepFrameOfBoot()
    try overwriteTable("boots")
    var news: [String] = []
    let store = try scratch.open(news: &news)
    #expect(news.count == 1 && news[0].contains("is kept as"))
    #expect(try store.state().frames[.telemetry]?.waitingForClock == 1)
    var transaction = OutboxTransaction.with(cut: [.telemetry])
    transaction.clockOffset = .seconds(1_700_000_000)
    let cut = try store.commit(transaction)
    let found = try store.batches(EpochLane(cut.epoch, .telemetry), from: 1, through: 1, maximumBytes: 1 << 20)
    guard case .telemetry(_, let columns, _, _) = try BatchCodec.decode(found.bytes[...]).content else {
      throw OutboxScratch.Impossible()
    }
    #expect(columns.map(\.rowCount) == [5])
    #expect(columns[0].columns[1].qualities.allSatisfy { $0 == .uncertain(.clock) })
  }

  private func keepFrameOfBoot() throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    _ = try store.commit(.with([try scratch.telemetry(rows: 5, catalogueID: id, bootTimesFrom: 10_000)]))
    store.close()
  }

  /// Damages the page on which a table begins.
  private func overwriteTable(_ name: String) throws {
    let connection = try SQLiteConnection(path: scratch.path, mode: .readOnly)
    let search = try connection.statement("SELECT rootpage FROM sqlite_schema WHERE name = ?1")
    try search.bind(1, name)
    let page = try search.firstRow { $0.int(0) } ?? 0
    connection.close()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: scratch.path))
    bytes.replaceSubrange((page - 1) * 4_096..<page * 4_096, with: Data(repeating: 0xa5, count: 4_096))
    try bytes.write(to: URL(fileURLWithPath: scratch.path))
  }

  private func contents(_ path: String) throws -> [UInt64: Batch] {
    let connection = try SQLiteConnection(path: path, mode: .readOnly)
    defer { connection.close() }
    var found: [UInt64: Batch] = [:]
    try connection.statement("SELECT number, bytes FROM batches WHERE lane = 2").forEachRow {
      found[UInt64($0.int64(0))] = try BatchCodec.decode($0.blob(1)[...])
      return true
    }
    return found
  }

  /// Sends and confirms everything, as the engine does.
  private func deliver(
    _ store: SQLiteOutbox
  ) throws -> (batches: [(EpochLane, Batch)], numbers: [EpochLane: [UInt64]]) {
    var batches: [(EpochLane, Batch)] = []
    var numbers: [EpochLane: [UInt64]] = [:]
    for _ in 0..<200 {
      if try !store.open().isEmpty { continue }
      do {
        _ = try store.commit(.with(cut: [.alarms, .telemetry]))
        let state = try store.state()
        for lane in Lane.allCases {
          let (row, held, _) = state.delivering(lane)
          guard held.cutThrough > held.confirmedThrough else { continue }
          let found = try store.batches(
            row, from: held.confirmedThrough + 1, through: held.cutThrough, maximumBytes: 16 << 20)
          guard let through = found.through else {
            var transaction = OutboxTransaction()
            transaction.damaged[row] = [found.damaged ?? 0]
            _ = try store.commit(transaction)
            continue
          }
          var rest = found.bytes[...]
          while !rest.isEmpty {
            let (header, length) = try BatchCodec.readHeader(rest)
            batches.append((row, try BatchCodec.decode(rest.prefix(length))))
            numbers[row, default: []] += Array(header.firstNumber...header.number)
            rest = rest.dropFirst(length)
          }
          _ = try store.commit(.with(confirmed: [row: through]))
        }
        let after = try store.state()
        if after.retired.isEmpty, Lane.allCases.allSatisfy({ after[$0].batchCount == 0 }) { return (batches, numbers) }
      } catch let error as OutboxStoreError where error.kind == .damaged {
        continue
      }
    }
    Issue.record("it never became empty")
    return (batches, numbers)
  }
}

extension Batch {
  fileprivate var hasRecords: Bool { header.recordCount > 0 }
}

/// Files whose identity never changes: the test replaces them on purpose.
final class SteadyFiles: OutboxFiles {
  private let files = MachineFiles()
  func claim(directory: String) throws(OutboxStoreError) -> AnyObject { self }
  func identity(of path: String) -> String { "" }
  func freeBytes(directory: String) -> Int? { nil }
  func setAside(_ path: String) throws(OutboxStoreError) -> String { try files.setAside(path) }
  func exists(_ path: String) -> Bool { files.exists(path) }
  func rename(_ path: String, to target: String) throws(OutboxStoreError) { try files.rename(path, to: target) }
  func remove(_ path: String) { files.remove(path) }
}
