import BatchCodec
public import GatewayCore
import SQLite
public import Telemetry

/// What is shown of the stored telemetry. Nothing is changed.
extension SQLiteOutbox {
  /// Batches outside of the wanted time that one call passes over: each is a page of the file.
  private static let maximumPassed = 64

  public func telemetry(
    after position: StoredTelemetryPosition, in range: Range<Timestamp>, maximumBytes: Int
  ) throws(OutboxStoreError) -> StoredTelemetryPart? {
    try attempt(outcomeUnknown: false) {
      let connection = try opened()
      if position.offset > 0, position.through == 0 {
        return try part(of: position, from: position.offset, maximumBytes, connection)
      }
      var behind = StoredTelemetryPosition()
      (behind.epoch, behind.number) = (position.epoch, position.number)
      if let part = try nextBatch(behind, range, maximumBytes, connection) { return part }
      let search = try connection.statement("SELECT min(id) FROM epochs WHERE id > ?1")
      try search.bind(1, position.epoch)
      if let epoch = try search.firstRow({ $0.isNull(0) ? nil : $0.int64(0) }) ?? nil {
        (behind.epoch, behind.number) = (epoch, 0)
        return StoredTelemetryPart(next: behind)
      }
      return try frames(after: position, maximumBytes, connection)
    }
  }

  private func nextBatch(
    _ position: StoredTelemetryPosition, _ range: Range<Timestamp>, _ maximumBytes: Int, _ connection: SQLiteConnection
  ) throws -> StoredTelemetryPart? {
    let list = try connection.statement(
      """
      SELECT number, first_ms, last_ms FROM batches WHERE epoch = ?1 AND lane = ?2 AND number > ?3
      ORDER BY number LIMIT \(Self.maximumPassed)
      """)
    try bind(list, position.epoch, .telemetry, position.number)
    var next = position
    var isWanted = false
    try list.forEachRow { row in
      next.number = UInt64(clamping: row.int64(0))
      isWanted = row.int64(1) < range.upperBound.milliseconds && row.int64(2) >= range.lowerBound.milliseconds
      return !isWanted
    }
    guard next != position else { return nil }
    return isWanted ? try part(of: next, from: 0, maximumBytes, connection) : StoredTelemetryPart(next: next)
  }

  /// - Parameter position: at the batch.
  private func part(
    of position: StoredTelemetryPosition, from offset: Int, _ maximumBytes: Int, _ connection: SQLiteConnection
  ) throws -> StoredTelemetryPart {
    let search = try connection.statement(
      """
      SELECT substr(bytes, ?4, ?5), length(bytes) FROM batches WHERE epoch = ?1 AND lane = ?2 AND number = ?3
      """)
    try bind(search, position.epoch, .telemetry, position.number)
    try search.bind(4, offset + 1)
    try search.bind(5, maximumBytes)
    // One that is gone was delivered meanwhile: what was read of it is no whole batch, which its reader finds.
    let (bytes, length) = try search.firstRow { ($0.blob(0), $0.int(1)) } ?? ([], 0)
    var next = position
    let isLast = offset + bytes.count >= length
    next.offset = isLast ? 0 : offset + bytes.count
    return StoredTelemetryPart(bytes: bytes, isLast: isLast, next: next)
  }

  /// What cutting would make of the frames behind the position.
  private func frames(
    after position: StoredTelemetryPosition, _ maximumBytes: Int, _ connection: SQLiteConnection
  ) throws -> StoredTelemetryPart? {
    let newest = position.through > 0 ? position.through : Int64.max
    guard position.frame < newest else { return nil }
    let held = try framesToCut(.telemetry, connection, in: position.frame + 1...newest)
    guard let last = held.last else { return nil }
    var cutter = TelemetryCutter(
      try layout(of: last.catalogueID, connection),
      floor: try state().frames[.telemetry]?.cutTime ?? Timestamp(milliseconds: .min))
    // Damaged ones are told of when they are cut.
    for frame in held { try? cutter.append(frame.frame) }
    let state = try state()
    let batch = try? cutter.batch(
      epoch: state.epoch, number: state[.telemetry].cutThrough + 1, time: last.lastTime)
    let rest = (batch?.bytes ?? []).dropFirst(position.offset)
    let bytes = Array(rest.prefix(maximumBytes))
    var next = position
    let isLast = bytes.count == rest.count
    if isLast {
      (next.frame, next.offset, next.through) = (last.sequence, 0, 0)
    } else {
      (next.offset, next.through) = (position.offset + bytes.count, last.sequence)
    }
    return StoredTelemetryPart(bytes: bytes, isLast: isLast, isCut: false, next: next)
  }
}
