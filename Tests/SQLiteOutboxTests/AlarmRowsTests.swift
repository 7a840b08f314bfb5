import AlarmStates
import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("Alarms in the outbox")
struct AlarmRowsTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  private func time(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

  /// Every field says something of its own.
  private var full: SavedAlarm {
    let standing = AlarmStanding(
      isActive: true, isUnacknowledged: true, isSuppressed: true, isFirstOut: true,
      shelf: .init(until: time(11), by: .init(who: "bob", time: time(12))), raisedAt: time(13), raises: 14,
      acknowledgement: .init(who: "anna", time: time(15)),
      comment: .init(text: "pump exchanged", mark: .init(who: "carl", time: time(16))))
    let watch = RaiseWatch(
      recent: [5, 6, 7].map { MonotonicTime(nanoseconds: $0) }, since: MonotonicTime(nanoseconds: 5), count: 17)
    let record = AlarmRecord(
      name: "hot", tag: "boiler/supply_temp", severity: .critical, standing: standing, since: time(18), value: 19.5,
      message: "it is hot", shelfEnd: MonotonicTime(nanoseconds: 20), watch: watch,
      isHeldBack: true, commands: [22, .max])
    return SavedAlarm(record: record, shelfRemaining: .milliseconds(21))
  }

  private var plain: SavedAlarm {
    SavedAlarm(record: AlarmRecord(name: "low", tag: "", severity: .low), shelfRemaining: nil)
  }

  private func commit(_ alarms: [SavedAlarm], forgotten: [String] = [], in store: SQLiteOutbox) throws -> OutboxState {
    var transaction = OutboxTransaction()
    transaction.alarms = alarms
    transaction.forgottenAlarms = forgotten
    #expect(!transaction.isEmpty)
    return try store.commit(transaction)
  }

  @Test("Every field of a record comes back, and monotonic times are known for those of another boot")
  func roundTrip() throws {
    var store: SQLiteOutbox? = try scratch.open()
    let state = try commit([full, plain], in: #require(store))
    #expect(state.activeAlarms == ["hot"])
    #expect(try store?.alarms() == [full, plain])
    // The claim on the directory goes with the store.
    store?.close()
    store = nil
    store = try scratch.open()
    #expect(try store?.alarms() == [full, plain] && store?.state().activeAlarms == ["hot"])
    store?.close()
    store = nil
    store = try scratch.open(boot: "another")
    let read = try #require(try store?.alarms())
    #expect(read.allSatisfy { !$0.isOfThisBoot } && read.map(\.record) == [full.record, plain.record])
    #expect(read[0].shelfRemaining == .milliseconds(21))
  }

  @Test("A row takes the place of the one before, and what is to be forgotten goes")
  func replacing() throws {
    let store = try scratch.open()
    _ = try commit([full, plain], in: store)
    var quiet = full
    quiet.record.standing = AlarmStanding()
    #expect(try commit([quiet], in: store).activeAlarms.isEmpty)
    #expect(try store.alarms() == [quiet, plain])
    _ = try commit([full], forgotten: ["low", "never was"], in: store)
    #expect(try store.alarms() == [full])
    #expect(try commit([], forgotten: ["hot"], in: store).activeAlarms.isEmpty)
    #expect(try store.alarms().isEmpty)
  }

  @Test("Rows and the events that made them are stored together or not at all")
  func together() throws {
    let store = try scratch.open()
    let frame = scratch.alarm("hot", .raised)
    var transaction = OutboxTransaction.with([frame])
    transaction.alarms = [full]
    // Whoever confirms what was never cut speaks of another store: the whole transaction fails.
    transaction.confirmed = [EpochLane(try store.state().epoch, .telemetry): 7]
    #expect(throws: OutboxStoreError.self) { try store.commit(transaction) }
    #expect(try store.alarms().isEmpty && store.state().frames[.alarms]?.count == 0)
    transaction.confirmed = [:]
    _ = try store.commit(transaction)
    #expect(try store.alarms() == [full] && store.state().frames[.alarms]?.count == 1)
  }

  @Test("Of a damaged store the alarms are taken over, with the boot in which they were written")
  func salvage() throws {
    let store = try scratch.open()
    _ = try commit([full, plain], in: store)
    store.close()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readOnly)
    let alarms = AlarmTable.salvage(from: connection)
    connection.close()
    #expect(alarms.map(\.alarm.record) == [full.record, plain.record] && alarms.map(\.boot) == ["boot", "boot"])
  }
}
