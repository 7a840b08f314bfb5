import AlarmStates
import BatchCodec
import GatewayCore
import SQLite
import Telemetry

/// All that can be read of a damaged store. Each table is read forwards and then backwards, so that one bad page in the
/// middle hides only itself.
final class Salvage {
  /// A batch that can be read; its bytes stay where they are until they are taken over.
  struct Batch {
    var id: Int64
    var header: BatchHeader
    var kind: Int
    var samples: Int
  }

  struct EpochRows {
    /// The id of its row, or what batches say of that: smaller is older. Two may have the same.
    var order: Int64
    var isAbandoned = false
    /// What central had confirmed of it was guessed when an earlier file was taken over.
    var isGuessed = false
    var lanes: [Lane: (cut: UInt64, confirmed: UInt64)] = [:]
    /// Of what central confirmed.
    var sums: [ConfirmedBatches.Sum] = []
  }

  private(set) var batches: [Batch] = []
  private(set) var frames: [FrameRow] = []
  private(set) var catalogues: [(id: Int, bytes: [UInt8])] = []
  private(set) var boots: [(id: Int64, name: String, offset: Int64?, isEstimated: Bool)] = []
  // Where the index of a table is damaged, the daemon may have entered what was already there: the first row stands for all.
  private var sameCatalogue: [Int: Int] = [:]
  private var sameBoot: [Int64: Int64] = [:]
  private(set) var epochs: [Epoch: EpochRows] = [:]
  private(set) var newest: [Lane: Timestamp] = [:]
  /// Newest time in batches, those that were deleted with them.
  private(set) var newestCut: [Lane: Timestamp] = [:]
  private(set) var lastFrame: Int64 = 0
  private(set) var alarms: [(alarm: SavedAlarm, boot: String)] = []
  /// Rows whose check sum was wrong; those that could not be found at all are not counted.
  private(set) var unreadable = 0
  private let connection: SQLiteConnection?

  init(path: String, vfs: String?) {
    connection = try? SQLiteConnection(path: path, mode: .salvage, vfs: vfs)
    guard let connection else { return }
    Self.restoreDefinitions(connection)
    readEpochs(connection)
    readCatalogues(connection)
    readBoots(connection)
    readBatches(connection)
    readFrames(connection)
    try? connection.statement(
      "SELECT lane, ms, cut_ms FROM newest WHERE \(CopiedRows.isSound("newest", in: connection))"
    ).forEachRow {
      guard let lane = Lane(rawValue: UInt8(clamping: $0.int(0))) else { return true }
      take(lane, Timestamp(milliseconds: $0.int64(1)))
      takeCut(lane, Timestamp(milliseconds: $0.int64(2)))
      return true
    }
    let last = try? connection.statement(
      "SELECT last_frame FROM store WHERE \(CopiedRows.isSound("store", in: connection))"
    ).firstRow { $0.int64(0) }
    lastFrame = max(lastFrame, (last ?? nil) ?? 0)
    // A store of an earlier version may have been found damaged before its tables were brought up to date.
    alarms = AlarmTable.salvage(from: connection)
  }

  /// The bytes of a batch that was found, on the way that found it where no shorter one does; nil when it is not found again.
  func bytes(of batch: Batch) throws -> [UInt8]? {
    for way in ["rowid = ?1", "+rowid = ?1 ORDER BY rowid", "+rowid = ?1 ORDER BY rowid DESC"] {
      do {
        guard let search = try connection?.statement("SELECT * FROM batches WHERE \(way)") else { return nil }
        try search.bind(1, batch.id)
        if let bytes = try search.firstRow({ $0.blob(9) }),
          (try? BatchCodec.readHeader(bytes[...]).header) == batch.header
        {
          return bytes
        }
      } catch let error as SQLiteError where error.category == .corrupt {
        continue
      }
    }
    return nil
  }

  func close() { connection?.close() }

  /// Batches for which the disk has no room.
  private(set) var left = 0

  /// Only frames and counts are taken over.
  func leaveBatches() {
    left = batches.count
    batches.removeAll()
  }

  private func take(_ lane: Lane, _ time: Timestamp) {
    newest[lane] = max(newest[lane] ?? time, time)
  }

  private func takeCut(_ lane: Lane, _ time: Timestamp) {
    take(lane, time)
    newestCut[lane] = max(newestCut[lane] ?? time, time)
  }

  private func readEpochs(_ connection: SQLiteConnection) {
    // Batches say their epoch themselves, with a check sum; of one without batches nothing is lost with its row.
    let sums = ConfirmedBatches.salvage(from: connection)
    try? connection.statement(
      "SELECT epoch, id, state, reason FROM epochs NOT INDEXED WHERE \(CopiedRows.epochIsIndexed)"
    )
    .forEachRow {
      if let epoch = Epoch(text: $0.text(0)) {
        epochs[epoch] = EpochRows(
          order: $0.int64(1), isAbandoned: $0.int(2) == OutboxSchema.EpochState.abandoned.rawValue,
          isGuessed: $0.text(3).hasPrefix(OutboxSchema.guessedConfirmations), sums: sums[$0.int64(1)] ?? [])
      }
      return true
    }
    try? connection.statement(
      """
      SELECT epochs.epoch, lane, cut_through, confirmed_through FROM lanes JOIN epochs ON epochs.id = lanes.epoch
      WHERE \(CopiedRows.isSound("lanes", in: connection))
      """
    ).forEachRow {
      guard let epoch = Epoch(text: $0.text(0)), let lane = Lane(rawValue: UInt8(clamping: $0.int(1))),
        $0.int64(2) >= $0.int64(3), $0.int64(3) >= 0
      else { return true }
      epochs[epoch]?.lanes[lane] = (UInt64(clamping: $0.int64(2)), UInt64(clamping: $0.int64(3)))
      return true
    }
  }

  private func readCatalogues(_ connection: SQLiteConnection) {
    // The index has the bytes, too: without its catalogue no frame can be read.
    for source in [
      "* FROM catalogues NOT INDEXED", "id, bytes FROM catalogues INDEXED BY sqlite_autoindex_catalogues_1",
    ] {
      try? connection.statement("SELECT \(source)").forEachRow { row in
        let (id, bytes) = (row.int(0), row.blob(1))
        let isNew = !catalogues.contains { $0.id == id }
        guard isNew, (try? CatalogueCodec.decode(bytes)) != nil else { return true }
        if let same = catalogues.first(where: { $0.bytes == bytes }) {
          sameCatalogue[id] = same.id
        } else {
          catalogues.append((id, bytes))
        }
        return true
      }
    }
  }

  private func readBoots(_ connection: SQLiteConnection) {
    try? connection.statement(
      "SELECT id, name, iif(\(CopiedRows.isSound("boots", in: connection)), offset_ms, NULL), is_estimated FROM boots"
    ).forEachRow { row in
      let (id, name) = (row.int64(0), row.text(1))
      if let same = boots.first(where: { $0.name == name }) {
        sameBoot[id] = same.id
      } else {
        boots.append((id, name, row.isNull(2) ? nil : row.int64(2), row.int(3) != 0))
      }
      return true
    }
  }

  private func readBatches(_ connection: SQLiteConnection) {
    var seen: Set<Int64> = []
    for order in ["ASC", "DESC"] {
      // By their places: a name may have changed in the definition.
      let list = try? connection.statement("SELECT * FROM batches ORDER BY rowid \(order)")
      try? list?.forEachRow { row in
        guard seen.insert(row.int64(0)).inserted else { return order == "ASC" }
        let (epoch, kind, count, bytes) = (row.int64(1), row.int(5), row.int(6), row.blob(9))
        guard let batch = try? BatchCodec.decode(bytes[...]) else {
          unreadable += 1
          return true
        }
        let header = batch.header
        // Its row is lost, but batches say where it belongs.
        if epochs[header.epoch] == nil { epochs[header.epoch] = EpochRows(order: epoch) }
        takeCut(header.lane, header.lastTime)
        let samples = (0...CopiedRows.mostSamples).contains(count) ? count : header.recordCount
        batches.append(Batch(id: row.int64(0), header: header, kind: kind, samples: samples))
        return true
      }
    }
  }

  private func readFrames(_ connection: SQLiteConnection) {
    var known: [Int: FrameLayout] = [:]
    for (id, bytes) in catalogues { known[id] = (try? CatalogueCodec.decode(bytes)).map(FrameLayout.init) }
    for (id, same) in sameCatalogue { known[id] = known[same] }
    var found: [FrameRow] = []
    let isWhole = read(connection, "ASC") { row in
      found.append(row)
      return true
    }
    if !isWhole {
      var behind: [FrameRow] = []
      let newest = found.last
      _ = read(connection, "DESC") { row in
        guard row != newest else { return false }
        behind.append(row)
        return true
      }
      found += behind.reversed()
    }
    for row in FrameRow.numbered(found) {
      guard let head = try? FrameHead(of: row.bytes, layout: { known[$0] }) else {
        unreadable += 1
        continue
      }
      var frame = row
      frame.correct(by: head)
      lastFrame = max(lastFrame, frame.sequence)
      if frame.boot == nil { take(head.lane, frame.last) }
      if head.lane == .telemetry, let same = sameCatalogue[frame.catalogue] {
        frame.catalogue = same
        frame.bytes = FrameCodec.renumbered(frame.bytes, catalogueID: same)
      }
      frame.boot = frame.boot.map { sameBoot[$0] ?? $0 }
      frames.append(frame)
    }
  }

  /// Frames in the order in which the table has them, or the other way round; true when it could be read to its end.
  private func read(_ connection: SQLiteConnection, _ order: String, _ take: (FrameRow) -> Bool) -> Bool {
    // By their places, in the order of ``FrameRow/columns``: a name may have changed in the definition.
    let list = try? connection.statement("SELECT * FROM frames ORDER BY rowid \(order)")
    guard let list else { return false }
    return (try? list.forEachRow { take(FrameRow($0)) }) != nil
  }
}
