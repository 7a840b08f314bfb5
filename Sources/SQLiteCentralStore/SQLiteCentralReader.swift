import BatchCodec
public import CentralCore
import SQLite
public import Telemetry

/// Answers queries from central's store over a connection of its own that never writes. Belongs to one thread.
public final class SQLiteCentralReader: CentralQueries {
  let connection: SQLiteConnection

  public init(directory: String, vfs: String? = nil) throws(CentralStoreError) {
    do {
      connection = try SQLiteConnection(path: "\(directory)/\(SQLiteCentralStore.fileName)", mode: .readOnly, vfs: vfs)
      try CentralSchema.check(connection)
    } catch {
      throw CentralStoreError("store in \(directory): \(error)")
    }
  }

  public func close() { connection.close() }

  func read<Result>(_ body: () throws -> Result) throws(CentralStoreError) -> Result {
    do {
      return try connection.snapshot(body)
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }

  public func gateways() throws(CentralStoreError) -> [GatewayOverview] {
    try read {
      var found: [GatewayOverview] = []
      let list = try connection.statement(
        """
        SELECT id, name, first_seen_ms, last_seen_ms,
          (SELECT count(*) FROM devices WHERE gateway = g.id),
          (SELECT count(*) FROM tags JOIN devices ON devices.id = tags.device WHERE devices.gateway = g.id),
          (SELECT count(*) FROM alarm_states WHERE gateway = g.id AND is_active),
          (SELECT count(*) FROM losses WHERE gateway = g.id),
          (SELECT count(*) FROM alarm_states WHERE gateway = g.id AND is_unacknowledged)
        FROM gateways g ORDER BY name
        """)
      try list.forEachRow { row in
        var overview = GatewayOverview(
          name: row.text(1), firstSeen: Timestamp(milliseconds: row.int64(2)),
          lastSeen: Timestamp(milliseconds: row.int64(3)), devices: row.int(4), tags: row.int(5),
          activeAlarms: row.int(6), lanes: try lanes(of: row.int64(0)))
        overview.losses = row.int(7)
        overview.unacknowledgedAlarms = row.int(8)
        found.append(overview)
        return true
      }
      return found
    }
  }

  private func lanes(of gateway: Int64) throws -> [GatewayOverview.LanePosition] {
    var lanes: [GatewayOverview.LanePosition] = []
    let list = try connection.statement(
      "SELECT epoch, lane, position, newest_ms, records, bytes FROM lanes WHERE gateway = ?1 ORDER BY id")
    try list.bind(1, gateway)
    try list.forEachRow { row in
      if let epoch = Epoch(text: row.text(0)), let lane = Lane(rawValue: UInt8(clamping: row.int(1))) {
        let position = UInt64(clamping: row.int64(2))
        lanes.append(
          .init(
            epoch: epoch, lane: lane, position: position,
            newest: position > 0 ? Timestamp(milliseconds: row.int64(3)) : nil, batches: Int(position),
            records: row.int(4), bytes: row.int(5)))
      }
      return true
    }
    return lanes
  }

  public func epochSpans(gateway: String) throws(CentralStoreError) -> (lastSeen: Timestamp?, spans: [EpochSpan]) {
    try read {
      let seen = try connection.statement("SELECT last_seen_ms FROM gateways WHERE name = ?1")
      try seen.bind(1, gateway)
      guard let id = try gatewayID(gateway) else { return (nil, []) }
      let lastSeen = try seen.firstRow { Timestamp(milliseconds: $0.int64(0)) }
      let search = try connection.statement(
        """
        SELECT epoch, newest_ms, (
          SELECT first_ms FROM batches
          WHERE batches.lane = lanes.id AND first_ms >= 1000000000000 ORDER BY number LIMIT 1)
        FROM lanes WHERE gateway = ?1 AND lane = ?2 AND records > 0
        """)
      try search.bind(1, id)
      try search.bind(2, Int(Lane.telemetry.rawValue))
      var spans: [EpochSpan] = []
      try search.forEachRow { row in
        if let epoch = Epoch(text: row.text(0)), !row.isNull(2) {
          spans.append(
            EpochSpan(
              epoch: epoch, first: Timestamp(milliseconds: row.int64(2)), last: Timestamp(milliseconds: row.int64(1))))
        }
        return true
      }
      return (lastSeen, spans)
    }
  }

  func gatewayID(_ name: String) throws -> Int64? {
    let search = try connection.statement("SELECT id FROM gateways WHERE name = ?1")
    try search.bind(1, name)
    return try search.firstRow { $0.int64(0) }
  }

  public func latest(gateway: String) throws(CentralStoreError) -> [LatestValue]? {
    try read {
      guard let id = try gatewayID(gateway) else { return nil }
      var found: [LatestValue] = []
      let list = try connection.statement(
        """
        SELECT devices.name, tags.name, type, multiplier, offset, decimals, unit, time_ms, bits, quality, text, definition
        FROM tags JOIN devices ON devices.id = tags.device WHERE devices.gateway = ?1
        ORDER BY devices.name, tags.position, tags.name
        """)
      try list.bind(1, id)
      try list.forEachRow { row in
        let scaling = Scaling(multiplier: row.int64(3), offset: row.int64(4), decimals: row.int(5)) ?? .identity
        var tag = TagDefinition(
          name: row.text(1), type: ValueType(rawValue: UInt8(clamping: row.int(2))) ?? .integer, scaling: scaling,
          unit: row.text(6))
        if !row.isNull(11) {
          tag.names = try CatalogueCodec.decodeDevice(row.blob(11)).tags.first?.names ?? []
        }
        found.append(
          LatestValue(
            device: row.text(0), tag: tag, time: Timestamp(milliseconds: row.int64(7)),
            reading: Reading(bits: row.int64(8), quality: Quality(rawValue: UInt8(clamping: row.int(9)))),
            text: row.isNull(10) ? nil : row.text(10)))
        return true
      }
      return found
    }
  }

  public func samples(
    gateway: String, device: String, tag: String, from: Timestamp, until: Timestamp, limit: Int
  ) throws(CentralStoreError) -> [Sample]? {
    try read {
      let search = try connection.statement(
        """
        SELECT devices.id, longest_ms FROM devices JOIN gateways ON gateways.id = devices.gateway
        WHERE gateways.name = ?1 AND devices.name = ?2
          AND EXISTS (SELECT 1 FROM tags WHERE device = devices.id AND name = ?3)
        """)
      try search.bind(1, gateway)
      try search.bind(2, device)
      try search.bind(3, tag)
      guard let (id, longest) = try search.firstRow({ ($0.int64(0), $0.int64(1)) }) else { return nil }
      var samples: [Sample] = []
      // A batch may begin before the range and reach into it, but by no more than the longest one lasts.
      let list = try connection.statement(
        """
        SELECT bytes FROM device_batches JOIN batches ON batches.id = device_batches.batch
        WHERE device = ?1 AND device_batches.first_ms >= ?2 AND device_batches.first_ms < ?3
          AND device_batches.last_ms >= ?4 ORDER BY device_batches.first_ms, device_batches.batch
        """)
      try list.bind(1, id)
      try list.bind(2, from.milliseconds.subtractingReportingOverflow(longest).partialValue)
      try list.bind(3, until.milliseconds)
      try list.bind(4, from.milliseconds)
      try list.forEachRow { row in
        let batch = try BatchCodec.decode(row.blob(0)[...])
        Self.collect(batch, device, tag, from..<until, limit: limit, into: &samples)
        return samples.count < limit
      }
      return samples
    }
  }
}
