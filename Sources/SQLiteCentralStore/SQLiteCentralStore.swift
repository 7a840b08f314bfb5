import BatchCodec
public import CentralCore
import SQLite
public import Telemetry

/// Central's embedded store: one SQLite file, `central.db`, with batches as they came and an index over them.
///
/// This is the one connection that writes. Readers use ``SQLiteCentralReader``.
public final class SQLiteCentralStore: CentralStore {
  public static let fileName = "central.db"

  let connection: SQLiteConnection
  /// Row ids, which never change; filled as they are met. A fleet of 10,000 gateways with 20 devices takes some 20 MB.
  var gatewayIDs: [String: Int64] = [:]
  var laneIDs: [LaneKey: Int64] = [:]
  /// With the longest time that the rows of one batch span.
  var deviceIDs: [DeviceKey: (id: Int64, longest: Duration)] = [:]
  /// Gateways that the transaction under way has touched: when they were last seen is written once in it.
  var seen: Set<String> = []

  struct DeviceKey: Hashable {
    var gateway: Int64
    var name: String
  }

  /// - Parameter directory: must exist.
  /// - Parameter vfs: SQLite's file system; nil for the machine's own.
  public init(directory: String, vfs: String? = nil) throws(CentralStoreError) {
    do {
      try SQLiteLog.makeDurable(database: "\(directory)/\(Self.fileName)", vfs: vfs)
      connection = try SQLiteConnection(path: "\(directory)/\(Self.fileName)", mode: .readWrite, vfs: vfs)
      try connection.applyWriterPragmas(.init(autocheckpointPages: 4_000, cacheKibibytes: 16_384))
      // What an earlier process wrote without a sync is in the page cache only: nothing may be confirmed, and no later commit
      // stand behind it, before it is on the disk.
      try connection.checkpoint(.truncate)
      try CentralSchema.prepare(connection)
    } catch {
      throw CentralStoreError("store in \(directory): \(error)")
    }
  }

  public func close() { connection.close() }

  public func head(_ key: LaneKey) throws(CentralStoreError) -> LaneHead {
    do {
      let search = try connection.statement(
        """
        SELECT position FROM lanes JOIN gateways ON gateways.id = lanes.gateway
        WHERE gateways.name = ?1 AND epoch = ?2 AND lane = ?3
        """)
      try bind(search, key)
      let position = UInt64(clamping: try search.firstRow { $0.int64(0) } ?? 0)
      guard position > 0 else { return .empty }
      return LaneHead(position: position, checksum: try checksum(key, number: position))
    } catch let error as CentralStoreError {
      throw error
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }

  public func checksum(_ key: LaneKey, number: UInt64) throws(CentralStoreError) -> UInt32? {
    do {
      let search = try connection.statement(
        """
        SELECT batches.bytes, first_number FROM batches JOIN lanes ON lanes.id = batches.lane
          JOIN gateways ON gateways.id = lanes.gateway
        WHERE gateways.name = ?1 AND lanes.epoch = ?2 AND lanes.lane = ?3 AND number >= ?4 ORDER BY number LIMIT 1
        """)
      try bind(search, key)
      try search.bind(4, Int64(number))
      let found = try search.firstRow { ($0.blob(0), UInt64(clamping: $0.int64(1))) }
      guard let (bytes, first) = found, first <= number else { return nil }
      return BatchCodec.storedChecksum(bytes[...])
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }

  private func bind(_ statement: SQLiteStatement, _ key: LaneKey) throws {
    try statement.bind(1, key.gateway)
    try statement.bind(2, key.epoch.description)
    try statement.bind(3, Int64(key.lane.rawValue))
  }

  public func commit(_ group: IngestMachine.Group, received: Timestamp) throws(CentralStoreError) {
    seen.removeAll()
    do {
      try connection.transaction {
        for (key, batch) in group.batches { try insert(batch, key, received: received) }
      }
    } catch {
      // Ids that the failed transaction gave out may not exist.
      gatewayIDs.removeAll()
      laneIDs.removeAll()
      deviceIDs.removeAll()
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }
}
