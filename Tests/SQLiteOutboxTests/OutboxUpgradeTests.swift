import AlarmStates
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import BatchCodec
@testable import SQLiteOutbox

@Suite struct OutboxUpgradeTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  /// Takes back what versions 3, 4 and 5 brought.
  private static let fromVersion3 = """
    \(OutboxCopiesTests.withoutCopies)
    ALTER TABLE store DROP COLUMN owes_alarm_states;
    DROP TABLE alarms;
    CREATE TABLE active_alarms(name TEXT PRIMARY KEY) WITHOUT ROWID;
    """

  /// A store as version 1 left it: frames of columns, newest number and time beside them.
  private func makeVersion1(frames: Int) throws {
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    store.close()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    for number in 1...frames {
      var block = DeviceColumns(device: 0, tagCount: 2)
      let time = Timestamp(milliseconds: 1_700_000_000_000 + Int64(number) * 1_000)
      block.append(
        DeviceScan(device: 0, time: time, readings: [Reading(.integer(Int64(number))), Reading(.boolean(true))]))
      let body = TelemetryBody(blocks: [block]).encoded(catalogue: scratch.catalogue, selfContained: false, level: 1)
      let bytes = FrameCodec.seal(body, compressed: nil, lane: .telemetry, catalogueID: id, version: 1)
      let insert = try connection.statement("INSERT INTO frames VALUES (?1, 2, ?2, NULL, 2, ?3, ?3, ?4)")
      try insert.bind(1, number)
      try insert.bind(2, id)
      try insert.bind(3, time.milliseconds)
      try insert.bind(4, bytes)
      try insert.run()
      try connection.execute("UPDATE store SET last_frame = \(number)")
      try connection.execute("INSERT OR REPLACE INTO newest VALUES (2, \(time.milliseconds), -9223372036854775808)")
    }
    try connection.execute(Self.fromVersion3)
    try connection.setUserVersion(1)
    connection.close()
  }

  @Test("Alarms that were active in a store of an earlier version are, and nobody has seen them")
  func alarms() throws {
    for version in 1...3 {
      try makeVersion1(frames: 1)
      let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
      try connection.execute("INSERT INTO active_alarms VALUES ('hot'), ('low')")
      if version == 3 {
        try connection.execute("ALTER TABLE store ADD COLUMN owes_alarm_states INTEGER NOT NULL DEFAULT 1")
        try connection.execute("ALTER TABLE active_alarms ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0")
      }
      try connection.setUserVersion(version)
      connection.close()
      let store = try scratch.open()
      let state = try store.state()
      #expect(state.activeAlarms == ["hot", "low"] && state.owesAlarmStates == (version == 3))
      let alarms = try store.alarms()
      #expect(alarms.map(\.record.name) == ["hot", "low"])
      #expect(alarms.allSatisfy { $0.record.standing.state == .unacknowledged && !$0.isOfThisBoot })
      store.close()
      try FileManager.default.removeItem(atPath: scratch.path)
    }
  }

  @Test("A store of version 1 is opened with its backlog, goes on, and is of the present version then")
  func upgrade() throws {
    try makeVersion1(frames: 3)
    let store = try scratch.open()
    let id = try store.register(scratch.catalogue)
    let found = try store.state()
    #expect(found.lastFrame == 3 && found.frames[.telemetry]?.samples == 6)
    #expect(found.frames[.telemetry]?.lastTime == Timestamp(milliseconds: 1_700_000_003_000))
    var next = try scratch.telemetry(rows: 1, catalogueID: id)
    next.sequence = 4
    let state = try store.commit(.with([next], cut: [.telemetry]))
    #expect(state[.telemetry].batchSamples == 8 && state.damagedFrames == 0)
    let sent = try store.batches(EpochLane(state.epoch, .telemetry), from: 1, through: 1, maximumBytes: 1 << 20)
    guard case .telemetry(_, let devices, _, _) = try BatchCodec.decode(sent.bytes[...]).content else {
      Issue.record("not telemetry")
      return
    }
    #expect(devices.first?.columns[0].bits.prefix(3) == [1, 2, 3])
    store.close()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readOnly)
    #expect(try connection.userVersion() == OutboxSchema.version)
  }

  @Test("Newest number and time of frames that were cut or are still there are known after a restart")
  func newestSurvives() throws {
    var store: SQLiteOutbox? = try scratch.open()
    let id = try #require(try store?.register(scratch.catalogue))
    let first = try scratch.telemetry(rows: 2, catalogueID: id)
    let second = try scratch.telemetry(rows: 2, catalogueID: id)
    for (frame, cut) in [(first, []), (second, []), (nil, [Lane.telemetry])] as [(PendingFrame?, [Lane])] {
      _ = try store?.commit(.with(frame.map { [$0] } ?? [], cut: cut))
      store?.close()
      store = nil
      store = try scratch.open()
      let newest = frame ?? second
      let state = try #require(try store?.state())
      #expect(state.lastFrame == newest.sequence && state.frames[.telemetry]?.lastTime == newest.lastTime)
    }
  }
}
