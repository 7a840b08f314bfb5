import BatchCodec
import CentralCore
import SQLite
import Telemetry

/// What one batch changes, inside the transaction of its group.
extension SQLiteCentralStore {
  func insert(_ received: ReceivedBatch, _ key: LaneKey, received time: Timestamp) throws {
    let gateway = try gatewayID(key.gateway, time: time)
    let lane = try laneID(key, gateway: gateway)
    let header = received.header
    try advance(lane, to: received, time: time)
    let insert = try connection.statement(
      """
      INSERT INTO batches(lane, first_number, number, records, first_ms, last_ms, received_ms, bytes)
      VALUES (?1, ?8, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    try insert.bind(1, lane)
    try insert.bind(2, Int64(header.number))
    try insert.bind(3, header.recordCount)
    try insert.bind(4, header.firstTime.milliseconds)
    try insert.bind(5, header.lastTime.milliseconds)
    try insert.bind(6, time.milliseconds)
    try insert.bind(8, Int64(header.firstNumber))
    try received.bytes.withUnsafeBytes {
      try insert.bind(7, borrowing: $0)
      try insert.run()
    }
    let batch = connection.lastInsertRowID
    switch received.summary.content {
    case .telemetry(let catalogue, let blocks, let losses):
      for block in blocks { try index(block, catalogue.devices[block.device].name, gateway: gateway, batch: batch) }
      for news in received.news {
        let device = catalogue.devices[news.device]
        guard let id = deviceIDs[DeviceKey(gateway: gateway, name: device.name)]?.id else { continue }
        try remember(device.tags[news.tag], news.tag, of: id, news.reading, text: news.text, at: news.time)
      }
      for loss in losses { try store(loss, header, gateway: gateway, batch: batch, time: time) }
    case .alarms(let events, let losses):
      if header.beginsAlarmStates(losses: losses) { try forgetAlarmStates(gateway: gateway) }
      for event in events { try store(event, gateway: gateway, batch: batch) }
      for loss in losses { try store(loss, header, gateway: gateway, batch: batch, time: time) }
    }
  }

  private func store(
    _ loss: LossNotice, _ header: BatchHeader, gateway: Int64, batch: Int64, time: Timestamp
  ) throws {
    let insert = try connection.statement(
      """
      INSERT INTO losses(gateway, batch, received_ms, reason, lane, epoch, first_number, last_number, first_ms, last_ms,
        samples, devices, more_devices, detail)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
      """)
    try insert.bind(1, gateway)
    try insert.bind(2, batch)
    try insert.bind(3, time.milliseconds)
    try insert.bind(4, Int64(loss.reason.rawValue))
    try insert.bind(5, Int64(loss.lane.rawValue))
    try insert.bind(6, (loss.epoch ?? header.epoch).description)
    let optional = [
      loss.numbers.map { Int64(clamping: $0.lowerBound) }, loss.numbers.map { Int64(clamping: $0.upperBound) },
      loss.firstTime?.milliseconds, loss.lastTime?.milliseconds, loss.samples.map { Int64(clamping: $0) },
    ]
    for (index, value) in optional.enumerated() {
      if let value { try insert.bind(7 + index, value) } else { try insert.bindNull(7 + index) }
    }
    try insert.bind(12, loss.devices.joined(separator: "\n"))
    try insert.bind(13, loss.moreDevices)
    try insert.bind(14, loss.detail)
    try insert.run()
  }

  /// Moves the position by exactly what the batch stands for. The condition is checked in the database as well as in the machine, because this
  /// is what exactly-once rests on.
  private func advance(_ lane: Int64, to received: ReceivedBatch, time: Timestamp) throws {
    let header = received.header
    let update = try connection.statement(
      """
      UPDATE lanes SET position = ?2, newest_ms = max(newest_ms, ?3), records = records + ?4, bytes = bytes + ?5
      WHERE id = ?1 AND position >= ?6 - 1 AND position < ?2
      """)
    try update.bind(1, lane)
    try update.bind(2, Int64(header.number))
    try update.bind(3, header.lastTime.milliseconds)
    try update.bind(4, header.recordCount)
    try update.bind(5, received.bytes.count)
    try update.bind(6, Int64(header.firstNumber))
    try update.run()
    guard connection.changes == 1 else {
      throw CentralStoreError("batch \(header.number) is not the next of its lane")
    }
  }

  private func gatewayID(_ name: String, time: Timestamp) throws -> Int64 {
    if let known = gatewayIDs[name], seen.contains(name) { return known }
    seen.insert(name)
    let upsert = try connection.statement(
      """
      INSERT INTO gateways(name, first_seen_ms, last_seen_ms) VALUES (?1, ?2, ?2)
      ON CONFLICT(name) DO UPDATE SET last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)
      """)
    try upsert.bind(1, name)
    try upsert.bind(2, time.milliseconds)
    try upsert.run()
    if let known = gatewayIDs[name] { return known }
    let search = try connection.statement("SELECT id FROM gateways WHERE name = ?1")
    try search.bind(1, name)
    let id = try search.firstRow { $0.int64(0) } ?? 0
    gatewayIDs[name] = id
    return id
  }

  private func laneID(_ key: LaneKey, gateway: Int64) throws -> Int64 {
    if let known = laneIDs[key] { return known }
    let insert = try connection.statement(
      """
      INSERT INTO lanes(gateway, epoch, lane, position, newest_ms, records, bytes) VALUES (?1, ?2, ?3, 0, 0, 0, 0)
      ON CONFLICT DO NOTHING
      """)
    let search = try connection.statement("SELECT id FROM lanes WHERE gateway = ?1 AND epoch = ?2 AND lane = ?3")
    for statement in [insert, search] {
      try statement.bind(1, gateway)
      try statement.bind(2, key.epoch.description)
      try statement.bind(3, Int64(key.lane.rawValue))
    }
    try insert.run()
    let id = try search.firstRow { $0.int64(0) } ?? 0
    laneIDs[key] = id
    return id
  }

  /// Notes that a batch has rows of a device in a range of time.
  private func index(_ block: BatchSummary.Block, _ device: String, gateway: Int64, batch: Int64) throws {
    let id = try deviceID(device, gateway: gateway, span: block.lastTime - block.firstTime)
    let insert = try connection.statement(
      """
      INSERT INTO device_batches VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms)
      """)
    try insert.bind(1, id)
    try insert.bind(2, block.firstTime.milliseconds)
    try insert.bind(3, batch)
    try insert.bind(4, block.lastTime.milliseconds)
    try insert.run()
  }

  /// - Parameter span: of the rows in a batch; the device's row remembers the longest, which tells queries how far back to
  ///   look.
  private func deviceID(_ name: String, gateway: Int64, span: Duration) throws -> Int64 {
    let key = DeviceKey(gateway: gateway, name: name)
    if let known = deviceIDs[key], known.longest >= span { return known.id }
    let upsert = try connection.statement(
      """
      INSERT INTO devices(gateway, name, longest_ms) VALUES (?1, ?2, ?3)
      ON CONFLICT DO UPDATE SET longest_ms = max(longest_ms, excluded.longest_ms) RETURNING id, longest_ms
      """)
    try upsert.bind(1, gateway)
    try upsert.bind(2, name)
    try upsert.bind(3, span.wholeMilliseconds)
    let known = try upsert.firstRow { (id: $0.int64(0), longest: Duration.milliseconds($0.int64(1))) }
    guard let known else { throw CentralStoreError("the device \(name) has no row") }
    deviceIDs[key] = known
    return known.id
  }

  private func remember(
    _ tag: TagDefinition, _ position: Int, of device: Int64, _ reading: Reading, text: String?, at time: Timestamp
  ) throws {
    // Batches of an older epoch may arrive after those of a newer one; the latest value goes by time.
    let upsert = try connection.statement(
      """
      INSERT INTO tags VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
      ON CONFLICT DO UPDATE SET position = excluded.position, type = excluded.type, multiplier = excluded.multiplier,
        offset = excluded.offset, decimals = excluded.decimals, unit = excluded.unit, time_ms = excluded.time_ms,
        bits = excluded.bits, quality = excluded.quality, text = excluded.text, definition = excluded.definition
      WHERE excluded.time_ms >= time_ms
      """)
    try upsert.bind(1, device)
    try upsert.bind(2, tag.name)
    try upsert.bind(3, position)
    try upsert.bind(4, Int64(tag.type.rawValue))
    try upsert.bind(5, tag.scaling.multiplier)
    try upsert.bind(6, tag.scaling.offset)
    try upsert.bind(7, tag.scaling.decimals)
    try upsert.bind(8, tag.unit)
    try upsert.bind(9, time.milliseconds)
    try upsert.bind(10, reading.bits)
    try upsert.bind(11, Int64(reading.quality.rawValue))
    if let text, tag.type == .text { try upsert.bind(12, text) } else { try upsert.bindNull(12) }
    if tag.names.isEmpty {
      try upsert.bindNull(13)
      return try upsert.run()
    }
    let definition = CatalogueCodec.encode(DeviceDefinition(name: "", tags: [tag]))
    try definition.withUnsafeBytes {
      try upsert.bind(13, borrowing: $0)
      try upsert.run()
    }
  }

  /// Otherwise an alarm whose rule was removed meanwhile, which nobody tells of any more, would be active for ever.
  private func forgetAlarmStates(gateway: Int64) throws {
    let delete = try connection.statement("DELETE FROM alarm_states WHERE gateway = ?1")
    try delete.bind(1, gateway)
    try delete.run()
  }

  private func store(_ event: AlarmEvent, gateway: Int64, batch: Int64) throws {
    let insert = try connection.statement(
      """
      INSERT INTO alarm_events(gateway, batch, time_ms, alarm, tag, transition, severity, value, message)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """)
    try insert.bind(1, gateway)
    try insert.bind(2, batch)
    try insert.bind(3, event.time.milliseconds)
    try insert.bind(4, event.alarm)
    try insert.bind(5, event.tag)
    try insert.bind(6, Int64(event.transition.rawValue))
    try insert.bind(7, Int64(event.severity.rawValue))
    if let value = event.value { try insert.bind(8, value) } else { try insert.bindNull(8) }
    try insert.bind(9, event.message)
    try insert.run()
    // A write is an event, but no state of an alarm.
    guard event.transition != .written else { return }
    let upsert = try connection.statement(
      """
      INSERT INTO alarm_states VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO UPDATE SET event = excluded.event, is_active = excluded.is_active
      """)
    try upsert.bind(1, gateway)
    try upsert.bind(2, event.alarm)
    try upsert.bind(3, connection.lastInsertRowID)
    try upsert.bind(4, event.transition == .raised ? 1 : 0)
    try upsert.run()
  }
}
