import AlarmStates
import BatchCodec
import Foundation
import GatewayCore
import SQLite
import Telemetry
import Testing

@testable import SQLiteOutbox

/// A store in a directory of its own, and the frames to feed it.
final class OutboxScratch {
  let directory: String
  let catalogue = Catalogue(devices: [
    DeviceDefinition(
      name: "boiler",
      tags: [
        TagDefinition(name: "supply_temp", type: .integer, unit: "°C"), TagDefinition(name: "pump", type: .boolean),
      ])
  ])
  private var nextSequence: Int64 = 1
  private var nextTime: Int64 = 1_700_000_000_000
  private var last: Int64 = 1_700_000_000_000

  init() throws {
    directory = NSTemporaryDirectory() + "fieldgate-outbox-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  var path: String { directory + "/outbox.db" }

  /// Opened; `news` gets what a person should know.
  func open(boot: String = "boot", news: inout [String]) throws -> SQLiteOutbox {
    let store = SQLiteOutbox(.machine(directory: directory, boot: boot))
    news = try store.open()
    return store
  }

  func open(boot: String = "boot") throws -> SQLiteOutbox {
    var news: [String] = []
    return try open(boot: boot, news: &news)
  }

  /// Opens it for `body` only: afterwards it can be opened again.
  func session<Result>(_ body: (SQLiteOutbox) throws -> Result) throws -> Result {
    let store = try open()
    defer { store.close() }
    return try body(store)
  }

  /// A frame of `rows` scans, with the next sequence number and ascending times.
  func telemetry(
    rows: Int, catalogueID: Int, of catalogue: Catalogue? = nil, bootTimesFrom bootTime: Int64? = nil,
    loss: LossNotice? = nil
  ) throws -> PendingFrame {
    var builder = FrameBuilder(catalogue: catalogue ?? self.catalogue)
    let tags = (catalogue ?? self.catalogue).devices[0].tags.count
    for row in 0..<rows {
      if let bootTime { nextTime = bootTime + Int64(row) * 1_000 } else { nextTime = max(nextTime, last) + 1_000 }
      if bootTime == nil { last = nextTime }
      let readings = (0..<tags).map { $0 == 0 ? Reading(.integer(nextTime % 977)) : Reading(.boolean(true)) }
      builder.append(DeviceScan(device: 0, time: Timestamp(milliseconds: nextTime), readings: readings))
    }
    if let loss { builder.append(loss) }
    defer { nextSequence += 1 }
    guard var frame = builder.frame(sequence: nextSequence, catalogueID: catalogueID) else { throw Impossible() }
    frame.hasBootTimes = bootTime != nil
    return frame
  }

  /// A store with so many batches of telemetry.
  func filled(_ batches: Int, rows: Int = 40) throws -> (store: SQLiteOutbox, state: OutboxState) {
    let store = try open()
    let id = try store.register(catalogue)
    var state = try store.state()
    for _ in 0..<batches {
      state = try store.commit(.with([try telemetry(rows: rows, catalogueID: id)], cut: [.telemetry]))
    }
    return (store, state)
  }

  func alarm(_ name: String, _ transition: AlarmEvent.Transition) -> PendingFrame {
    last += 1
    nextTime = last
    let time = Timestamp(milliseconds: nextTime)
    let event = AlarmEvent(
      time: time, alarm: name, tag: "boiler/supply_temp", transition: transition, severity: .high, value: 90,
      message: "hot")
    defer { nextSequence += 1 }
    return PendingFrame(
      sequence: nextSequence, lane: .alarms, sampleCount: 1, firstTime: time, lastTime: time,
      bytes: FrameCodec.encode([event]))
  }

  /// All batches of a row from a number on.
  func all(_ store: SQLiteOutbox, _ row: EpochLane, from number: UInt64 = 1) throws -> [Batch] {
    let found = try store.batches(row, from: number, through: .max >> 2, maximumBytes: 64 << 20)
    #expect(found.damaged == nil)
    var rest = found.bytes[...]
    var batches: [Batch] = []
    while !rest.isEmpty {
      let length = try BatchCodec.readHeader(rest).length
      batches.append(try BatchCodec.decode(rest.prefix(length)))
      rest = rest.dropFirst(length)
    }
    return batches
  }

  /// Check sums of all batches of a row.
  func checksums(_ store: SQLiteOutbox, _ row: EpochLane) throws -> [UInt32] {
    var rest = try store.batches(row, from: 1, through: .max >> 2, maximumBytes: 64 << 20).bytes[...]
    var sums: [UInt32] = []
    while !rest.isEmpty {
      let length = try BatchCodec.readHeader(rest).length
      if let sum = BatchCodec.storedChecksum(rest.prefix(length)) { sums.append(sum) }
      rest = rest.dropFirst(length)
    }
    return sums
  }

  /// The loss notices that a batch carries.
  func losses(_ batch: Batch) -> [LossNotice] {
    switch batch.content {
    case .alarms(_, let losses), .telemetry(_, _, _, let losses): losses
    }
  }

  struct Impossible: Error {}
}

extension OutboxTransaction {
  static func with(
    _ frames: [PendingFrame] = [], cut: [Lane] = [], confirmed: [EpochLane: UInt64] = [:], alarms: [String] = []
  ) -> Self {
    var transaction = Self()
    transaction.frames = frames
    transaction.cut = cut
    transaction.confirmed = confirmed
    transaction.alarms = alarms.map {
      let standing = AlarmStanding(isActive: true, isUnacknowledged: true, raises: 1)
      return SavedAlarm(
        record: AlarmRecord(name: $0, tag: "boiler/supply_temp", severity: .high, standing: standing),
        shelfRemaining: nil)
    }
    return transaction
  }
}
