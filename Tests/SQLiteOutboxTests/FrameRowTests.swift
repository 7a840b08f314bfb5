import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import BatchCodec
@testable import SQLiteOutbox

@Suite("What stands beside a frame in its row")
struct FrameRowTests {
  let scratch: OutboxScratch

  init() throws { scratch = try OutboxScratch() }

  /// Five telemetry frames, and one of alarms behind the third.
  private func prepare() throws -> OutboxState {
    try scratch.session { store in
      let id = try store.register(scratch.catalogue)
      for number in 1...5 {
        _ = try store.commit(.with([try scratch.telemetry(rows: 2, catalogueID: id)]))
        if number == 3 { _ = try store.commit(.with([scratch.alarm("hot", .raised)], alarms: ["hot"])) }
      }
      return try store.state()
    }
  }

  /// Times of all scans that were cut of the frames, in the order of the batch.
  private func cutTimes(_ store: SQLiteOutbox) throws -> [Timestamp] {
    let state = try store.commit(.with(cut: [.telemetry]))
    let found = try store.batches(
      EpochLane(state.epoch, .telemetry), from: 1, through: 1, maximumBytes: 1 << 20)
    guard case .telemetry(_, let devices, _, _) = try BatchCodec.decode(found.bytes[...]).content else { return [] }
    return devices.flatMap(\.times)
  }

  private func expectAllThere(_ before: OutboxState, because words: String?) throws {
    var news: [String] = []
    let store = try scratch.open(news: &news)
    defer { store.close() }
    #expect(news.count == (words == nil ? 0 : 1) && news.allSatisfy { $0.contains(words ?? "") }, "\(news)")
    let after = try store.state()
    #expect(after.samples(.telemetry) == before.samples(.telemetry))
    #expect(after.activeAlarms == ["hot"])
    #expect(after.frames[.telemetry]?.oldestTime == before.frames[.telemetry]?.oldestTime)
    #expect(after.frames[.telemetry]?.lastTime == before.frames[.telemetry]?.lastTime)
    let times = try cutTimes(store)
    #expect(times.count == 10 && times == times.sorted() && Set(times).count == 10)
  }

  @Test(
    "Is compared when the frame is cut, too: the file is taken over before anything rests on it",
    arguments: [
      "samples = 5", "first_ms = first_ms + 4", "last_ms = last_ms + 35184372088832", "catalogue = 5", "boot = 0",
    ])
  func whileInUse(_ change: String) throws {
    let before = try prepare()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    let disk = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try disk.execute("PRAGMA foreign_keys = OFF; UPDATE frames SET \(change) WHERE sequence = 3")
    disk.close()
    // A frame of another catalogue goes into a batch of its own.
    let isAlone = change.hasPrefix("catalogue")
    if isAlone { _ = try store.commit(.with(cut: [.telemetry])) }
    let error = #expect(throws: OutboxStoreError.self) { try store.commit(.with(cut: [.telemetry])) }
    #expect(error?.kind == .damaged)
    guard !isAlone else {
      #expect(try store.open().count == 1)
      let after = try store.state()
      return #expect(after.samples(.telemetry) == before.samples(.telemetry) && after.damagedFrames == 0)
    }
    try expectTakenOver(before, store)
  }

  @Test(
    "A newest time or number that no frame was given is not believed when the state is read anew",
    arguments: ["last_ms = last_ms + 35184372088832", "sequence = sequence + 1024"])
  func readAnew(_ change: String) throws {
    let before = try prepare()
    var news: [String] = []
    let store = try scratch.open(news: &news)
    let disk = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try disk.execute("UPDATE frames SET \(change) WHERE sequence = \(before.lastFrame)")
    disk.close()
    // A call that failed: what is known of the store is read again.
    #expect(throws: OutboxStoreError.self) {
      try store.commit(.with(confirmed: [EpochLane(before.epoch, .telemetry): 9]))
    }
    let error = #expect(throws: OutboxStoreError.self) { try store.state() }
    #expect(error?.kind == .damaged)
    try expectTakenOver(before, store)
  }

  /// The store that found damage opens again, with all there.
  private func expectTakenOver(_ before: OutboxState, _ store: SQLiteOutbox) throws {
    #expect(try store.open().count == 1)
    let after = try store.state()
    #expect(after.samples(.telemetry) == before.samples(.telemetry))
    #expect(after.frames[.telemetry]?.lastTime == before.frames[.telemetry]?.lastTime)
    let times = try cutTimes(store)
    #expect(times.count == 10 && times == times.sorted() && Set(times).count == 10)
  }

  @Test("Is as the frame says in an undamaged store, of frames, notices and events alike")
  func undamaged() throws {
    try expectAllThere(try prepare(), because: nil)
  }

  @Test("A frame whose second event has an earlier time, and one that holds nothing but a notice, are sound")
  func unusual() throws {
    let notice = try scratch.session { store in
      let times = [20, 10].map { Timestamp(milliseconds: 1_700_000_000_000 + $0) }
      let events = times.map {
        AlarmEvent(
          time: $0, alarm: "hot", tag: "boiler/supply_temp", transition: .raised, severity: .high, value: 1, message: ""
        )
      }
      let alarms = PendingFrame(
        sequence: 1, lane: .alarms, sampleCount: 2, firstTime: times[0], lastTime: times[1],
        bytes: FrameCodec.encode(events))
      var builder = FrameBuilder(catalogue: scratch.catalogue)
      builder.append(LossNotice(reason: .memoryFull, lane: .telemetry, samples: 4))
      let id = try store.register(scratch.catalogue)
      let notice = try #require(builder.frame(sequence: 2, catalogueID: id, time: times[0]))
      let untold = LossNotice(
        reason: .memoryFull, lane: .alarms, firstTime: times[1], lastTime: times[0], samples: 7)
      let unheard = PendingFrame(
        sequence: 3, lane: .alarms, sampleCount: 0, firstTime: times[1], lastTime: times[0],
        bytes: FrameCodec.encode([], losses: [untold]))
      _ = try store.commit(.with([alarms, notice, unheard]))
      return notice
    }
    var news: [String] = []
    let store = try scratch.open(news: &news)
    let state = try store.state()
    #expect(news.isEmpty && state.frames[.alarms]?.samples == 2)
    #expect(state.frames[.telemetry]?.lastTime == notice.lastTime)
    // What they tell of is counted when they are cut, and central will forget the states of alarms.
    #expect(state.lost.isEmpty && !state.owesAlarmStates)
    let cut = try store.commit(.with(cut: [.alarms, .telemetry]))
    #expect(cut.lost == [.memoryFull: 11] && cut.owesAlarmStates)
    // Nothing else ever stood under their numbers: a copied gateway's batch is told from them.
    for lane in Lane.allCases { #expect(try store.checksum(EpochLane(cut.epoch, lane), number: 1) != nil) }
    #expect(try store.checksum(EpochLane(Epoch(high: 7, low: 7), .alarms), number: 1) == nil && store.isOpen)
  }

  @Test(
    "Is compared with the frame when the store is opened, and put right",
    arguments: [
      "lane = 3", "lane = 0", "boot = 0", "catalogue = 5", "catalogue = NULL", "samples = 5", "first_ms = first_ms + 4",
      "last_ms = last_ms + 35184372088832", "last_ms = first_ms - 1",
    ])
  func columns(_ change: String) throws {
    let before = try prepare()
    let connection = try SQLiteConnection(path: scratch.path, mode: .readWrite)
    try connection.execute("PRAGMA foreign_keys = OFF; UPDATE frames SET \(change) WHERE sequence = 3")
    connection.close()
    try expectAllThere(before, because: "not as the frame says")
  }

  @Test(
    "A number that changed on the disk is told by its place in the table: nothing is lost or goes behind newer frames",
    arguments: [(1, 65), (2, 6), (2, 3), (3, 1), (5, 13), (6, 2), (5, 4)] as [(UInt8, UInt8)])
  func numbers(old: UInt8, new: UInt8) throws {
    let before = try prepare()
    var row = try StoredRow("frames", old, path: scratch.path)
    try row.setNumber(new)
    try expectAllThere(before, because: "out of order")
  }

  @Test("Numbers in order are kept; others get the one behind their neighbour's")
  func numbered() {
    let cases: [([Int64], [Int64])] = [
      ([1, 2, 3], [1, 2, 3]), ([4, 7, 9], [4, 7, 9]), ([78, 95, 80, 81], [78, 79, 80, 81]),
      ([70, 71, 8, 73], [70, 71, 72, 73]), ([9, 2, 3], [1, 2, 3]), ([5, 5, 6], [1, 5, 6]), ([], []),
    ]
    for (numbers, expected) in cases {
      let rows = numbers.map {
        FrameRow(
          sequence: $0, lane: .telemetry, catalogue: 1, boot: nil, samples: 0, first: Timestamp(milliseconds: 0),
          last: Timestamp(milliseconds: 0), bytes: [])
      }
      let result = FrameRow.numbered(rows).map(\.sequence)
      #expect(result == expected, "\(numbers): \(result)")
    }
  }
}
