import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Ends of epochs, and what takes the place of batches that are gone.
extension SQLiteOutbox {
  /// Batches of an abandoned epoch that move to the current one in a transaction, and bytes of them: at least one moves.
  static let movesAtOnce = 64
  static let movedBytesAtOnce = 1 << 20

  func retire(
    _ retirement: OutboxTransaction.Retirement, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let (state, reason): (OutboxSchema.EpochState, String)
    switch retirement {
    case .close(let text): (state, reason) = (.closed, text)
    case .abandon(let text): (state, reason) = (.abandoned, text)
    }
    let end = try connection.statement("UPDATE epochs SET state = ?2, reason = ?3 WHERE id = ?1")
    try end.bind(1, try epochID(after.epoch, connection))
    try end.bind(2, state.rawValue)
    try end.bind(3, reason)
    try end.run()
    let old = OutboxState.RetiredEpoch(
      epoch: after.epoch, reason: reason, isMoving: state == .abandoned, lanes: after.lanes)
    if old.lanes.values.contains(where: { $0.batchCount > 0 }) { after.retired.append(old) }
    let epoch = Epoch(using: &random)
    try OutboxSchema.beginEpoch(connection, epoch: epoch.description)
    try connection.execute("UPDATE store SET epoch = (SELECT max(id) FROM epochs)")
    after.epoch = epoch
    after.lanes = [.alarms: .init(), .telemetry: .init()]
    try setOwesAlarmStates(true, connection, &after)
    after.thinnableBatches = 0
    after.droppableBatches = 0
  }

  func abandon(_ epoch: Epoch, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    guard let index = after.retired.firstIndex(where: { $0.epoch == epoch }) else { return }
    let update = try connection.statement("UPDATE epochs SET state = ?2 WHERE id = ?1")
    try update.bind(1, try epochID(epoch, connection))
    try update.bind(2, OutboxSchema.EpochState.abandoned.rawValue)
    try update.run()
    after.retired[index].isMoving = true
    try setOwesAlarmStates(true, connection, &after)
  }

  /// Gives batches of abandoned epochs numbers of the current one, oldest first.
  func moveBatches(_ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    guard let old = after.retired.first(where: \.isMoving) else { return }
    let id = try epochID(old.epoch, connection)
    var left = Self.movesAtOnce
    var leftBytes = Self.movedBytesAtOnce
    for lane in Lane.allCases {
      let list = try connection.statement(
        """
        SELECT number, kind, samples, bytes, first_number, first_ms, last_ms FROM batches WHERE epoch = ?1 AND lane = ?2
        ORDER BY number LIMIT ?3
        """)
      try bind(list, id, lane, UInt64(left))
      var moved: [MovedBatch] = []
      try list.forEachRow { row in
        moved.append(
          MovedBatch(
            number: UInt64(clamping: row.int64(0)), kind: OutboxSchema.Kind(rawValue: row.int(1)) ?? .samples,
            samples: row.int(2), bytes: row.blob(3), begin: Timestamp(milliseconds: row.int64(5)),
            end: Timestamp(milliseconds: row.int64(6))))
        leftBytes -= moved.last?.bytes.count ?? 0
        return leftBytes > 0
      }
      for batch in moved {
        try move(batch, EpochLane(old.epoch, lane), connection, &after)
        let delete = try connection.statement("DELETE FROM batches WHERE epoch = ?1 AND lane = ?2 AND number = ?3")
        try bind(delete, id, lane, batch.number)
        try delete.run()
        var held = after.laneState(EpochLane(old.epoch, lane)) ?? .init()
        held.batchCount -= 1
        held.batchSamples -= batch.samples
        held.batchBytes -= batch.bytes.count
        after.setLaneState(EpochLane(old.epoch, lane), held)
      }
      left -= moved.count
      guard left > 0, leftBytes > 0 else { return }
    }
  }

  private struct MovedBatch {
    var number: UInt64
    var kind: OutboxSchema.Kind
    var samples: Int
    var bytes: [UInt8]
    var begin: Timestamp
    var end: Timestamp
  }

  private func move(
    _ moved: MovedBatch, _ row: EpochLane, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let lane = row.lane
    let next = after[lane].cutThrough + 1
    do {
      let batch = try BatchCodec.decode(moved.bytes[...])
      let content = batch.content.naming(row.epoch)
      let made = try Self.encode(content, epoch: after.epoch, number: next, span: 1, time: batch.header.firstTime)
      let header = try BatchCodec.readHeader(made[...]).header
      try append(
        made, header, kind: moved.kind, samples: moved.samples, until: moved.end, lane: lane, connection, &after)
    } catch let error as CodecError {
      let notice = LossNotice(
        reason: .damagedStore, lane: lane, firstTime: moved.begin, samples: UInt64(clamping: moved.samples),
        detail: error.description)
      try count(.damagedStore, UInt64(clamping: moved.samples), connection, &after)
      if lane == .alarms { try setOwesAlarmStates(true, connection, &after) }
      let made = try Self.encode(notice, epoch: after.epoch, number: next, span: 1, time: moved.begin)
      let header = try BatchCodec.readHeader(made[...]).header
      try append(made, header, kind: .replacement, samples: 0, lane: lane, connection, &after)
    }
  }

  /// The batches that central confirmed and has forgotten: they are deleted here, so a notice says so in their place.
  func reportMissing(
    _ row: EpochLane, _ position: UInt64, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard var held = after.laneState(row), position < held.confirmedThrough else { return }
    let id = try epochID(row.epoch, connection)
    let last = held.confirmedThrough
    let isGuess = try isGuessed(id, connection)
    let notice = LossNotice(
      reason: isGuess ? .damagedStore : .centralRestored, lane: row.lane, numbers: position + 1...last,
      detail: isGuess
        ? "these batches were not found in a damaged store, and central has those through \(position)"
        : "central had confirmed batches through \(last) and has them only through \(position) now")
    let time = held.oldestTime ?? after.frames[row.lane]?.lastTime ?? Timestamp(milliseconds: 0)
    let span = UInt32(clamping: last - position)
    let bytes = try Self.encode(notice, epoch: row.epoch, number: last, span: span, time: time)
    let header = try BatchCodec.readHeader(bytes[...]).header
    try insertBatch(bytes, header, epoch: id, kind: .missing, samples: 0, connection)
    let update = try connection.statement("UPDATE lanes SET confirmed_through = ?3 WHERE epoch = ?1 AND lane = ?2")
    try bind(update, id, row.lane, position)
    try update.run()
    try ConfirmedBatches.forget(id, row.lane, beyond: position, in: connection)
    held.confirmedThrough = position
    held.batchCount += 1
    held.batchBytes += bytes.count
    held.oldestTime = header.firstTime
    after.setLaneState(row, held)
    if row.lane == .alarms { try setOwesAlarmStates(true, connection, &after) }
    if row.lane == .telemetry, row.epoch == after.epoch { try countReclaimable(connection, &after) }
  }

  /// Batches of an epoch that is over, or was given up just now, that central confirmed and has no more: the notice goes into
  /// the current epoch.
  func reportGone(
    _ row: EpochLane, _ numbers: ClosedRange<UInt64>, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let id = try epochID(row.epoch, connection)
    let isGuess = try isGuessed(id, connection)
    let notice = LossNotice(
      reason: isGuess ? .damagedStore : .centralRestored, lane: row.lane, epoch: row.epoch, numbers: numbers,
      detail: isGuess
        ? "these batches of an earlier epoch were not found in a damaged store, and central does not have them"
        : "central had confirmed these batches of an earlier epoch and has them no more: it was set back to a backup")
    try append(notice, connection, &after)
    try ConfirmedBatches.forget(id, row.lane, beyond: numbers.lowerBound - 1, in: connection)
  }

  /// What central has under numbers whose batches are damaged here counts as confirmed, and may be another's.
  func reportIncomparable(
    _ row: EpochLane, _ numbers: ClosedRange<UInt64>, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard let held = after.laneState(row), numbers.upperBound > held.confirmedThrough else { return }
    let notice = LossNotice(
      reason: .damagedStore, lane: row.lane, epoch: row.epoch == after.epoch ? nil : row.epoch,
      numbers: max(numbers.lowerBound, held.confirmedThrough + 1)...numbers.upperBound,
      detail:
        "central has batches under these numbers, and the gateway's were damaged: whether they are the same cannot be "
        + "told")
    try append(notice, connection, &after)
  }

  /// Cuts a batch of the current epoch that is nothing but the notice.
  private func append(_ notice: LossNotice, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    let time = after.frames[notice.lane]?.lastTime ?? Timestamp(milliseconds: 0)
    let next = after[notice.lane].cutThrough + 1
    let bytes = try Self.encode(notice, epoch: after.epoch, number: next, span: 1, time: time)
    let header = try BatchCodec.readHeader(bytes[...]).header
    try append(bytes, header, kind: .loss, samples: 0, lane: notice.lane, connection, &after)
    if notice.lane == .alarms { try setOwesAlarmStates(true, connection, &after) }
  }

  /// What central had confirmed of an epoch was lost with a damaged file, and is guessed.
  private func isGuessed(_ epoch: Int64, _ connection: SQLiteConnection) throws -> Bool {
    let search = try connection.statement("SELECT reason FROM epochs WHERE id = ?1")
    try search.bind(1, epoch)
    return try search.firstRow { $0.text(0).hasPrefix(OutboxSchema.guessedConfirmations) } ?? false
  }

  /// A batch that cannot be read, or is not there: a notice takes its number.
  func replaceDamaged(
    _ row: EpochLane, _ number: UInt64, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard var held = after.laneState(row), number > held.confirmedThrough, number <= held.cutThrough else { return }
    let id = try epochID(row.epoch, connection)
    let search = try connection.statement(
      """
      SELECT number, samples, first_ms, last_ms, bytes, kind,
        (SELECT max(number) FROM batches WHERE epoch = ?1 AND lane = ?2 AND number < ?3)
      FROM batches WHERE epoch = ?1 AND lane = ?2 AND number >= ?3 ORDER BY number LIMIT 1
      """)
    try bind(search, id, row.lane, number)
    let found = try search.firstRow {
      (
        last: UInt64(clamping: $0.int64(0)), samples: $0.int(1),
        begin: Timestamp(milliseconds: $0.int64(2)), end: Timestamp(milliseconds: $0.int64(3)), bytes: $0.blob(4),
        kind: OutboxSchema.Kind(rawValue: $0.int(5)), before: UInt64(clamping: $0.int64(6))
      )
    }
    var notice = LossNotice(reason: .damagedStore, lane: row.lane, numbers: number...number)
    var (last, span) = (number, UInt32(1))
    // What a damaged batch stood for follows from its neighbour, and not from its row. A sound one that begins behind the
    // number stays.
    let header = found.flatMap { Self.header($0.bytes, row, $0.last) }
    let first = found.map { found in
      header?.firstNumber ?? min(max(found.before, held.confirmedThrough) + 1, number)
    }
    if let found, let first, first <= number {
      let times = BatchRow.times(
        header, begin: found.begin, end: found.end, newest: try newestKnown(row.lane, connection))
      notice.numbers = first...found.last
      // What a notice told may be of any time, and of any number.
      if found.kind == .samples || found.kind == .thinned {
        (notice.firstTime, notice.lastTime) = (times?.lowerBound, times?.upperBound)
        notice.samples = UInt64(clamping: found.samples)
      }
      (last, span) = (found.last, UInt32(clamping: found.last - first + 1))
      let delete = try connection.statement("DELETE FROM batches WHERE epoch = ?1 AND lane = ?2 AND number = ?3")
      try bind(delete, id, row.lane, found.last)
      try delete.run()
      held.batchCount -= 1
      held.batchSamples -= found.samples
      held.batchBytes -= found.bytes.count
    } else {
      // A row that is gone is no flipped bit in a batch: who knows what else is.
      foundDamage = true
    }
    let bytes = try Self.encode(
      notice, epoch: row.epoch, number: last, span: span, time: held.oldestTime ?? Timestamp(milliseconds: 0))
    try insertBatch(
      bytes, try BatchCodec.readHeader(bytes[...]).header, epoch: id, kind: .replacement, samples: 0, connection)
    held.batchCount += 1
    held.batchBytes += bytes.count
    after.setLaneState(row, held)
    try count(.damagedStore, notice.samples ?? 0, connection, &after)
    if row.lane == .alarms { try setOwesAlarmStates(true, connection, &after) }
    if row.lane == .telemetry, row.epoch == after.epoch { try countReclaimable(connection, &after) }
  }

  /// A batch that is nothing but a notice.
  static func encode(
    _ notice: LossNotice, epoch: Epoch, number: UInt64, span: UInt32, time: Timestamp
  ) throws -> [UInt8] {
    switch notice.lane {
    case .alarms:
      try BatchCodec.encode(epoch: epoch, number: number, span: span, alarms: [], losses: [notice], time: time)
    case .telemetry:
      try BatchCodec.encode(
        epoch: epoch, number: number, span: span, catalogue: Catalogue(devices: []), devices: [], losses: [notice],
        time: time)
    }
  }

  static func encode(
    _ content: Batch.Content, epoch: Epoch, number: UInt64, span: UInt32, time: Timestamp
  ) throws(CodecError) -> [UInt8] {
    switch content {
    case .alarms(let events, let losses):
      try BatchCodec.encode(epoch: epoch, number: number, span: span, alarms: events, losses: losses, time: time)
    case .telemetry(let catalogue, let devices, let aggregates, let losses):
      try BatchCodec.encode(
        epoch: epoch, number: number, span: span, catalogue: catalogue, devices: devices, aggregates: aggregates,
        losses: losses, time: time)
    }
  }
}

extension Batch.Content {
  /// The same in a batch of another epoch: numbers in notices are those of the epoch that they were written in.
  fileprivate func naming(_ epoch: Epoch) -> Self {
    func named(_ losses: [LossNotice]) -> [LossNotice] {
      losses.map { loss in
        var loss = loss
        if loss.numbers != nil { loss.epoch = loss.epoch ?? epoch }
        return loss
      }
    }
    switch self {
    case .alarms(let events, let losses): return .alarms(events, losses: named(losses))
    case .telemetry(let catalogue, let devices, let aggregates, let losses):
      return .telemetry(catalogue: catalogue, devices: devices, aggregates: aggregates, losses: named(losses))
    }
  }
}
