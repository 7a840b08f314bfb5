import AlarmStates
import BatchCodec
import CentralCore
import Foundation
import SQLite
import SampleTelemetry
import Telemetry
import Testing

@testable import SQLiteCentralStore

@Suite("States of alarms at central")
final class AlarmStateTests {
  let directory: String
  let key = BatchFactory.key(lane: .alarms)
  private var time: Int64 = 1_790_000_000_000
  private var number: UInt64 = 0

  init() throws {
    directory = NSTemporaryDirectory() + "fieldgate-central-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  private func event(_ transition: AlarmEvent.Transition, who: String = "", message: String = "m") -> AlarmEvent {
    time += 1_000
    return AlarmEvent(
      time: Timestamp(milliseconds: time), alarm: "hot", tag: "boiler/temp", transition: transition, severity: .high,
      value: transition.isActivity ? 91 : nil, message: message, who: who,
      until: transition == .shelved ? Timestamp(milliseconds: time + 60_000) : nil)
  }

  private func send(_ events: [AlarmEvent], to store: SQLiteCentralStore) throws {
    number += 1
    var group = IngestMachine.Group()
    let bytes = try BatchCodec.encode(epoch: key.epoch, number: number, alarms: events)
    group.batches.append((key, try ReceivedBatch(bytes)))
    group.heads[key] = LaneHead(position: number, checksum: nil)
    try store.commit(group, received: Timestamp(milliseconds: time))
  }

  private func states() throws -> [StoredAlarmState] {
    let reader = try SQLiteCentralReader(directory: directory)
    defer { reader.close() }
    return try reader.alarmStates(gateway: nil)
  }

  @Test("What people did is shown with the event that raised the alarm, until all of it is over")
  func fold() throws {
    let store = try SQLiteCentralStore(directory: directory)
    try send([event(.raised, message: "it is hot")], to: store)
    #expect(try states().map(\.standing.state) == [.unacknowledged])
    try send([event(.acknowledged, who: "anna"), event(.commented, who: "anna", message: "pump exchanged")], to: store)
    try send([event(.shelved, who: "bob")], to: store)
    let shelved = try #require(try states().first)
    #expect(shelved.event.message == "it is hot" && shelved.event.value == 91 && shelved.standing.state == .shelved)
    #expect(shelved.standing.underlying == .acknowledged && shelved.standing.acknowledgement?.who == "anna")
    #expect(shelved.standing.comment?.text == "pump exchanged" && shelved.standing.shelf?.by.who == "bob")
    #expect(shelved.standing.shelf?.until == Timestamp(milliseconds: time + 60_000))
    try send([event(.unshelved), event(.raisedAgain), event(.returned)], to: store)
    #expect(try states().map(\.standing.state) == [.returned] && states().first?.standing.raises == 2)
    try send([event(.acknowledged, who: "carl")], to: store)
    #expect(try states().isEmpty)
    let reader = try SQLiteCentralReader(directory: directory)
    let events = try reader.alarmEvents(
      gateway: nil, from: Timestamp(milliseconds: 0), until: Timestamp(milliseconds: .max), limit: 99)
    #expect(events.map(\.event.who) == ["carl", "", "", "", "bob", "anna", "anna", ""])
    #expect(events[4].event.until != nil && events[5].event.message == "pump exchanged")
    #expect(try reader.gateways().first?.unacknowledgedAlarms == 0)
    #expect(try StoreVerification(directory: directory).problems == [])
  }

  @Test("A command waits, also over a restart, until an event of its gateway answers it")
  func commands() throws {
    var store: SQLiteCentralStore? = try SQLiteCentralStore(directory: directory)
    func command(_ number: UInt64, _ gateway: String, created: Int64) -> OperatorCommand {
      OperatorCommand(
        number: number, gateway: gateway, alarm: "hot", action: .shelve, seconds: 60, comment: "c", who: "anna",
        created: Timestamp(milliseconds: created))
    }
    let first = command(1, key.gateway, created: time)
    let other = command(2, "other", created: time + 1)
    try store?.add(command(9, key.gateway, created: time - 8 * 86_400_000))
    try store?.add(first)
    try store?.add(other)
    store = nil
    let again = try SQLiteCentralStore(directory: directory)
    #expect(try again.commands() == [first, other], "the old one is dropped")
    var answer = event(.shelved, who: "anna@central")
    answer.command = 2
    try send([answer], to: again)
    #expect(try again.commands() == [first, other], "another gateway answered")
    answer.command = 1
    try send([answer], to: again)
    #expect(try again.commands() == [other])
  }

  @Test("A store of format 2 keeps its alarms; nobody has seen those that are active")
  func upgrade() throws {
    let path = directory + "/" + SQLiteCentralStore.fileName
    let old = try SQLiteConnection(path: path, mode: .readWrite)
    try old.execute(CentralSchema.statements)
    try old.execute(
      """
      PRAGMA foreign_keys=OFF;
      INSERT INTO gateways VALUES (1, 'barn', 0, 0);
      INSERT INTO alarm_events VALUES (1, 1, 1, 5000, 'hot', 'boiler/temp', 1, 3, 91, 'it is hot');
      INSERT INTO alarm_events VALUES (2, 1, 1, 6000, 'low', 'boiler/temp', 2, 3, 1, 'it is low');
      INSERT INTO alarm_states VALUES (1, 'hot', 1, 1), (1, 'low', 2, 0);
      """)
    try old.setUserVersion(2)
    old.close()
    let store = try SQLiteCentralStore(directory: directory)
    store.close()
    let found = try states()
    #expect(found.map(\.event.alarm) == ["hot"] && found.first?.standing.state == .unacknowledged)
    #expect(found.first?.standing.raisedAt == Timestamp(milliseconds: 5_000))
  }

  @Test("The verification names a state that somebody changed behind its back")
  func verification() throws {
    let store = try SQLiteCentralStore(directory: directory)
    try send([event(.raised), event(.acknowledged, who: "anna")], to: store)
    store.close()
    #expect(try StoreVerification(directory: directory).problems == [])
    let connection = try SQLiteConnection(
      path: directory + "/" + SQLiteCentralStore.fileName, mode: .readWrite)
    try connection.execute("UPDATE alarm_states SET acknowledged_by = 'bob'")
    connection.close()
    let problems = try StoreVerification(directory: directory).problems
    #expect(problems.contains { $0.contains("hot: the events say active, acknowledged") }, "\(problems)")
  }
}
