import BatchCodec
import CentralCore
import Foundation
import SQLite
import SampleTelemetry
import Telemetry
import Testing

@testable import SQLiteCentralStore

@Suite("Central's store in SQLite")
final class SQLiteCentralStoreTests {
  let directory: String
  let received = Timestamp(milliseconds: 1_800_000_000_000)

  init() throws {
    directory = NSTemporaryDirectory() + "fieldgate-central-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  private func group(_ key: LaneKey, _ numbers: ClosedRange<UInt64>) throws -> IngestMachine.Group {
    var group = IngestMachine.Group()
    for number in numbers { group.batches.append((key, try BatchFactory.batch(key, number))) }
    group.heads[key] = LaneHead(position: numbers.upperBound, checksum: nil)
    return group
  }

  @Test("Data and position are there together, also after the store is opened again")
  func commitAndReopen() throws {
    let key = BatchFactory.key()
    var store: SQLiteCentralStore? = try SQLiteCentralStore(directory: directory)
    #expect(try store?.head(key).position == 0)
    try store?.commit(group(key, 1...3), received: received)
    #expect(try store?.head(key).position == 3)
    store = nil
    let again = try SQLiteCentralStore(directory: directory)
    #expect(try again.head(key).position == 3)
    #expect(try again.head(BatchFactory.key("other")).position == 0)
    try again.commit(group(key, 4...4), received: received)
    #expect(try StoreVerification(directory: directory).problems == [])
  }

  @Test("A group in which one batch is not the next of its lane is refused as a whole")
  func notTheNext() throws {
    let key = BatchFactory.key()
    let other = BatchFactory.key("mill")
    let store = try SQLiteCentralStore(directory: directory)
    try store.commit(group(key, 1...1), received: received)
    for wrong in [1, 3] as [UInt64] {
      var mixed = try group(other, 1...1)
      mixed.batches.append((key, try BatchFactory.batch(key, wrong)))
      #expect(throws: CentralStoreError.self) { try store.commit(mixed, received: received) }
    }
    #expect(try store.head(key).position == 1 && store.head(other).position == 0)
    // The store goes on after a refusal.
    try store.commit(group(other, 1...1), received: received)
    try store.commit(group(key, 2...2), received: received)
    #expect(try StoreVerification(directory: directory).problems == [])
  }

  @Test("Samples come back in order, within their range and limit, while the writer goes on")
  func samples() throws {
    let key = BatchFactory.key()
    let store = try SQLiteCentralStore(directory: directory)
    try store.commit(group(key, 1...100), received: received)
    let reader = try SQLiteCentralReader(directory: directory)
    let base: Int64 = 1_700_000_000_000
    func read(_ from: Int64, _ until: Int64, _ limit: Int = 1_000) throws -> [Int64]? {
      try reader.samples(
        gateway: "barn", device: "boiler", tag: "count", from: Timestamp(milliseconds: base + from),
        until: Timestamp(milliseconds: base + until), limit: limit
      )?.map(\.reading.bits)
    }
    #expect(try read(0, 1_000_000) == Array(1...100))
    #expect(try read(10_000, 12_000) == [10, 11])
    #expect(try read(10_001, 12_000) == [11])
    #expect(try read(0, 1_000_000, 3) == [1, 2, 3])
    #expect(try read(500_000, 600_000) == [])
    try store.commit(group(key, 101...101), received: received)
    #expect(try read(100_000, 1_000_000) == [100, 101])
    #expect(
      try reader.samples(
        gateway: "barn", device: "boiler", tag: "nothing", from: Timestamp(milliseconds: 0), until: received, limit: 1)
        == nil)
    #expect(try reader.latest(gateway: "barn")?.map(\.reading.bits) == [101])
    #expect(try reader.latest(gateway: "nobody") == nil)
    let overview = try #require(try reader.gateways().first)
    #expect(overview.name == "barn" && overview.devices == 1 && overview.tags == 1 && overview.lanes[0].position == 101)
    #expect(overview.newest == Timestamp(milliseconds: base + 101_000))
  }

  @Test("Alarm events are listed newest first, and what is active follows from the newest of each alarm")
  func alarms() throws {
    let key = BatchFactory.key(lane: .alarms)
    let store = try SQLiteCentralStore(directory: directory)
    let reader = { try SQLiteCentralReader(directory: self.directory) }
    try store.commit(group(key, 1...3), received: received)
    #expect(try reader().activeAlarms(gateway: nil).map(\.event.alarm) == ["hot"])
    try store.commit(group(key, 4...4), received: received)
    #expect(try reader().activeAlarms(gateway: "barn").isEmpty)
    let events = try reader().alarmEvents(gateway: "barn", from: Timestamp(milliseconds: 0), until: received, limit: 3)
    #expect(events.map(\.event.value) == [4, 3, 2])
    #expect(try StoreVerification(directory: directory).problems == [])
  }

  private func event(_ alarm: String, _ transition: AlarmEvent.Transition) -> AlarmEvent {
    AlarmEvent(
      time: Timestamp(milliseconds: 1_700_000_000_000), alarm: alarm, tag: "boiler/count", transition: transition,
      severity: .high, value: nil, message: "")
  }

  private func commit(
    _ store: SQLiteCentralStore, _ epoch: UInt64, _ number: UInt64, _ events: [AlarmEvent], span: UInt32 = 1,
    losses: [LossNotice] = []
  ) throws {
    let key = BatchFactory.key(epoch: epoch, lane: .alarms)
    let bytes = try BatchCodec.encode(
      epoch: key.epoch, number: number, span: span, alarms: events, losses: losses, time: received)
    var group = IngestMachine.Group()
    group.batches = [(key, try ReceivedBatch(bytes))]
    try store.commit(group, received: received)
  }

  @Test("After missing events, and in a new epoch, only alarms that are told again are active")
  func alarmStatesBeginAnew() throws {
    let other = BatchFactory.key("mill", lane: .alarms)
    let store = try SQLiteCentralStore(directory: directory)
    let active = { try SQLiteCentralReader(directory: self.directory).activeAlarms(gateway: "barn").map(\.event.alarm) }
    try store.commit(group(other, 1...1), received: received)
    try commit(store, 1, 1, [event("hot", .raised), event("removed", .raised)])
    try commit(store, 1, 2, [event("cold", .raised)])
    #expect(try Set(active()) == ["hot", "removed", "cold"])
    let notice = LossNotice(reason: .centralRestored, lane: .alarms, numbers: 3...4)
    try commit(store, 1, 4, [], span: 2, losses: [notice])
    #expect(try active().isEmpty)
    try commit(store, 1, 5, [event("cold", .cleared), event("hot", .raised)])
    #expect(try active() == ["hot"])
    try commit(store, 2, 1, [event("cold", .raised)])
    #expect(try active() == ["cold"])
    // Another gateway's are its own.
    #expect(try SQLiteCentralReader(directory: directory).activeAlarms(gateway: "mill").map(\.event.alarm) == ["hot"])
    #expect(try StoreVerification(directory: directory).problems == [])
    store.close()
    let connection = try SQLiteConnection(path: directory + "/central.db", mode: .readWrite)
    try connection.execute(
      "INSERT INTO alarm_states SELECT gateway, alarm, id, 1 FROM alarm_events WHERE alarm = 'removed'")
    connection.close()
    #expect(
      try StoreVerification(directory: directory).problems == [
        "alarm barn/removed: the state says active, and no event since the states were told anew does"
      ])
  }

  @Test("A notice may cover numbers that came after it was made, and nothing else may")
  func overlap() throws {
    let store = try SQLiteCentralStore(directory: directory)
    try commit(store, 1, 1, [event("hot", .raised)])
    try commit(store, 1, 2, [event("hot", .cleared)])
    let notice = LossNotice(reason: .centralRestored, lane: .alarms, numbers: 1...3)
    try commit(store, 1, 3, [], span: 3, losses: [notice])
    store.close()
    #expect(try StoreVerification(directory: directory).problems == [])
    let connection = try SQLiteConnection(path: directory + "/central.db", mode: .readWrite)
    try connection.execute("UPDATE batches SET records = 1 WHERE number = 3")
    connection.close()
    #expect(
      try StoreVerification(directory: directory).problems.contains {
        $0.contains("batch 3 should be next, but 1 is")
      })
  }

  @Test("The verification names what somebody changed behind its back")
  func verification() throws {
    let key = BatchFactory.key()
    let store = try SQLiteCentralStore(directory: directory)
    try store.commit(group(key, 1...4), received: received)
    store.close()
    #expect(try StoreVerification(directory: directory).problems == [])
    let changes = [
      ("DELETE FROM device_batches; DELETE FROM batches WHERE number = 2", "batch 2 should be next, but 3 is"),
      ("UPDATE lanes SET position = 9", "the position is 9"),
      ("UPDATE batches SET bytes = zeroblob(80) WHERE number = 4", "batch 4 cannot be read"),
    ]
    for (sql, expected) in changes {
      let connection = try SQLiteConnection(path: directory + "/central.db", mode: .readWrite)
      try connection.execute("PRAGMA foreign_keys=OFF; " + sql)
      connection.close()
      let problems = try StoreVerification(directory: directory).problems
      #expect(problems.contains { $0.contains(expected) }, "\(sql): \(problems)")
    }
  }

  @Test("A store of a newer format, or something else entirely, is left alone")
  func otherFormats() throws {
    let connection = try SQLiteConnection(path: directory + "/central.db", mode: .readWrite)
    try connection.setUserVersion(77)
    connection.close()
    let error = #expect(throws: CentralStoreError.self) { try SQLiteCentralStore(directory: directory) }
    #expect(error?.description.contains("format 77") == true)
  }

  @Test("Texts and names of values are found again, as the newest and as samples, also after format 1")
  func textsAndNames() throws {
    let old = try SQLiteConnection(
      path: "\(directory)/\(SQLiteCentralStore.fileName)", mode: .readWrite)
    let columns = "\n  text TEXT,\n  definition BLOB,"
    let first = CentralSchema.statements.split(separator: columns, omittingEmptySubsequences: false)
    #expect(first.count == 2)
    try old.execute(first.joined())
    try old.setUserVersion(1)
    old.close()
    let store = try SQLiteCentralStore(directory: directory)
    let names = [ValueName(value: 0, name: "off"), ValueName(value: 1, name: "auto")]
    let catalogue = Catalogue(devices: [
      DeviceDefinition(
        name: "pump",
        tags: [TagDefinition(name: "state", type: .text), TagDefinition(name: "mode", type: .integer, names: names)])
    ])
    var block = DeviceColumns(device: 0, tagCount: 2)
    for (time, text) in [(1_000, "idle"), (2_000, "FAULT \"7\"")] as [(Int64, String)] {
      block.append(
        DeviceScan(
          device: 0, time: Timestamp(milliseconds: time),
          readings: [Reading(bits: 0, quality: .good), Reading(.integer(1))], texts: [0: text]))
    }
    let key = BatchFactory.key()
    let bytes = try BatchCodec.encode(epoch: key.epoch, number: 1, catalogue: catalogue, devices: [block])
    #expect(bytes[4] == 2)
    var group = IngestMachine.Group()
    group.batches.append((key, try ReceivedBatch(bytes)))
    group.heads[key] = LaneHead(position: 1, checksum: nil)
    try store.commit(group, received: received)
    let reader = try SQLiteCentralReader(directory: directory)
    let latest = try #require(try reader.latest(gateway: key.gateway))
    #expect(latest.map(\.text) == ["FAULT \"7\"", nil])
    #expect(latest[1].tag.label(of: latest[1].reading) == "auto")
    let samples = try reader.samples(
      gateway: key.gateway, device: "pump", tag: "state", from: Timestamp(milliseconds: 0),
      until: Timestamp(milliseconds: 9_999), limit: 10)
    #expect(samples?.map(\.text) == ["idle", "FAULT \"7\""])
    #expect(try StoreVerification(directory: directory).problems == [])
  }
}
