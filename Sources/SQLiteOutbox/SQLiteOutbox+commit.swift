import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// The steps of one transaction. Each changes the file and, alike, the counts that are valid once COMMIT has returned.
extension SQLiteOutbox {
  func insert(_ frames: [PendingFrame], into state: inout OutboxState) throws {
    let insert = try connection.statement("INSERT INTO frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    var touched: Set<Lane> = []
    for frame in frames where frame.sequence > state.lastFrame {
      try insert.bind(1, frame.sequence)
      try insert.bind(2, Int64(frame.lane.rawValue))
      if frame.lane == .telemetry { try insert.bind(3, frame.catalogueID) } else { try insert.bindNull(3) }
      try insert.bind(4, frame.sampleCount)
      try insert.bind(5, frame.firstTime.milliseconds)
      try insert.bind(6, frame.lastTime.milliseconds)
      try frame.bytes.withUnsafeBytes {
        try insert.bind(7, borrowing: $0)
        try insert.run()
      }
      state.lastFrame = frame.sequence
      touched.insert(frame.lane)
      var lane = state[frame.lane]
      lane.frameCount += 1
      lane.frameSamples += frame.sampleCount
      lane.frameBytes += frame.bytes.count
      lane.lastTime = max(lane.lastTime ?? frame.lastTime, frame.lastTime)
      state.lanes[frame.lane] = lane
    }
    guard !touched.isEmpty else { return }
    let remember = try connection.statement("UPDATE store SET last_frame = ?1")
    try remember.bind(1, state.lastFrame)
    try remember.run()
    let touch = try connection.statement("UPDATE lanes SET last_ms = ?2 WHERE lane = ?1")
    for lane in touched {
      guard let time = state[lane].lastTime else { continue }
      try touch.bind(1, Int64(lane.rawValue))
      try touch.bind(2, time.milliseconds)
      try touch.run()
    }
  }

  func replaceActiveAlarms(_ names: [String], in state: inout OutboxState) throws {
    try connection.execute("DELETE FROM active_alarms")
    let insert = try connection.statement("INSERT INTO active_alarms VALUES (?1)")
    for name in names {
      try insert.bind(1, name)
      try insert.run()
    }
    state.activeAlarms = names.sorted()
  }

  /// Batches that central has are deleted, and its position is kept for status and for noticing a restored central.
  func deleteBatches(_ lane: Lane, through number: UInt64, in state: inout OutboxState) throws {
    var held = state[lane]
    guard number > held.confirmedThrough else { return }
    // Whoever confirms what was never cut speaks of another store.
    precondition(number <= held.cutThrough, "a confirmation beyond the newest batch")
    let sum = try connection.statement(
      "SELECT count(*), ifnull(sum(samples), 0), ifnull(sum(length(bytes)), 0) FROM batches WHERE lane = ?1 AND number <= ?2"
    )
    try sum.bind(1, Int64(lane.rawValue))
    try sum.bind(2, Int64(number))
    let (count, samples, bytes) = try sum.firstRow { ($0.int(0), $0.int(1), $0.int(2)) } ?? (0, 0, 0)
    for sql in [
      "DELETE FROM batches WHERE lane = ?1 AND number <= ?2",
      "UPDATE lanes SET confirmed_through = ?2 WHERE lane = ?1",
    ] {
      let change = try connection.statement(sql)
      try change.bind(1, Int64(lane.rawValue))
      try change.bind(2, Int64(number))
      try change.run()
    }
    held.confirmedThrough = number
    held.batchCount -= count
    held.batchSamples -= samples
    held.batchBytes -= bytes
    state.lanes[lane] = held
  }

  func oldestTime(_ lane: Lane) throws -> Timestamp? { try OutboxReader.oldestTime(connection, lane) }
}
