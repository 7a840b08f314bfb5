import AlarmStates
import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// The steps of one transaction. Each changes the file and, alike, the counts that are valid once COMMIT has returned.
extension SQLiteOutbox {
  func apply(
    _ transaction: OutboxTransaction, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let retiredBefore = after.retired.count
    let movesNumbers = movesNumbers(transaction) || after.isMoving
    if movesNumbers, let table = try CopiedRows.firstDifferenceInUse(connection) {
      throw SQLiteError(
        extendedCode: 11, message: "a row of '\(table)' is not as its copy", sql: "comparing copies in use")
    }
    try insert(transaction.frames, connection, &after)
    try keep(transaction.alarms, forgotten: transaction.forgottenAlarms, connection, &after)
    if transaction.tellsAlarmStates { try setOwesAlarmStates(false, connection, &after) }
    if let offset = transaction.clockOffset { try place(offset, connection, &after) }
    for (row, numbers) in transaction.incomparable.sorted(by: { $0.key < $1.key }) {
      try reportIncomparable(row, numbers, connection, &after)
    }
    for (row, number) in transaction.confirmed { try deleteBatches(row, through: number, connection, &after) }
    for (row, number) in transaction.offered { try offer(row, through: number, connection, &after) }
    for (row, position) in transaction.missingAtCentral { try reportMissing(row, position, connection, &after) }
    for (row, numbers) in transaction.damaged {
      for number in numbers { try replaceDamaged(row, number, connection, &after) }
    }
    for epoch in transaction.abandoned { try abandon(epoch, connection, &after) }
    if let retirement = transaction.retirement { try retire(retirement, connection, &after) }
    for (row, numbers) in transaction.goneAtCentral.sorted(by: { $0.key < $1.key }) {
      try reportGone(row, numbers, connection, &after)
    }
    if after.isMoving, !restsFromMoving { try moveBatches(connection, &after) }
    if !after.isMoving {
      for lane in transaction.cut { try cut(lane, connection, &after) }
      if transaction.thin > 0 { try thin(transaction.thin, connection, &after) }
      if let drop = transaction.drop { try dropOldest(drop.count, drop.reason, connection, &after) }
    }
    after.oldestDroppable = try OutboxReader.oldestDroppable(connection, after)
    if let traffic = transaction.traffic { try add(traffic, connection) }
    // What an epoch held may have been the last of it.
    if transaction.retirement != nil || !transaction.goneAtCentral.isEmpty || after.retired.count != retiredBefore {
      try ConfirmedBatches.limitEnded(in: connection)
      after.ended = try ConfirmedBatches.ended(in: connection)
    }
    if movesNumbers { try compareNumbers(with: after, connection) }
  }

  /// What a transaction leaves of numbers and newest times is what memory says: between the first look at their rows and their
  /// change these may have been read from the disk anew, and the copies follow every change.
  private func compareNumbers(with after: OutboxState, _ connection: SQLiteConnection) throws {
    var strange: String?
    try connection.statement(
      """
      SELECT epochs.epoch, lane, cut_through, offered_through, confirmed_through
      FROM lanes JOIN epochs ON epochs.id = lanes.epoch
      """
    ).forEachRow { row in
      guard let epoch = Epoch(text: row.text(0)), let lane = Lane(rawValue: UInt8(clamping: row.int(1))),
        let held = after.laneState(EpochLane(epoch, lane))
      else { return true }
      let numbers = [2, 3, 4].map { UInt64(clamping: row.int64($0)) }
      guard numbers != [held.cutThrough, held.offeredThrough, held.confirmedThrough] else { return true }
      strange = "lanes"
      return false
    }
    try connection.statement("SELECT lane, ms, cut_ms FROM newest").forEachRow { row in
      guard let lane = Lane(rawValue: UInt8(clamping: row.int(0))), let held = after.frames[lane] else { return true }
      let never = Timestamp(milliseconds: .min)
      guard
        Timestamp(milliseconds: row.int64(2)) != held.cutTime ?? never
          || Timestamp(milliseconds: row.int64(1)) > held.lastTime ?? never
      else { return true }
      strange = "newest"
      return false
    }
    let store = try connection.statement(
      "SELECT epochs.epoch, last_frame, owes_alarm_states FROM store JOIN epochs ON epochs.id = store.epoch"
    ).firstRow { ($0.text(0), $0.int64(1), $0.int(2) != 0) }
    if store?.0 != after.epoch.description || store?.1 ?? .max > after.lastFrame || store?.2 != after.owesAlarmStates {
      strange = "store"
    }
    guard let strange else { return }
    throw SQLiteError(
      extendedCode: 11, message: "a row of '\(strange)' is not what was written", sql: "comparing numbers")
  }

  /// Whether it changes rows that are kept twice: not when frames only come in.
  private func movesNumbers(_ transaction: OutboxTransaction) -> Bool {
    var rest = transaction
    rest.frames = []
    rest.alarms = []
    rest.forgottenAlarms = []
    return !rest.isEmpty || rest.tellsAlarmStates
  }

  func epochID(_ epoch: Epoch, _ connection: SQLiteConnection) throws -> Int64 {
    if let id = try knownEpochID(epoch, connection) { return id }
    throw SQLiteError(extendedCode: 11, message: "epoch \(epoch) is not in its table", sql: "SELECT id FROM epochs")
  }

  /// Nil for an epoch that this store does not know any more, because a damaged one lost it: epochs are never deleted.
  func knownEpochID(_ epoch: Epoch, _ connection: SQLiteConnection) throws -> Int64? {
    if let known = epochIDs[epoch] { return known }
    // A damaged index must not have a known epoch look like an unknown one.
    let search = try connection.statement("SELECT id FROM epochs NOT INDEXED WHERE epoch = ?1")
    try search.bind(1, epoch.description)
    let id = try search.firstRow { $0.int64(0) }
    if let id { epochIDs[epoch] = id }
    return id
  }

  /// One row a frame and nothing else: each further page that a commit touches is written to the disk twice. Newest number and
  /// newest time are read from the frames, and written down when these are cut.
  private func insert(_ frames: [PendingFrame], _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    let insert = try connection.statement("INSERT INTO frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    for frame in frames where frame.sequence > after.lastFrame {
      let boot = frame.hasBootTimes ? try bootID(connection) : nil
      try insert.bind(1, frame.sequence)
      try insert.bind(2, Int64(frame.lane.rawValue))
      if frame.lane == .telemetry { try insert.bind(3, frame.catalogueID) } else { try insert.bindNull(3) }
      if let boot { try insert.bind(4, boot) } else { try insert.bindNull(4) }
      try insert.bind(5, frame.sampleCount)
      try insert.bind(6, frame.firstTime.milliseconds)
      try insert.bind(7, frame.lastTime.milliseconds)
      try frame.bytes.withUnsafeBytes {
        try insert.bind(8, borrowing: $0)
        try insert.run()
      }
      after.lastFrame = frame.sequence
      after.endsWithOwnFrame = false
      var held = after.frames[frame.lane] ?? .init()
      held.count += 1
      held.samples += frame.sampleCount
      held.bytes += frame.bytes.count
      if frame.hasBootTimes {
        held.waitingForClock += 1
      } else {
        held.oldestTime = held.oldestTime ?? frame.firstTime
        held.lastTime = max(held.lastTime ?? frame.lastTime, frame.lastTime)
      }
      after.frames[frame.lane] = held
    }
  }

  /// The newest wall-clock time of a lane outlives its frames and its epoch (promise G4).
  func rememberNewest(_ lane: Lane, _ time: Timestamp?, _ connection: SQLiteConnection) throws {
    guard let time else { return }
    let upsert = try connection.statement(
      "INSERT INTO newest VALUES (?1, ?2, -9223372036854775808) ON CONFLICT DO UPDATE SET ms = max(ms, excluded.ms)")
    try upsert.bind(1, Int64(lane.rawValue))
    try upsert.bind(2, time.milliseconds)
    try upsert.run()
  }

  private func bootID(_ connection: SQLiteConnection) throws -> Int64 {
    let insert = try connection.statement(
      "INSERT INTO boots(name, offset_ms, is_estimated) VALUES (?1, NULL, 0) ON CONFLICT DO NOTHING")
    try insert.bind(1, place.boot)
    try insert.run()
    let search = try connection.statement("SELECT id FROM boots WHERE name = ?1")
    try search.bind(1, place.boot)
    return try search.firstRow { $0.int64(0) } ?? 0
  }

  private func keep(
    _ alarms: [SavedAlarm], forgotten: [String], _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard !alarms.isEmpty || !forgotten.isEmpty else { return }
    var active = Set(after.activeAlarms).subtracting(forgotten)
    for alarm in alarms {
      try AlarmTable.write(alarm, boot: place.boot, to: connection)
      if alarm.record.standing.isActive { active.insert(alarm.record.name) } else { active.remove(alarm.record.name) }
    }
    for name in forgotten { try AlarmTable.delete(name, from: connection) }
    after.activeAlarms = active.sorted()
  }

  /// What central knows of the alarms may be wrong until the state of each is told again (promise G5). That it is owed
  /// stands in the transaction that is the reason for it, so no kill comes between.
  func setOwesAlarmStates(_ owes: Bool, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    guard after.owesAlarmStates != owes else { return }
    try connection.execute("UPDATE store SET owes_alarm_states = \(owes ? 1 : 0)")
    after.owesAlarmStates = owes
  }

  /// The clock is trusted: frames of this boot get their offset; those of earlier boots, whose clock never was, are put
  /// directly before the boot that followed, which is the latest they can have been.
  private func place(_ offset: Duration, _ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    let milliseconds = offset.wholeMilliseconds
    let known = try connection.statement("UPDATE boots SET offset_ms = ?2 WHERE name = ?1")
    try known.bind(1, place.boot)
    try known.bind(2, milliseconds)
    try known.run()
    var end = milliseconds
    var guesses: [(id: Int64, offset: Int64)] = []
    // Places are guessed from the columns beside frames, and there is no other guess later.
    if let sequence = try FrameRow.firstDisagreement(
      connection, where: "boot IN (SELECT id FROM boots WHERE offset_ms IS NULL)")
    {
      throw SQLiteError(
        extendedCode: 11, message: "the row of frame \(sequence) is not as the frame says", sql: "placing frames")
    }
    let earlier = try connection.statement(
      """
      SELECT boots.id, min(first_ms), max(last_ms) FROM frames JOIN boots ON boots.id = frames.boot
      WHERE offset_ms IS NULL GROUP BY boots.id ORDER BY boots.id DESC
      """)
    try earlier.forEachRow { row in
      let guess = end &- 1 &- row.int64(2)
      guesses.append((row.int64(0), guess))
      end = guess &+ row.int64(1)
      return true
    }
    let estimate = try connection.statement("UPDATE boots SET offset_ms = ?2, is_estimated = 1 WHERE id = ?1")
    for (id, guess) in guesses {
      try estimate.bind(1, id)
      try estimate.bind(2, guess)
      try estimate.run()
    }
    for lane in Lane.allCases { after.frames[lane]?.waitingForClock = 0 }
  }

  /// Batches that central has are deleted, and its position is kept for status and for noticing a restored central.
  private func deleteBatches(
    _ row: EpochLane, through number: UInt64, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard let known = after.laneState(row), number > known.confirmedThrough else { return }
    let id = try epochID(row.epoch, connection)
    // Whoever confirms what was never cut speaks of another store.
    guard number <= known.cutThrough else { throw OutboxStoreError("a confirmation beyond the newest batch of \(row)") }
    // While they are still there to be counted.
    try offer(row, through: number, connection, &after)
    guard var held = after.laneState(row) else { return }
    let sum = try connection.statement(
      """
      SELECT count(*), ifnull(sum(samples), 0), ifnull(sum(length(bytes)), 0) FROM batches
      WHERE epoch = ?1 AND lane = ?2 AND number <= ?3
      """)
    try bind(sum, id, row.lane, number)
    let (count, samples, bytes) = try sum.firstRow { ($0.int(0), $0.int(1), $0.int(2)) } ?? (0, 0, 0)
    try ConfirmedBatches.remember(id, row.lane, beyond: held.confirmedThrough, through: number, in: connection)
    for sql in [
      "DELETE FROM batches WHERE epoch = ?1 AND lane = ?2 AND number <= ?3",
      "UPDATE lanes SET confirmed_through = ?3 WHERE epoch = ?1 AND lane = ?2",
    ] {
      let change = try connection.statement(sql)
      try bind(change, id, row.lane, number)
      try change.run()
    }
    held.confirmedThrough = number
    held.batchCount -= count
    held.batchSamples -= samples
    held.batchBytes -= bytes
    held.oldestTime = try OutboxReader.oldestBatch(connection, id, row.lane)
    // What is left of the counts is a row to which the index did not lead: it is looked for when all of the file is.
    if number == held.cutThrough, held.batchCount != 0 { foundDamage = true }
    after.setLaneState(row, held)
  }

  func offer(
    _ row: EpochLane, through number: UInt64, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    guard var held = after.laneState(row), number > held.offeredThrough else { return }
    let id = try epochID(row.epoch, connection)
    let update = try connection.statement("UPDATE lanes SET offered_through = ?3 WHERE epoch = ?1 AND lane = ?2")
    try bind(update, id, row.lane, number)
    try update.run()
    let before = held.offeredThrough
    held.offeredThrough = number
    after.setLaneState(row, held)
    guard row == EpochLane(after.epoch, .telemetry) else { return }
    // Only those that were just offered are looked at: the whole of a long backlog takes too long for each request. What
    // stands for numbers on both sides of `before` was not counted any more.
    let count = try connection.statement(
      """
      SELECT ifnull(sum(kind = 0), 0), ifnull(sum(kind IN (0, 1)), 0) FROM batches
      WHERE epoch = ?1 AND lane = ?2 AND number > ?4 AND first_number > ?4 AND first_number <= ?3
        AND number <= (SELECT min(number) FROM batches WHERE epoch = ?1 AND lane = ?2 AND number >= ?3)
      """)
    try bind(count, id, .telemetry, number)
    try count.bind(4, Int64(before))
    let (thinnable, droppable) = try count.firstRow { ($0.int(0), $0.int(1)) } ?? (0, 0)
    after.thinnableBatches -= thinnable
    after.droppableBatches -= droppable
  }

  func countReclaimable(_ connection: SQLiteConnection, _ after: inout OutboxState) throws {
    (after.thinnableBatches, after.droppableBatches) = try OutboxReader.reclaimable(
      connection, try epochID(after.epoch, connection), after[.telemetry].offeredThrough)
  }

  func bind(_ statement: SQLiteStatement, _ epoch: Int64, _ lane: Lane, _ number: UInt64) throws {
    try statement.bind(1, epoch)
    try statement.bind(2, Int64(lane.rawValue))
    try statement.bind(3, Int64(number))
  }

  private func add(_ traffic: (day: String, sent: Int, received: Int), _ connection: SQLiteConnection) throws {
    let upsert = try connection.statement(
      """
      INSERT INTO traffic VALUES (?1, ?2, ?3)
      ON CONFLICT DO UPDATE SET sent = sent + excluded.sent, received = received + excluded.received
      """)
    try upsert.bind(1, traffic.day)
    try upsert.bind(2, traffic.sent)
    try upsert.bind(3, traffic.received)
    try upsert.run()
    try connection.statement(
      "DELETE FROM traffic WHERE day NOT IN (SELECT day FROM traffic ORDER BY day DESC LIMIT 60)"
    ).run()
  }
}

extension OutboxState {
  /// Nil when the store has no such epoch any more.
  func laneState(_ row: EpochLane) -> LaneState? {
    if row.epoch == epoch { return self[row.lane] }
    return retired.first { $0.epoch == row.epoch }?.lanes[row.lane]
  }

  mutating func setLaneState(_ row: EpochLane, _ state: LaneState) {
    if row.epoch == epoch { return self[row.lane] = state }
    guard let index = retired.firstIndex(where: { $0.epoch == row.epoch }) else { return }
    retired[index].lanes[row.lane] = state
    // An epoch of which nothing is left is history.
    if retired[index].lanes.values.allSatisfy({ $0.batchCount == 0 }) { retired.remove(at: index) }
  }
}
