import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// Cutting: frames become one batch with the next number of their lane, inside the transaction that deletes them.
extension SQLiteOutbox {
  struct HeldFrame {
    var sequence: Int64
    var catalogueID: Int
    var samples: Int
    var firstTime: Timestamp
    var lastTime: Timestamp
    var frame: StoredFrame

    func agrees(with contents: FrameContents) -> Bool {
      catalogueID == contents.catalogueID && samples == contents.samples
        && contents.first.map { $0 + frame.shift == firstTime } ?? true
        && contents.last.map { $0 + frame.shift == lastTime } ?? true
    }
  }

  func cut(_ lane: Lane, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    let chosen = try framesToCut(lane, connection)
    guard let last = chosen.last else { return }
    let newest: Timestamp
    switch lane {
    case .alarms:
      var cutter = AlarmCutter(floor: after.frames[lane]?.cutTime ?? Timestamp(milliseconds: .min))
      let (samples, notices) = try gather(chosen, lane, connection, &after) { frame throws(CodecError) in
        try cutter.append(frame)
      }
      try count(cutter.losses, connection, &after)
      // Central forgets the states when it gets the notice.
      if !cutter.losses.isEmpty { try setOwesAlarmStates(true, connection, &after) }
      let number = after[lane].cutThrough + 1
      let told = try cutter.batch(losses: notices, epoch: after.epoch, number: number)
      try keep(told, samples: samples, lane, connection, &after)
      newest = told.newest
    case .telemetry:
      let floor = after.frames[lane]?.cutTime ?? Timestamp(milliseconds: .min)
      var cutter = TelemetryCutter(try layout(of: last.catalogueID, connection), floor: floor)
      let (samples, notices) = try gather(chosen, lane, connection, &after) { frame throws(CodecError) in
        try cutter.append(frame)
      }
      try count(cutter.losses, connection, &after)
      let batch = try cutter.batch(
        losses: notices, epoch: after.epoch, number: after[lane].cutThrough + 1, time: last.lastTime)
      try keep(batch, samples: samples, lane, connection, &after)
      newest = batch.newest
    }
    try deleteFrames(lane, through: last.sequence, cut: newest, connection, &after)
  }

  /// Frames whose check sum or shape is wrong are kept aside with the reason; a notice takes their place in the batch, and
  /// they never block the sound ones.
  ///
  /// - Returns: samples of the frames that `append` took, and notices for the others.
  private func gather(
    _ frames: [HeldFrame], _ lane: Lane, _ connection: SQLiteConnection, _ after: inout OutboxState,
    _ append: (StoredFrame) throws(CodecError) -> FrameContents
  ) throws -> (samples: Int, notices: [LossNotice]) {
    var samples = 0
    var notices: [LossNotice] = []
    for held in frames {
      let contents: FrameContents
      do throws(CodecError) {
        contents = try append(held.frame)
        samples += held.samples
      } catch {
        // It is as it was written: what is wrong stands beside it, its lane or its catalogue.
        guard !FrameCodec.hasValidChecksum(held.frame.bytes) else {
          throw SQLiteError(extendedCode: 11, message: "frame \(held.sequence): \(error)", sql: "cutting")
        }
        try keepDamaged(held, lane, error, connection)
        notices.append(
          LossNotice(
            reason: .damagedFrame, lane: lane, firstTime: held.firstTime, lastTime: held.lastTime,
            samples: UInt64(clamping: held.samples), detail: error.description))
        after.damagedFrames += 1
        foundDamage = true
        try count(.damagedFrame, UInt64(clamping: held.samples), connection, &after)
        if lane == .alarms { try setOwesAlarmStates(true, connection, &after) }
        continue
      }
      guard held.agrees(with: contents) else {
        // What the columns say has been counted on already.
        throw SQLiteError(
          extendedCode: 11, message: "the row of frame \(held.sequence) is not as the frame says", sql: "cutting")
      }
    }
    return (samples, notices)
  }

  private func keep(
    _ batch: (bytes: [UInt8], newest: Timestamp), samples: Int, _ lane: Lane, _ connection: SQLiteConnection,
    _ after: inout OutboxState
  ) throws {
    let header = try BatchCodec.readHeader(batch.bytes[...]).header
    try append(
      batch.bytes, header, kind: samples > 0 ? .samples : .loss, samples: samples, lane: lane, connection, &after
    )
    try rememberCut(lane, batch.newest, connection)
  }

  /// What was known from the frames alone, their numbers and newest time, is written down before they go.
  ///
  /// - Parameter cut: the newest time in the batch that they became.
  private func deleteFrames(
    _ lane: Lane, through sequence: Int64, cut: Timestamp, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let remember = try connection.statement("UPDATE store SET last_frame = max(last_frame, ?1)")
    try remember.bind(1, after.lastFrame)
    try remember.run()
    let newest = after.frames[lane]?.lastTime
    try rememberNewest(lane, newest, connection)
    let delete = try connection.statement("DELETE FROM frames WHERE lane = ?1 AND sequence <= ?2")
    try delete.bind(1, Int64(lane.rawValue))
    try delete.bind(2, sequence)
    try delete.run()
    var frames = try OutboxReader.frames(connection, lane)
    // Columns of the frames that are left may have changed on the disk since they were counted.
    frames.lastTime = max(newest ?? cut, cut)
    frames.cutTime = cut
    after.frames[lane] = frames
  }

  /// Adds a batch to the current epoch and moves `cut_through`.
  func append(
    _ bytes: [UInt8], _ header: BatchHeader, kind: OutboxSchema.Kind, samples: Int, until: Timestamp? = nil,
    lane: Lane, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let id = try epochID(after.epoch, connection)
    try insertBatch(bytes, header, epoch: id, kind: kind, samples: samples, until: until, connection)
    let advance = try connection.statement("UPDATE lanes SET cut_through = ?3 WHERE epoch = ?1 AND lane = ?2")
    try bind(advance, id, lane, header.number)
    try advance.run()
    var held = after[lane]
    held.cutThrough = header.number
    held.batchCount += 1
    held.batchSamples += samples
    held.batchBytes += bytes.count
    held.oldestTime = held.oldestTime ?? header.firstTime
    after[lane] = held
    guard lane == .telemetry else { return }
    after.thinnableBatches += kind == .samples ? 1 : 0
    after.droppableBatches += kind == .samples || kind == .thinned ? 1 : 0
  }

  /// - Parameter until: the newest time of the samples that it was made from; nil: that of its head. Of a thinned batch the
  ///   head says only when the last minute began, and a loss notice must cover what was in it.
  func insertBatch(
    _ bytes: [UInt8], _ header: BatchHeader, epoch: Int64, kind: OutboxSchema.Kind, samples: Int,
    until: Timestamp? = nil, _ connection: SQLiteConnection
  ) throws {
    let insert = try connection.statement(
      """
      INSERT INTO batches(epoch, lane, first_number, number, kind, samples, first_ms, last_ms, bytes)
      VALUES (?1, ?2, ?4, ?3, ?5, ?6, ?7, ?8, ?9)
      """)
    try bind(insert, epoch, header.lane, header.number)
    try insert.bind(4, Int64(header.firstNumber))
    try insert.bind(5, kind.rawValue)
    try insert.bind(6, samples)
    try insert.bind(7, header.firstTime.milliseconds)
    try insert.bind(8, max(until ?? header.lastTime, header.lastTime).milliseconds)
    try bytes.withUnsafeBytes {
      try insert.bind(9, borrowing: $0)
      try insert.run()
    }
  }

  /// Newest time that was ever cut, or known when the store was made from a damaged one.
  func newestKnown(_ lane: Lane, _ connection: SQLiteConnection) throws -> Timestamp {
    let search = try connection.statement("SELECT max(ms, cut_ms) FROM newest WHERE lane = ?1")
    try search.bind(1, Int64(lane.rawValue))
    return try search.firstRow { Timestamp(milliseconds: $0.int64(0)) } ?? Timestamp(milliseconds: .min)
  }

  func rememberCut(_ lane: Lane, _ time: Timestamp, _ connection: SQLiteConnection) throws {
    try rememberNewest(lane, time, connection)
    let update = try connection.statement("UPDATE newest SET cut_ms = max(cut_ms, ?2) WHERE lane = ?1")
    try update.bind(1, Int64(lane.rawValue))
    try update.bind(2, time.milliseconds)
    try update.run()
  }

  /// The oldest frames of one catalogue, as many as a batch may hold and at least one. Frames whose times wait for a trusted
  /// clock hold up those behind them.
  ///
  /// - Parameter range: of sequence numbers.
  func framesToCut(
    _ lane: Lane, _ connection: SQLiteConnection, in range: ClosedRange<Int64> = 0...Int64.max
  ) throws -> [HeldFrame] {
    let search = try connection.statement(
      """
      SELECT sequence, catalogue, samples, first_ms, last_ms, bytes, boot, offset_ms, is_estimated, boots.id
      FROM frames LEFT JOIN boots ON boots.id = frames.boot
      WHERE lane = ?1 AND sequence BETWEEN ?2 AND ?3 ORDER BY sequence
      """)
    try search.bind(1, Int64(lane.rawValue))
    try search.bind(2, range.lowerBound)
    try search.bind(3, range.upperBound)
    var frames: [HeldFrame] = []
    var samples = 0
    var size = FrameSize()
    var homeless: Int64?
    try search.forEachRow { row in
      guard row.isNull(6) || !row.isNull(7) else {
        if row.isNull(9) { homeless = row.int64(0) }
        return false
      }
      let frame = StoredFrame(
        bytes: row.blob(5), shift: .milliseconds(row.int64(7)), isEstimated: row.int(8) != 0)
      let held = HeldFrame(
        sequence: row.int64(0), catalogueID: row.int(1), samples: row.int(2),
        firstTime: Timestamp(milliseconds: row.int64(3)) + frame.shift,
        lastTime: Timestamp(milliseconds: row.int64(4)) + frame.shift, frame: frame)
      if let first = frames.first {
        guard held.catalogueID == first.catalogueID, samples + held.samples <= OutboxPolicy.maximumBatchSamples,
          size.admits(held.frame.bytes)
        else { return false }
      }
      samples += held.samples
      size.add(held.frame.bytes)
      frames.append(held)
      return true
    }
    if let homeless {
      throw SQLiteError(
        extendedCode: 11, message: "frame \(homeless) is of a boot that is not in its table", sql: search.sql)
    }
    return frames
  }

  private func keepDamaged(
    _ held: HeldFrame, _ lane: Lane, _ error: CodecError, _ connection: SQLiteConnection
  ) throws {
    let insert = try connection.statement("INSERT INTO damaged_frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
    try insert.bind(1, held.sequence)
    try insert.bind(2, Int64(lane.rawValue))
    try insert.bind(3, held.samples)
    try insert.bind(4, held.firstTime.milliseconds)
    try insert.bind(5, held.lastTime.milliseconds)
    try insert.bind(6, error.description)
    try insert.bind(7, held.frame.bytes)
    try insert.run()
  }

  /// What came with frames never was in the store.
  private func count(
    _ notices: [LossNotice], _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    for notice in notices { try count(notice.reason, notice.samples ?? 0, connection, &after) }
  }

  /// What loss notices stand for, summed up for status.
  func count(
    _ reason: LossNotice.Reason, _ samples: UInt64, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let upsert = try connection.statement(
      "INSERT INTO losses VALUES (?1, ?2) ON CONFLICT DO UPDATE SET samples = samples + excluded.samples")
    try upsert.bind(1, Int64(reason.rawValue))
    try upsert.bind(2, Int64(clamping: samples))
    try upsert.run()
    after.lost[reason, default: 0] += samples
  }
}
