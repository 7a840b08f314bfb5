import GatewayCore
import SQLite
import Telemetry

/// Counts what the file holds. Reads each row's head once, so it is done at start and after errors only; while all goes
/// well the counts are carried along.
enum OutboxReader {
  static func state(_ connection: SQLiteConnection) throws -> OutboxState {
    let store = try connection.statement("SELECT epoch, last_frame FROM store")
    guard let (text, lastFrame) = try store.firstRow({ ($0.text(0), $0.int64(1)) }), let epoch = Epoch(text: text)
    else {
      throw SQLiteError(extendedCode: 11, message: "the table 'store' has no valid epoch", sql: connection.path)
    }
    var state = OutboxState(epoch: epoch, lastFrame: lastFrame)
    for lane in Lane.allCases { state.lanes[lane] = try laneState(connection, lane) }
    try connection.statement("SELECT name FROM active_alarms ORDER BY name").forEachRow {
      state.activeAlarms.append($0.text(0))
      return true
    }
    return state
  }

  private static func laneState(_ connection: SQLiteConnection, _ lane: Lane) throws -> OutboxState.LaneState {
    var state = OutboxState.LaneState()
    let head = try connection.statement("SELECT cut_through, confirmed_through, last_ms FROM lanes WHERE lane = ?1")
    try head.bind(1, Int64(lane.rawValue))
    _ = try head.firstRow {
      state.cutThrough = UInt64($0.int64(0))
      state.confirmedThrough = UInt64($0.int64(1))
      state.lastTime = $0.isNull(2) ? nil : Timestamp(milliseconds: $0.int64(2))
    }
    (state.frameCount, state.frameSamples, state.frameBytes) = try totals(connection, "frames", lane)
    (state.batchCount, state.batchSamples, state.batchBytes) = try totals(connection, "batches", lane)
    (state.damagedFrames, _, _) = try totals(connection, "damaged_frames", lane)
    state.oldestTime = try oldestTime(connection, lane)
    return state
  }

  private static func totals(
    _ connection: SQLiteConnection, _ table: String, _ lane: Lane
  ) throws -> (count: Int, samples: Int, bytes: Int) {
    let sum = try connection.statement(
      "SELECT count(*), ifnull(sum(samples), 0), ifnull(sum(length(bytes)), 0) FROM \(table) WHERE lane = ?1")
    try sum.bind(1, Int64(lane.rawValue))
    return try sum.firstRow { ($0.int(0), $0.int(1), $0.int(2)) } ?? (0, 0, 0)
  }

  /// First time of the oldest record that central does not have: of the first batch, or else of the first frame.
  static func oldestTime(_ connection: SQLiteConnection, _ lane: Lane) throws -> Timestamp? {
    for sql in [
      "SELECT first_ms FROM batches WHERE lane = ?1 ORDER BY number LIMIT 1",
      "SELECT first_ms FROM frames WHERE lane = ?1 ORDER BY sequence LIMIT 1",
    ] {
      let search = try connection.statement(sql)
      try search.bind(1, Int64(lane.rawValue))
      if let milliseconds = try search.firstRow({ $0.int64(0) }) { return Timestamp(milliseconds: milliseconds) }
    }
    return nil
  }
}
