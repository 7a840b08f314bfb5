import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// A damaged file is set aside; every batch and frame in it that can be read and whose check sum is right goes into a new
/// file. Batches keep epoch and number, so that central still recognises what it has; numbers that are missing between them
/// are filled with loss notices. Frames are cut in the new epoch.
extension SQLiteOutbox {
  /// The new file is made whole, beside the damaged one, before it takes its place: whatever happens on the way, either the
  /// damaged file is still there, and all is done again, or the new one is complete.
  func startAnew(_ cause: String) throws(OutboxStoreError) -> [String] {
    place.listener?.begins("what can be read of a damaged outbox is being taken over")
    defer { place.listener?.ended() }
    forget()
    let salvaged = Salvage(path: place.database, vfs: place.vfs)
    try attempt(outcomeUnknown: false) {
      do {
        try makeSuccessor(salvaged, cause)
      } catch let error as SQLiteError where error.category == .full {
        // Not even room for what could be saved: it stays in the file that is set aside, and the notices name it.
        salvaged.leaveBatches()
        try makeSuccessor(salvaged, cause)
      }
    }
    salvaged.close()
    ownFrame = salvaged.lastFrame + 1
    let aside = try place.files.setAside(place.database)
    try place.files.rename(place.successor, to: place.database)
    // Should opening fail now, it is not the new file's fault.
    wasSetAside()
    try attempt(outcomeUnknown: false) { _ = try openDatabase() }
    return [
      "the outbox was damaged (\(cause)); it is kept as \(aside), \(salvaged.batches.count) batches and "
        + "\(salvaged.frames.count) frames were taken over, \(salvaged.unreadable) could not be read"
        + (salvaged.left > 0
          ? "; there was no room for its batches, so \(salvaged.left) stay in that file: make room on the disk" : "")
    ]
  }

  private func makeSuccessor(_ salvaged: Salvage, _ cause: String) throws {
    place.files.remove(place.successor)
    epochIDs.removeAll()
    let connection = try SQLiteConnection(path: place.successor, mode: .readWrite, vfs: place.vfs)
    defer {
      connection.close()
      epochIDs.removeAll()
    }
    try connection.applyWriterPragmas(.init(autocheckpointPages: 0, cacheKibibytes: place.cacheKibibytes))
    _ = try OutboxSchema.prepare(connection, epoch: Epoch(using: &random).description, place: "")
    var after = try OutboxReader.state(connection)
    try connection.transaction { try takeOver(salvaged, cause, connection, &after) }
    try connection.checkpoint(.truncate)
  }

  private func takeOver(
    _ salvage: Salvage, _ cause: String, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    for (id, bytes) in salvage.catalogues {
      let insert = try connection.statement("INSERT OR IGNORE INTO catalogues VALUES (?1, ?2)")
      try insert.bind(1, id)
      try insert.bind(2, bytes)
      try insert.run()
    }
    // Before the new epoch, which has the id 1: what was made first is delivered first. The ids are given anew, so that no
    // damage makes two of them alike.
    let epochs = salvage.epochs.sorted {
      ($0.value.order, $0.key.description) < ($1.value.order, $1.key.description)
    }
    for (index, (epoch, lanes)) in epochs.enumerated() {
      try takeOver(epoch, lanes, id: Int64(index - epochs.count), salvage, cause, connection)
    }
    for boot in salvage.boots {
      let insert = try connection.statement("INSERT OR IGNORE INTO boots VALUES (?1, ?2, ?3, ?4)")
      try insert.bind(1, boot.id)
      try insert.bind(2, boot.name)
      if let offset = boot.offset { try insert.bind(3, offset) } else { try insert.bindNull(3) }
      try insert.bind(4, boot.isEstimated ? 1 : 0)
      try insert.run()
    }
    try nameLostBoots(salvage, connection)
    for frame in salvage.frames { try insert(frame, connection) }
    for lane in Lane.allCases {
      try rememberNewest(lane, salvage.newest[lane], connection)
      if let cut = salvage.newestCut[lane] { try rememberCut(lane, cut, connection) }
    }
    let update = try connection.statement("UPDATE store SET last_frame = ?1, owes_alarm_states = 1")
    try update.bind(1, salvage.lastFrame + 1)
    try update.run()
    for (alarm, boot) in salvage.alarms { try AlarmTable.write(alarm, boot: boot, to: connection) }
    try addNotice(salvage, cause, connection, &after)
    try beginAlarms(salvage, cause, connection, &after)
  }

  /// A boot that frames were taken in, but whose row is lost, counts as one whose clock was never set: the times of its
  /// frames are guessed when the clock is trusted.
  private func nameLostBoots(_ salvage: Salvage, _ connection: SQLiteConnection) throws {
    let known = Set(salvage.boots.map(\.id))
    let insert = try connection.statement("INSERT OR IGNORE INTO boots VALUES (?1, ?2, NULL, 0)")
    for id in Set(salvage.frames.compactMap(\.boot)).subtracting(known).sorted() {
      try insert.bind(1, id)
      try insert.bind(2, "lost-\(id)")
      try insert.run()
    }
  }

  /// One notice for all that nobody can name any more, as a frame of its own behind the salvaged ones.
  private func addNotice(
    _ salvage: Salvage, _ cause: String, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let detail = "the store was damaged (\(cause)); \(salvage.unreadable) rows could not be read, perhaps more"
    let notice = LossNotice(reason: .damagedStore, lane: .telemetry, detail: detail)
    let catalogue = Catalogue(devices: [])
    let bytes = CatalogueCodec.encode(catalogue)
    let insert = try connection.statement("INSERT OR IGNORE INTO catalogues(bytes) VALUES (?1)")
    try insert.bind(1, bytes)
    try insert.run()
    let search = try connection.statement("SELECT id FROM catalogues WHERE bytes = ?1")
    try search.bind(1, bytes)
    let id = try search.firstRow { $0.int(0) } ?? 0
    let time = salvage.newest[.telemetry] ?? Timestamp(milliseconds: 0)
    let frame = FrameCodec.encode([], losses: [notice], layout: FrameLayout(catalogue), catalogueID: id)
    try self.insert(
      FrameRow(
        sequence: salvage.lastFrame + 1, lane: .telemetry, catalogue: id, boot: nil, samples: 0, first: time,
        last: time, bytes: frame), connection)
    try count(.damagedStore, 0, connection, &after)
  }

  /// Events may be missing among the salvaged ones, and nobody can say between which: the lane begins with a notice.
  private func beginAlarms(
    _ salvage: Salvage, _ cause: String, _ connection: SQLiteConnection, _ after: inout OutboxState
  ) throws {
    let notice = LossNotice(
      reason: .damagedStore, lane: .alarms, detail: "the store was damaged (\(cause)); events may be missing")
    let time = salvage.newest[.alarms] ?? salvage.newest[.telemetry] ?? Timestamp(milliseconds: 0)
    let bytes = try Self.encode(notice, epoch: after.epoch, number: 1, span: 1, time: time)
    let header = try BatchCodec.readHeader(bytes[...]).header
    try append(bytes, header, kind: .replacement, samples: 0, lane: .alarms, connection, &after)
  }

  private func insert(_ frame: FrameRow, _ connection: SQLiteConnection) throws {
    let insert = try connection.statement("INSERT OR IGNORE INTO frames VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    try insert.bind(1, frame.sequence)
    try insert.bind(2, frame.lane)
    if frame.lane == Int(Lane.telemetry.rawValue) {
      try insert.bind(3, frame.catalogue)
    } else {
      try insert.bindNull(3)
    }
    if let boot = frame.boot { try insert.bind(4, boot) } else { try insert.bindNull(4) }
    try insert.bind(5, frame.samples)
    try insert.bind(6, frame.first.milliseconds)
    try insert.bind(7, frame.last.milliseconds)
    try insert.bind(8, frame.bytes)
    try insert.run()
  }

  private func takeOver(
    _ epoch: Epoch, _ found: Salvage.EpochRows, id: Int64, _ salvage: Salvage, _ cause: String,
    _ connection: SQLiteConnection
  ) throws {
    let insert = try connection.statement("INSERT INTO epochs(id, epoch, state, reason) VALUES (?1, ?2, ?3, ?4)")
    try insert.bind(1, id)
    try insert.bind(2, epoch.description)
    try insert.bind(3, (found.isAbandoned ? OutboxSchema.EpochState.abandoned : .closed).rawValue)
    let isKnown = Lane.allCases.allSatisfy { found.lanes[$0] != nil } && !found.isGuessed
    try insert.bind(4, (isKnown ? "damaged: " : OutboxSchema.guessedConfirmations) + cause)
    try insert.run()
    try ConfirmedBatches.write(found.sums, epoch: id, to: connection)
    for lane in Lane.allCases {
      let held = salvage.batches.filter { $0.header.epoch == epoch && $0.header.lane == lane }
      let known = found.lanes[lane]
      let newest = max(held.map(\.header.number).max() ?? 0, known?.cut ?? 0)
      let confirmed = min(known?.confirmed ?? (held.map(\.header.firstNumber).min() ?? 1) - 1, newest)
      let head = try connection.statement("INSERT INTO lanes VALUES (?1, ?2, ?3, ?3, ?4)")
      try head.bind(1, id)
      try head.bind(2, Int64(lane.rawValue))
      try head.bind(3, Int64(newest))
      try head.bind(4, Int64(confirmed))
      try head.run()
      try fill(held, salvage, confirmed, newest, EpochLane(epoch, lane), id, connection)
    }
  }

  /// Inserts what was read, and notices for the numbers between.
  private func fill(
    _ held: [Salvage.Batch], _ salvage: Salvage, _ confirmed: UInt64, _ newest: UInt64, _ row: EpochLane, _ id: Int64,
    _ connection: SQLiteConnection
  ) throws {
    var next = confirmed + 1
    for batch in held.sorted(by: { $0.header.number < $1.header.number }) where batch.header.number >= next {
      guard let bytes = try salvage.bytes(of: batch) else { continue }
      if batch.header.firstNumber > next {
        try fillGap(next...batch.header.firstNumber - 1, row, id, batch.header.firstTime, connection)
      }
      let kind = OutboxSchema.Kind(rawValue: batch.kind) ?? .samples
      let end = kind == .thinned ? batch.header.lastTime + Thinning.usualPeriod : batch.header.lastTime
      try insertBatch(
        bytes, batch.header, epoch: id, kind: kind, samples: batch.samples, until: end,
        connection)
      next = batch.header.number + 1
    }
    guard next <= newest else { return }
    try fillGap(next...newest, row, id, held.last?.header.lastTime ?? Timestamp(milliseconds: 0), connection)
  }

  private func fillGap(
    _ numbers: ClosedRange<UInt64>, _ row: EpochLane, _ id: Int64, _ time: Timestamp, _ connection: SQLiteConnection
  ) throws {
    let notice = LossNotice(reason: .damagedStore, lane: row.lane, numbers: numbers)
    let span = UInt32(clamping: numbers.upperBound - numbers.lowerBound + 1)
    let bytes = try Self.encode(notice, epoch: row.epoch, number: numbers.upperBound, span: span, time: time)
    try insertBatch(
      bytes, try BatchCodec.readHeader(bytes[...]).header, epoch: id, kind: .replacement, samples: 0, connection)
  }
}
