import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import BatchCodec
@testable import SQLiteOutbox

@Suite struct OutboxUpgradeTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  /// Takes back what version 3 added.
  private static let fromVersion3 = """
    ALTER TABLE store DROP COLUMN owes_alarm_states;
    ALTER TABLE active_alarms DROP COLUMN checksum;
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

  @Test("A store of version 2 is opened as it is, and owes no alarm states")
  func upgradeFrom2() throws {
    var store: SQLiteOutbox? = try scratch.open()
    let before = try store?.commit(.with([scratch.alarm("hot", .raised)], cut: [.alarms], alarms: ["hot"]))
    store?.close()
    store = nil
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute(Self.fromVersion3)
    try connection.setUserVersion(2)
    connection.close()
    var news: [String] = []
    let state = try scratch.open(news: &news).state()
    #expect(news.isEmpty && state.epoch == before?.epoch && state.activeAlarms == ["hot"] && !state.owesAlarmStates)
  }

  @Test("A store of version 1 is opened with its backlog, goes on, and is of version 3 then")
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
    #expect(try connection.userVersion() == 3)
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
