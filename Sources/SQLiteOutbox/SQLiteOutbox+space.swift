import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Making room: the oldest telemetry that no request has carried yet is thinned, and later dropped, each time with a notice.
extension SQLiteOutbox {
  private struct Row {
    var number: UInt64
    var firstNumber: UInt64
    var kind: OutboxSchema.Kind
    var samples: Int
    /// Nil: a disk made them others.
    var times: ClosedRange<Timestamp>?
    var bytes: [UInt8]
  }

  func thin(_ count: Int, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    let rows = try oldest(count, of: EpochLane(after.epoch, .telemetry), "kind = 0", connection, after)
    // The count comes from rows that a disk may have changed; without this it would be tried for ever.
    if rows.isEmpty { after.thinnableBatches = 0 }
    let id = try epochID(after.epoch, connection)
    for row in rows {
      guard let batch = try? BatchCodec.decode(row.bytes[...]) else {
        try replaceDamaged(EpochLane(after.epoch, .telemetry), row.number, connection, &after)
        continue
      }
      let bytes = (try? Thinning.encode(batch)) ?? row.bytes
      // Few rows a minute may take more as aggregates than as they are.
      let isSmaller = bytes.count < row.bytes.count
      // The times in the table stay those of the samples: a loss notice must cover them, not only the starts of minutes.
      let update = try connection.statement(
        "UPDATE batches SET kind = 1, bytes = ?4 WHERE epoch = ?1 AND lane = ?2 AND number = ?3")
      let kept = isSmaller ? bytes : row.bytes
      try bind(update, id, .telemetry, row.number)
      try update.bind(4, kept)
      try update.run()
      after[.telemetry].batchBytes += kept.count - row.bytes.count
      after.thinnableBatches -= 1
      if isSmaller { after.thinned += UInt64(clamping: row.samples) }
    }
    let remember = try connection.statement("UPDATE store SET thinned = ?1")
    try remember.bind(1, Int64(clamping: after.thinned))
    try remember.run()
  }

  func dropOldest(
    _ count: Int, _ reason: LossNotice.Reason, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard try drop(count, reason, connection, &after) else {
      // The count comes from rows that a disk may have changed; without this it would be tried for ever.
      after.droppableBatches = 0
      return
    }
  }

  /// - Returns: false when there is nothing to drop.
  private func drop(
    _ count: Int, _ reason: LossNotice.Reason, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws -> Bool {
    let (row, kind) = (EpochLane(after.epoch, .telemetry), OutboxSchema.Kind.loss)
    var held = after[.telemetry]
    var rows = try oldest(count, of: row, "kind IN (0, 1)", connection, after)
    guard let (oldest, newest) = rows.first.flatMap({ first in rows.last.map { (first.number, $0.number) } }) else {
      return false
    }
    // Notices that lie between them or directly before them are taken up, so that one notice grows instead of many.
    let notices = "kind = \(kind.rawValue) AND number"
    rows += try self.oldest(count, of: row, "\(notices) BETWEEN \(oldest) AND \(newest)", connection, after)
    rows += try self.oldest(count, of: row, "\(notices) < \(oldest)", descending: true, connection, after)
    rows.sort { $0.number < $1.number }
    rows = Self.consecutive(rows, around: oldest)
    rows = Self.withFewNotices(rows, besides: reason)
    guard let first = rows.first, let last = rows.last else { return false }
    let id = try epochID(row.epoch, connection)
    var gathered = LossGathering(reason: reason)
    for batch in rows {
      gathered.add(batch.bytes, samples: batch.samples, isNotice: batch.kind == kind, batch.times)
      let delete = try connection.statement("DELETE FROM batches WHERE epoch = ?1 AND lane = ?2 AND number = ?3")
      try bind(delete, id, .telemetry, batch.number)
      try delete.run()
      held.batchCount -= 1
      held.batchSamples -= batch.samples
      held.batchBytes -= batch.bytes.count
      if batch.kind != kind { try self.count(reason, UInt64(clamping: batch.samples), connection, &after) }
    }
    let notice = gathered.notice(numbers: first.firstNumber...last.number)
    let span = UInt32(clamping: last.number - first.firstNumber + 1)
    let time = first.times?.lowerBound ?? held.oldestTime ?? Timestamp(milliseconds: 0)
    let bytes = try BatchCodec.encode(
      epoch: row.epoch, number: last.number, span: span, catalogue: Catalogue(devices: []), devices: [],
      losses: [notice] + gathered.carried, time: time)
    let header = try BatchCodec.readHeader(bytes[...]).header
    try insertBatch(bytes, header, epoch: id, kind: kind, samples: 0, connection)
    held.batchCount += 1
    held.batchBytes += bytes.count
    held.oldestTime = try OutboxReader.oldestBatch(connection, id, .telemetry)
    after[.telemetry] = held
    try countReclaimable(connection, &after)
    return true
  }

  private func oldest(
    _ count: Int, of row: EpochLane, _ condition: String, descending: Bool = false, _ connection: SQLiteConnection,
    _ after: OutboxState
  ) throws -> [Row] {
    let offered = after.laneState(row)?.offeredThrough ?? .max >> 1
    let list = try connection.statement(
      """
      SELECT number, kind, samples, first_ms, last_ms, bytes FROM batches
      WHERE epoch = ?1 AND lane = ?2 AND number > ?3 AND \(condition)
      ORDER BY number \(descending ? "DESC" : "ASC") LIMIT ?4
      """)
    try bind(list, try epochID(row.epoch, connection), row.lane, offered)
    // One notice may stand for numbers on both sides of what was offered.
    try list.bind(4, count + 1)
    let newest = try newestKnown(.telemetry, connection)
    var rows: [Row] = []
    try list.forEachRow { found in
      let (number, bytes) = (UInt64(clamping: found.int64(0)), found.blob(5))
      let header = Self.header(bytes, row, number)
      let first = header?.firstNumber ?? number
      guard first > offered else { return true }
      rows.append(
        Row(
          number: number, firstNumber: first, kind: OutboxSchema.Kind(rawValue: found.int(1)) ?? .samples,
          samples: found.int(2),
          times: BatchRow.times(
            header, begin: Timestamp(milliseconds: found.int64(3)), end: Timestamp(milliseconds: found.int64(4)),
            newest: newest), bytes: bytes))
      return rows.count < count
    }
    return rows
  }

  /// The last rows that carry not too many notices of other losses together: what stands before stays a notice of its own.
  private static func withFewNotices(_ rows: [Row], besides reason: LossNotice.Reason) -> [Row] {
    var left = mostCarried
    var kept: [Row] = []
    for row in rows.reversed() {
      var gathered = LossGathering(reason: reason)
      gathered.add(row.bytes, samples: 0, isNotice: row.kind == .loss, row.times)
      left -= gathered.carried.count
      guard left >= 0 || kept.isEmpty else { break }
      kept.append(row)
    }
    return kept.reversed()
  }

  /// Each time the notice grows it is read and written as a whole.
  private static let mostCarried = 64

  /// The rows around one of samples whose numbers follow each other without a gap, up to the last of samples: a notice stands
  /// for one range.
  private static func consecutive(_ rows: [Row], around number: UInt64) -> [Row] {
    guard var first = rows.firstIndex(where: { $0.number == number && $0.kind != .loss }) else { return [] }
    var (end, last) = (first, first)
    while end + 1 < rows.count, rows[end].number + 1 == rows[end + 1].firstNumber {
      end += 1
      if rows[end].kind != .loss { last = end }
    }
    while first > 0, rows[first - 1].number + 1 == rows[first].firstNumber { first -= 1 }
    return Array(rows[first...last])
  }
}

/// Makes one loss notice of many batches.
private struct LossGathering {
  let reason: LossNotice.Reason
  private var samples: UInt64 = 0
  private var first: Timestamp?
  private var last: Timestamp?
  /// Of something that it names nobody knows the times.
  private var isTimeless = false
  private var isUncounted = false
  private var devices: [String] = []
  private var known: Set<String> = []
  private var more = 0
  /// Notices of other reasons that the batches carried: they are losses of their own.
  private(set) var carried: [LossNotice] = []

  init(reason: LossNotice.Reason) { self.reason = reason }

  /// - Parameter times: nil: nobody knows.
  private mutating func cover(_ times: ClosedRange<Timestamp>?) {
    guard let times else { return isTimeless = true }
    first = min(first ?? times.lowerBound, times.lowerBound)
    last = max(last ?? times.upperBound, times.upperBound)
  }

  /// - Parameters:
  ///   - isNotice: the batch is nothing but notices: what they say counts, and not its own times, because it may have been
  ///     written long after what it speaks of.
  ///   - times: of the batch.
  mutating func add(_ bytes: [UInt8], samples count: Int, isNotice: Bool, _ times: ClosedRange<Timestamp>?) {
    if !isNotice { cover(times) }
    tell(UInt64(clamping: count))
    guard let batch = try? BatchCodec.decode(bytes[...]),
      case .telemetry(let catalogue, _, _, let losses) = batch.content
    else {
      // A notice that cannot be read any more: nobody knows of how much it told, and of when.
      if isNotice {
        cover(nil)
        isUncounted = true
      }
      return
    }
    for device in catalogue.devices { name(device.name) }
    for loss in losses {
      guard loss.reason == reason, loss.lane == .telemetry else {
        carried.append(loss)
        continue
      }
      if loss.samples == nil { isUncounted = true }
      tell(loss.samples ?? 0)
      cover(loss.firstTime.flatMap { first in loss.lastTime.flatMap { first <= $0 ? first...$0 : nil } })
      more = max(more, loss.moreDevices)
      for device in loss.devices { name(device) }
    }
  }

  /// Counts may have changed on the disk; too large a sum is told as the largest.
  private mutating func tell(_ count: UInt64) {
    let (sum, isTooLarge) = samples.addingReportingOverflow(count)
    samples = isTooLarge ? .max : sum
  }

  private mutating func name(_ device: String) {
    guard known.insert(device).inserted else { return }
    devices.append(device)
  }

  func notice(numbers: ClosedRange<UInt64>) -> LossNotice {
    LossNotice(
      reason: reason, lane: .telemetry, numbers: numbers, firstTime: isTimeless ? nil : first,
      lastTime: isTimeless ? nil : last, samples: isUncounted ? nil : samples,
      devices: devices, moreDevices: more)
  }
}
