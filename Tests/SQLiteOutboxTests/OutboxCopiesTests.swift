import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("Small rows are kept twice")
struct OutboxCopiesTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  /// Takes back what version 5 brought.
  static let withoutCopies =
    ["lanes", "newest", "store", "boots", "epochs"].flatMap { table in
      ["insert", "update", "delete"].map { "DROP TRIGGER copy_\(table)_\($0);" }
    }.joined() + "DROP TABLE copies; DROP TABLE confirmed_batches;"

  /// Six batches, the first two confirmed, and a frame.
  private func prepare() throws -> OutboxState {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    var state = try store.state()
    for _ in 1...6 {
      state = try store.commit(.with([try scratch.telemetry(rows: 5, catalogueID: id)], cut: [.telemetry]))
    }
    let row = EpochLane(state.epoch, .telemetry)
    var offered = OutboxTransaction()
    offered.offered[row] = 2
    _ = try store.commit(offered)
    _ = try store.commit(.with(confirmed: [row: 2]))
    let last = try store.commit(.with([try scratch.telemetry(rows: 5, catalogueID: id)]))
    store.close()
    return last
  }

  @Test(
    "In a store that is in use, too, before anything rests on it",
    arguments: ["lanes", "newest", "store", "epochs"])
  func inUse(_ table: String) throws {
    let before = try prepare()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    let id = try store.register(scratch.catalogue)
    let other = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try other.execute("UPDATE copies SET a = a + 1 WHERE source = '\(table)'")
    other.close()
    // Frames come in all the same: they rest on nothing.
    let frame = try scratch.telemetry(rows: 5, catalogueID: id)
    #expect(try store.commit(.with([frame])).samples(.telemetry) == before.samples(.telemetry) + 10)
    let error = #expect(throws: OutboxStoreError.self) { try store.commit(.with(cut: [.telemetry])) }
    #expect(error?.kind == .damaged)
    #expect(try store.open().count == 1)
    #expect(try store.state().samples(.telemetry) == before.samples(.telemetry) + 10)
  }

  /// What a flipped bit does: the row changes, and its copy does not.
  private func change(_ sql: String) throws {
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    for table in ["lanes", "newest", "store", "boots", "epochs"] {
      try connection.execute("DROP TRIGGER copy_\(table)_update; DROP TRIGGER copy_\(table)_delete")
    }
    try connection.execute(sql)
    #expect(connection.changes > 0)
    connection.close()
  }

  @Test(
    "A row that changed on the disk is found when the store is opened, and nothing is lost",
    arguments: [
      "UPDATE lanes SET confirmed_through = 6, offered_through = 6 WHERE lane = 2",
      "UPDATE lanes SET cut_through = cut_through + 4 WHERE lane = 2",
      "UPDATE lanes SET offered_through = 0, confirmed_through = 0 WHERE lane = 2",
      "UPDATE newest SET ms = ms + 1000000000000", "UPDATE store SET last_frame = last_frame + 1099511627776",
      "UPDATE store SET owes_alarm_states = 3", "UPDATE boots SET offset_ms = 1024", "UPDATE epochs SET state = 1",
      "UPDATE copies SET a = a + 1 WHERE source = 'lanes'", "DELETE FROM copies WHERE source = 'newest'",
    ])
  func change(sql: String) throws {
    let before = try prepare()
    if sql.contains("boots") {
      let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
      try connection.execute("INSERT INTO boots(name, offset_ms, is_estimated) VALUES ('x', 1, 0)")
      connection.close()
    }
    try change(sql)
    var news: [String] = []
    let store = try scratch.open(news: &news)
    #expect(news.count == 1 && news[0].contains("is not as its copy"), "\(news)")
    let after = try store.state()
    #expect(after.epoch != before.epoch)
    #expect(after.samples(.telemetry) == before.samples(.telemetry))
    #expect(after.retired.first?.lanes[.telemetry]?.batchCount ?? 0 >= 4)
  }

  /// Changes one byte behind the place where `text` stands for the `occurrence`th time in the file, or all of them.
  private func flip(_ text: String, behind offset: Int, occurrence: Int? = nil) throws {
    let url = URL(fileURLWithPath: scratch.path)
    var bytes = [UInt8](try Data(contentsOf: url))
    let wanted = Array(text.utf8)
    let places = bytes.indices.filter { bytes[$0...].starts(with: wanted) }
    try #require(places.count > occurrence ?? 0)
    for (index, place) in places.enumerated() where index == occurrence ?? index { bytes[place + offset] ^= 0x01 }
    try Data(bytes).write(to: url)
  }

  /// All that the store held is there, under a new epoch.
  private func expectSalvage(_ before: OutboxState, because words: String) throws {
    var news: [String] = []
    let store = try scratch.open(news: &news)
    #expect(news.count == 1 && news[0].contains(words), "\(news)")
    let after = try store.state()
    #expect(after.epoch != before.epoch && after.samples(.telemetry) == before.samples(.telemetry))
    #expect(after.retired.map(\.epoch) == [before.epoch])
  }

  @Test("An epoch's name is compared with the index, and batches say which is right", arguments: [0, 1])
  func epochName(occurrence: Int) throws {
    let before = try prepare()
    try flip(before.epoch.description, behind: 31, occurrence: occurrence)
    try expectSalvage(before, because: "is not as its copy")
  }

  @Test("An epoch whose name changed in a store in use never looks like an unknown one", arguments: [0, 1])
  func epochNameInUse(occurrence: Int) throws {
    let before = try prepare()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    _ = try store.state()
    try flip(before.epoch.description, behind: 31, occurrence: occurrence)
    try store.opened().execute("PRAGMA shrink_memory")
    let row = EpochLane(before.epoch, .telemetry)
    do throws(OutboxStoreError) {
      // Nil would say that there is nothing to compare, and central's batches of a copied gateway would be believed.
      #expect(try store.checksum(row, number: 6) != nil)
      var retirement = OutboxTransaction()
      retirement.retirement = .close("central has more")
      _ = try store.commit(retirement)
      Issue.record("nobody noticed")
    } catch {
      #expect(error.kind == .damaged)
    }
    #expect(try store.open().count == 1)
    let after = try store.state()
    #expect(after.samples(.telemetry) == before.samples(.telemetry) && after.retired.map(\.epoch) == [before.epoch])
  }

  @Test("The number of the format that changed is damage, and no newer version", arguments: [4, 7, 1, 65_541])
  func formatNumber(_ number: Int) throws {
    let before = try prepare()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.setUserVersion(number)
    connection.close()
    try expectSalvage(before, because: "its copy \(OutboxSchema.version)")
  }

  @Test("A definition that SQLite cannot read any more hides only itself")
  func definition() throws {
    let before = try prepare()
    try flip("CREATE TRIGGER copy_lanes_insert", behind: 3)
    try expectSalvage(before, because: "malformed database schema")
  }

  @Test("Copies follow every change")
  func changes() throws {
    _ = try prepare()
    let store = try scratch.open()
    var transaction = OutboxTransaction()
    transaction.retirement = .abandon("test")
    _ = try store.commit(transaction)
    store.close()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    #expect(try CopiedRows.firstDifference(connection) == nil)
    #expect(try OutboxReader.count(connection, "SELECT count(*) FROM copies WHERE source = 'lanes'") == 4)
    connection.close()
  }

  @Test("A store of version 4 gets its copies when it is opened")
  func upgrade() throws {
    let before = try prepare()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute(Self.withoutCopies)
    try connection.setUserVersion(4)
    connection.close()
    let store = try scratch.open()
    #expect(try store.state().samples(.telemetry) == before.samples(.telemetry))
    store.close()
    let again = try SQLiteConnection(path: scratch.path, mode: .readOnly)
    #expect(try again.userVersion() == OutboxSchema.version)
    #expect(try CopiedRows.firstDifference(again) == nil)
  }
}
