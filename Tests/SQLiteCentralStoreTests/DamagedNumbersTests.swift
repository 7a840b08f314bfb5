import CentralCore
import Foundation
import SQLite
import SampleTelemetry
import Telemetry
import Testing

@testable import SQLiteCentralStore

/// SQLite does not notice a number that a failing disk made another one: central answers with what it has, or with an error,
/// and goes on.
@Suite("Numbers in central's store that changed on the disk")
struct DamagedNumbersTests {
  private static let places = [
    "gateways.first_seen_ms", "gateways.last_seen_ms", "lanes.lane", "lanes.position", "lanes.newest_ms",
    "lanes.records", "lanes.bytes", "batches.lane", "batches.first_number", "batches.number", "batches.records",
    "batches.first_ms", "batches.last_ms", "batches.received_ms", "devices.longest_ms", "tags.position", "tags.type",
    "tags.multiplier", "tags.offset", "tags.decimals", "tags.time_ms", "tags.bits", "tags.quality",
    "device_batches.first_ms", "device_batches.last_ms", "alarm_events.time_ms", "alarm_events.transition",
    "alarm_events.severity", "losses.received_ms", "losses.reason", "losses.lane", "losses.first_number",
    "losses.last_number", "losses.first_ms", "losses.last_ms", "losses.samples", "losses.more_devices",
    "alarm_states.is_active", "alarm_commands.action", "alarm_commands.seconds", "alarm_commands.created_ms",
  ]

  private func fill(_ directory: String) throws {
    let store = try SQLiteCentralStore(directory: directory)
    for lane in Lane.allCases {
      let key = BatchFactory.key(lane: lane)
      var group = IngestMachine.Group()
      for number in UInt64(1)...3 { group.batches.append((key, try BatchFactory.batch(key, number))) }
      group.heads[key] = LaneHead(position: 3, checksum: nil)
      try store.commit(group, received: Timestamp(milliseconds: 1_800_000_000_000))
    }
    store.close()
    let connection = try SQLiteConnection(path: "\(directory)/\(SQLiteCentralStore.fileName)", mode: .readWrite)
    try connection.execute(
      """
      INSERT INTO losses(gateway, batch, received_ms, reason, lane, epoch, first_number, last_number, first_ms, last_ms,
        samples, devices, more_devices, detail)
      SELECT gateways.id, batches.id, 1, 1, 2, '0123456789abcdef0123456789abcdef', 2, 3, 4, 5, 6, 'boiler', 0, 'full'
      FROM gateways, batches LIMIT 1
      """)
    connection.close()
  }

  /// Where another row or a rule of the table is in the way, there is nothing to try.
  private static func change(_ sql: String, in connection: SQLiteConnection) throws {
    do {
      try connection.execute(sql)
    } catch {
      guard (error as? SQLiteError)?.category == .constraint else { throw error }
    }
  }

  /// Everything that asks the store; each may fail with its error.
  private func useAll(_ directory: String) {
    let ages = (Timestamp(milliseconds: 0), Timestamp(milliseconds: 4_000_000_000_000))
    if let reader = try? SQLiteCentralReader(directory: directory) {
      _ = try? reader.gateways()
      _ = try? reader.epochSpans(gateway: "barn")
      _ = try? reader.latest(gateway: "barn")
      _ = try? reader.samples(
        gateway: "barn", device: "boiler", tag: "count", from: ages.0, until: ages.1, limit: 100)
      _ = try? reader.alarmEvents(gateway: nil, from: ages.0, until: ages.1, limit: 100)
      _ = try? reader.alarmStates(gateway: nil)
      _ = try? reader.losses(gateway: nil, limit: 100)
      reader.close()
    }
    guard let store = try? SQLiteCentralStore(directory: directory) else { return }
    _ = try? store.commands()
    for lane in Lane.allCases {
      let key = BatchFactory.key(lane: lane)
      let position = (try? store.head(key).position) ?? 0
      for number in [0, 1, 3, 4, UInt64(Int64.max)] { _ = try? store.checksum(key, number: number) }
      guard position < 1 << 41, let next = try? BatchFactory.batch(key, position + 1) else { continue }
      var group = IngestMachine.Group()
      group.batches = [(key, next)]
      group.heads[key] = LaneHead(position: position + 1, checksum: nil)
      try? store.commit(group, received: Timestamp(milliseconds: 1_800_000_000_001))
    }
    store.close()
    _ = try? StoreVerification(directory: directory)
  }

  @Test("Never end central, and another gateway is served", arguments: places)
  func goesOn(_ place: String) throws {
    let (table, column) = (String(place.prefix { $0 != "." }), String(place.drop { $0 != "." }.dropFirst()))
    for value in [-1, .min, 0, 300, 1 << 40, .max] as [Int64] {
      let directory = NSTemporaryDirectory() + "fieldgate-central-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      try fill(directory)
      let connection = try SQLiteConnection(path: "\(directory)/\(SQLiteCentralStore.fileName)", mode: .readWrite)
      try connection.execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
      let text = value == .min ? "-9223372036854775808" : "\(value)"
      try Self.change(
        "UPDATE \(table) SET \(column) = \(text) WHERE \(column) IS (SELECT max(\(column)) FROM \(table))",
        in: connection)
      connection.close()
      for _ in 0..<2 { useAll(directory) }
      let store = try SQLiteCentralStore(directory: directory)
      let other = BatchFactory.key("mill")
      var group = IngestMachine.Group()
      group.batches = [(other, try BatchFactory.batch(other, 1))]
      try store.commit(group, received: Timestamp(milliseconds: 1_800_000_000_002))
      #expect(try store.head(other).position == 1, "\(place) = \(value)")
    }
  }
}
