import AlarmStates
import GatewayCore
import SQLite
import Telemetry

/// Counts what the file holds. Reads each row's head once, so it is done at start and after errors only; while all goes
/// well the counts are carried along.
enum OutboxReader {
  static func state(_ connection: SQLiteConnection) throws -> OutboxState {
    let store = try connection.statement(
      """
      SELECT epochs.epoch, max(last_frame, ifnull((SELECT max(sequence) FROM frames), 0)), thinned, epochs.id,
        owes_alarm_states
      FROM store JOIN epochs ON epochs.id = store.epoch
      """)
    guard
      let (text, lastFrame, thinned, current, owes) = try store.firstRow({
        ($0.text(0), $0.int64(1), $0.int64(2), $0.int64(3), $0.int(4))
      }),
      let epoch = Epoch(text: text)
    else {
      throw SQLiteError(extendedCode: 11, message: "the table 'store' has no valid epoch", sql: connection.path)
    }
    var state = OutboxState(epoch: epoch, lastFrame: lastFrame)
    state.thinned = UInt64(clamping: thinned)
    state.owesAlarmStates = owes != 0
    for lane in Lane.allCases {
      state[lane] = try laneState(connection, current, lane)
      state.frames[lane] = try frames(connection, lane)
    }
    state.retired = try retired(connection, current)
    state.ended = try ConfirmedBatches.ended(in: connection)
    state.activeAlarms = try AlarmTable.read(from: connection, boot: "").filter(\.record.standing.isActive)
      .map(\.record.name)
    state.damagedFrames = try count(connection, "SELECT count(*) FROM damaged_frames")
    try connection.statement("SELECT reason, samples FROM losses").forEachRow {
      if let reason = LossNotice.Reason(rawValue: UInt8(clamping: $0.int(0))) {
        state.lost[reason] = UInt64(clamping: $0.int64(1))
      }
      return true
    }
    (state.thinnableBatches, state.droppableBatches) = try reclaimable(
      connection, current, state[.telemetry].offeredThrough)
    state.oldestDroppable = try oldestDroppable(connection, state)
    return state
  }

  /// Newest time in the oldest batch of telemetry that no request has carried.
  static func oldestDroppable(_ connection: SQLiteConnection, _ state: OutboxState) throws -> Timestamp? {
    guard state.droppableBatches > 0 else { return nil }
    let search = try connection.statement(
      """
      SELECT last_ms FROM batches WHERE epoch = (SELECT epoch FROM store) AND lane = 2 AND number > ?1
        AND kind IN (0, 1) ORDER BY number LIMIT 1
      """)
    try search.bind(1, Int64(state[.telemetry].offeredThrough))
    return try search.firstRow { Timestamp(milliseconds: $0.int64(0)) }
  }

  static func count(_ connection: SQLiteConnection, _ sql: String) throws -> Int {
    try connection.statement(sql).firstRow { $0.int(0) } ?? 0
  }

  private static func retired(_ connection: SQLiteConnection, _ current: Int64) throws -> [OutboxState.RetiredEpoch] {
    var found: [(id: Int64, epoch: OutboxState.RetiredEpoch)] = []
    let list = try connection.statement(
      """
      SELECT id, epoch, state, reason FROM epochs
      WHERE id <> ?1 AND EXISTS (SELECT 1 FROM batches WHERE batches.epoch = epochs.id) ORDER BY id
      """)
    try list.bind(1, current)
    try list.forEachRow { row in
      guard let epoch = Epoch(text: row.text(1)) else { return true }
      let isMoving = row.int(2) == OutboxSchema.EpochState.abandoned.rawValue
      found.append((row.int64(0), .init(epoch: epoch, reason: row.text(3), isMoving: isMoving, lanes: [:])))
      return true
    }
    return try found.map { id, old in
      var epoch = old
      for lane in Lane.allCases { epoch.lanes[lane] = try laneState(connection, id, lane) }
      return epoch
    }
  }

  private static func laneState(
    _ connection: SQLiteConnection, _ epoch: Int64, _ lane: Lane
  ) throws -> OutboxState.LaneState {
    var state = OutboxState.LaneState()
    let head = try connection.statement(
      "SELECT cut_through, offered_through, confirmed_through FROM lanes WHERE epoch = ?1 AND lane = ?2")
    try head.bind(1, epoch)
    try head.bind(2, Int64(lane.rawValue))
    _ = try head.firstRow {
      state.cutThrough = UInt64(clamping: $0.int64(0))
      state.offeredThrough = UInt64(clamping: $0.int64(1))
      state.confirmedThrough = UInt64(clamping: $0.int64(2))
    }
    let sum = try connection.statement(
      """
      SELECT count(*), ifnull(sum(samples), 0), ifnull(sum(length(bytes)), 0) FROM batches
      WHERE epoch = ?1 AND lane = ?2
      """)
    try sum.bind(1, epoch)
    try sum.bind(2, Int64(lane.rawValue))
    (state.batchCount, state.batchSamples, state.batchBytes) =
      try sum.firstRow {
        ($0.int(0), $0.int(1), $0.int(2))
      } ?? (0, 0, 0)
    state.oldestTime = try oldestBatch(connection, epoch, lane)
    return state
  }

  static func oldestBatch(_ connection: SQLiteConnection, _ epoch: Int64, _ lane: Lane) throws -> Timestamp? {
    let search = try connection.statement(
      "SELECT first_ms FROM batches WHERE epoch = ?1 AND lane = ?2 ORDER BY number LIMIT 1")
    try search.bind(1, epoch)
    try search.bind(2, Int64(lane.rawValue))
    return try search.firstRow { Timestamp(milliseconds: $0.int64(0)) }
  }

  static func frames(_ connection: SQLiteConnection, _ lane: Lane) throws -> OutboxState.Frames {
    var frames = OutboxState.Frames()
    let sum = try connection.statement(
      """
      SELECT count(*), ifnull(sum(samples), 0), ifnull(sum(length(bytes)), 0),
        (SELECT count(*) FROM frames f JOIN boots ON boots.id = f.boot WHERE f.lane = ?1 AND offset_ms IS NULL),
        (SELECT first_ms FROM frames WHERE lane = ?1 AND boot IS NULL ORDER BY sequence LIMIT 1),
        (SELECT max(ms) FROM (SELECT ms FROM newest WHERE lane = ?1
          UNION ALL SELECT last_ms FROM frames WHERE lane = ?1 AND boot IS NULL)),
        (SELECT cut_ms FROM newest WHERE lane = ?1)
      FROM frames WHERE lane = ?1
      """)
    try sum.bind(1, Int64(lane.rawValue))
    _ = try sum.firstRow {
      (frames.count, frames.samples, frames.bytes, frames.waitingForClock) = (
        $0.int(0), $0.int(1), $0.int(2), $0.int(3)
      )
      frames.oldestTime = $0.isNull(4) ? nil : Timestamp(milliseconds: $0.int64(4))
      frames.lastTime = $0.isNull(5) ? nil : Timestamp(milliseconds: $0.int64(5))
      frames.cutTime = $0.isNull(6) ? nil : Timestamp(milliseconds: $0.int64(6))
    }
    return frames
  }

  /// Batches that no request has ever carried, and those of them that still hold samples.
  static func reclaimable(
    _ connection: SQLiteConnection, _ epoch: Int64, _ offered: UInt64
  ) throws -> (thinnable: Int, droppable: Int) {
    let count = try connection.statement(
      """
      SELECT ifnull(sum(kind = 0), 0), ifnull(sum(kind IN (0, 1)), 0) FROM batches
      WHERE epoch = ?1 AND lane = 2 AND first_number > ?2
      """)
    try count.bind(1, epoch)
    try count.bind(2, Int64(offered))
    return try count.firstRow { ($0.int(0), $0.int(1)) } ?? (0, 0)
  }
}
