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
  var deviceIDs: [DeviceKey: Int64] = [:]

  struct DeviceKey: Hashable {
    var gateway: Int64
    var name: String
  }

  /// - Parameter directory: must exist.
  public init(directory: String) throws(CentralStoreError) {
    do {
      connection = try SQLiteConnection(path: "\(directory)/\(Self.fileName)", mode: .readWrite)
      try connection.applyWriterPragmas(.init(autocheckpointPages: 4_000, cacheKibibytes: 16_384))
      try CentralSchema.prepare(connection)
    } catch {
      throw CentralStoreError("store in \(directory): \(error)")
    }
  }

  public func close() { connection.close() }

  public func position(_ key: LaneKey) throws(CentralStoreError) -> UInt64 {
    do {
      let search = try connection.statement(
        """
        SELECT position FROM lanes JOIN gateways ON gateways.id = lanes.gateway
        WHERE gateways.name = ?1 AND epoch = ?2 AND lane = ?3
        """)
      try search.bind(1, key.gateway)
      try search.bind(2, key.epoch.description)
      try search.bind(3, Int64(key.lane.rawValue))
      return UInt64(try search.firstRow { $0.int64(0) } ?? 0)
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }

  public func commit(_ group: IngestMachine.Group, received: Timestamp) throws(CentralStoreError) {
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
