public import AlarmStates
import BatchCodec
public import GatewayCore
import SQLite
public import Telemetry

/// The outbox in one SQLite file, `outbox.db` of its directory: write-ahead log, FULL sync, one connection.
///
/// What a transaction did is known only when COMMIT returned. After an error the counts kept in memory are thrown away and
/// read again from the file, so that the next decision rests on what is on the disk. A file that is damaged is set aside,
/// and what can be read of it goes into a new one.
public final class SQLiteOutbox: OutboxStore {
  let place: OutboxPlace
  var random: any RandomNumberGenerator
  private var claim: AnyObject?
  /// Nil until the store could be opened, and after it was found damaged.
  private(set) var connection: SQLiteConnection?
  private var known: OutboxState?
  private(set) var mustSetAside = false
  /// Something in the file changed on the disk: all of it is looked at when it is opened next.
  private var isSuspect = false
  /// What was committed, or may have been: newest time of each lane, and newest frame.
  private var newestTimes: [Lane: Timestamp] = [:]
  private var newestFrame: Int64 = 0
  /// The newest frame that was committed for certain.
  private var certainFrame: Int64 = 0
  /// The transaction under way met something that changed on the disk.
  var foundDamage = false
  /// The frame that says that a damaged file was taken over.
  var ownFrame: Int64?
  /// The disk had no room to move batches of an abandoned epoch: the next transaction does without.
  private(set) var restsFromMoving = false
  /// Row ids of epochs.
  var epochIDs: [Epoch: Int64] = [:]
  /// Catalogues that cutting needed lately; a gateway has one, and two for a while after a change of configuration.
  private var layouts: [Int: FrameLayout] = [:]
  /// Of the open file; it never changes, and each reading of a pragma is compiled anew.
  var pageBytes: Int?
  /// Pages of 4 KiB that were written to the disk, log and database file alike.
  public internal(set) var pagesWritten = 0

  public init(_ place: OutboxPlace) {
    self.place = place
    random = place.random
  }

  /// Keeps other daemons away from the directory; opening does it too.
  ///
  /// - Throws: of kind `held` when another daemon has it, `failed` when the directory cannot be used now.
  public func claimDirectory() throws(OutboxStoreError) {
    if claim == nil { claim = try place.files.claim(directory: place.directory) }
  }

  public var isOpen: Bool { connection != nil }

  public func open() throws(OutboxStoreError) -> [String] {
    guard connection == nil else { return [] }
    try claimDirectory()
    place.listener?.begins("the outbox is being checked" + (isSuspect ? ", as something in it changed" : ""))
    defer { place.listener?.ended() }
    var news: [String] = []
    if mustSetAside {
      // All may be done already, but for the last renaming.
      let isTakenOver = !place.files.exists(place.database) && place.files.exists(place.successor)
      guard isTakenOver else { return try startAnew("SQLite reported damage while it was running") }
      wasSetAside()
    }
    do {
      news += try openDatabase()
    } catch let error as OutboxSchema.NewerFormat {
      throw OutboxStoreError(error.description, .newerFormat)
    } catch let error as SQLiteError where Self.isDamage(error) || error.code == 1 {
      // Code 1, while a file is opened: a flipped bit made a format that SQLite does not know, or a table without a column.
      connection = nil
      news += try startAnew("\(error.message) at \"\(error.sql)\"")
    } catch {
      connection = nil
      throw OutboxStoreError("outbox in \(place.directory): \(error)")
    }
    return news
  }

  /// Opens or makes the file and reads it; throws what SQLite says.
  func openDatabase() throws -> [String] {
    if !place.files.exists(place.database), place.files.exists(place.successor) {
      try place.files.rename(place.successor, to: place.database)
    }
    try SQLiteLog.makeDurable(database: place.database, vfs: place.vfs)
    let made = try SQLiteConnection(path: place.database, mode: .readWrite, vfs: place.vfs)
    guard !made.isMarkedReadOnly else {
      throw SQLiteError(extendedCode: 11, message: "its header forbids writing", sql: "open")
    }
    // Checkpoints are made by hand, so that their pages are counted.
    try made.applyWriterPragmas(.init(autocheckpointPages: 0, cacheKibibytes: place.cacheKibibytes))
    // What an earlier process wrote without a sync is in the page cache only: a later commit must not stand behind it.
    try made.checkpoint(.truncate)
    made.watchLog()
    var news: [String] = []
    let isNew = try OutboxSchema.prepare(made, epoch: Epoch(using: &random).description, place: "")
    let damage = isNew ? [] : try made.findDamage(thorough: isSuspect, limit: 1)
    if let finding = damage.first { throw SQLiteError(extendedCode: 11, message: finding, sql: "quick_check") }
    if let table = try CopiedRows.firstDifference(made) {
      throw SQLiteError(extendedCode: 11, message: "a row of '\(table)' is not as its copy", sql: "comparing copies")
    }
    if let sequence = try FrameRow.firstDisagreement(made) {
      throw SQLiteError(
        extendedCode: 11, message: "the row of frame \(sequence) is not as the frame says", sql: "comparing frames")
    }
    if let number = try BatchRow.firstDisagreement(made) {
      throw SQLiteError(
        extendedCode: 11, message: "the row of batch \(number) is not as the batch says", sql: "comparing batches")
    }
    connection = made
    // The numbers may be another file's.
    epochIDs.removeAll()
    layouts.removeAll()
    isSuspect = false
    pageBytes = nil
    let read = try read(made)
    known = read
    newestTimes = read.frames.compactMapValues(\.lastTime)
    (newestFrame, certainFrame) = (read.lastFrame, read.lastFrame)
    try settleIdentity(made, &news)
    return news
  }

  /// A file that lies elsewhere than when it was written was copied or restored: its epoch ends, because the original may
  /// have gone on with it.
  private func settleIdentity(_ connection: SQLiteConnection, _ news: inout [String]) throws {
    let identity = place.files.identity(of: place.database)
    let known = try connection.statement("SELECT place FROM store").firstRow { $0.text(0) } ?? ""
    guard identity != known else { return }
    if !known.isEmpty {
      let reason = "the file was copied or restored"
      var transaction = OutboxTransaction()
      transaction.retirement = .close(reason)
      _ = try commit(transaction)
      news.append("the outbox \(place.database) was copied or restored: it goes on with a new epoch")
      guard isOpen else { return }
    }
    let remember = try connection.statement("UPDATE store SET place = ?1")
    try remember.bind(1, identity)
    try remember.run()
  }

  public func close() {
    _ = try? connection?.checkpoint(.truncate)
    connection?.close()
    connection = nil
  }

  func opened() throws -> SQLiteConnection {
    guard let connection else {
      let text = isSuspect ? "is to be checked, because something in it changed on the disk" : "is not open"
      throw OutboxStoreError("the outbox in \(place.directory) \(text)", mustSetAside || isSuspect ? .damaged : .failed)
    }
    return connection
  }

  public func state() throws(OutboxStoreError) -> OutboxState {
    try attempt(outcomeUnknown: false) {
      if let known { return known }
      let connection = try opened()
      // Rows may have changed on the disk since they were compared.
      if let table = try CopiedRows.firstDifferenceInUse(connection) {
        throw SQLiteError(
          extendedCode: 11, message: "a row of '\(table)' is not as its copy", sql: "comparing copies in use")
      }
      let read = try read(connection)
      for (lane, frames) in read.frames where frames.lastTime ?? Self.never > newestTimes[lane] ?? Self.never {
        throw SQLiteError(
          extendedCode: 11, message: "a frame of \(lane.name) has a time that none was given", sql: "reading anew")
      }
      guard certainFrame <= read.lastFrame, read.lastFrame <= newestFrame else {
        throw SQLiteError(
          extendedCode: 11, message: "the newest frame is \(read.lastFrame), and was \(certainFrame)",
          sql: "reading anew")
      }
      known = read
      return read
    }
  }

  private static let never = Timestamp(milliseconds: .min)

  private func read(_ connection: SQLiteConnection) throws -> OutboxState {
    var state = try OutboxReader.state(connection)
    state.endsWithOwnFrame = state.lastFrame == ownFrame
    return state
  }

  public func alarms() throws(OutboxStoreError) -> [SavedAlarm] {
    try attempt(outcomeUnknown: false) { try AlarmTable.read(from: try opened(), boot: place.boot) }
  }

  public func alarmsInFrames() throws(OutboxStoreError) -> Set<String> {
    try attempt(outcomeUnknown: false) {
      let search = try opened().statement("SELECT bytes FROM frames WHERE lane = ?1")
      try search.bind(1, Int(Lane.alarms.rawValue))
      var names: Set<String> = []
      try search.forEachRow { row in
        // What cannot be decoded is told when it is cut.
        if let (events, _) = try? FrameCodec.decodeAlarms(row.blob(0)) { names.formUnion(events.map(\.alarm)) }
        return true
      }
      return names
    }
  }

  public func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int {
    try attempt(outcomeUnknown: false) {
      let connection = try opened()
      let bytes = CatalogueCodec.encode(catalogue)
      // Not by the index: it would find a row whose bytes changed on the disk, and the frames filed under it would be
      // lost. Then the index refuses to take them again, and that is damage.
      let search = try connection.statement("SELECT id FROM catalogues NOT INDEXED WHERE bytes = ?1")
      try search.bind(1, bytes)
      if let id = try search.firstRow({ $0.int(0) }) { return id }
      return try connection.transaction {
        let insert = try connection.statement("INSERT INTO catalogues(bytes) VALUES (?1)")
        try insert.bind(1, bytes)
        try insert.run()
        return Int(connection.lastInsertRowID)
      }
    }
  }

  public func commit(_ transaction: OutboxTransaction) throws(OutboxStoreError) -> OutboxState {
    var after = try state()
    known = nil
    try attempt(outcomeUnknown: true) {
      let connection = try opened()
      foundDamage = false
      do {
        try connection.transaction {
          try apply(transaction, connection, &after)
          // Also when nobody knows how the commit ends.
          newestTimes.merge(after.frames.compactMapValues(\.lastTime)) { max($0, $1) }
          newestFrame = max(newestFrame, after.lastFrame)
        }
        restsFromMoving = false
        certainFrame = after.lastFrame
      } catch let error as SQLiteError where error.category == .full && !restsFromMoving {
        restsFromMoving = true
        throw error
      }
      // It is committed, whatever the file is found to be now.
      let isSound = measure(connection, &after)
      if !isSound || foundDamage { suspect(connection) }
    }
    if isSuspect {
      after.isClosed = true
      return after
    }
    known = after
    return after
  }

  /// A frame that changed on the disk, or a page that SQLite calls corrupt, is a reason to look at the whole file before more
  /// is entrusted to it: the next open does.
  private func suspect(_ connection: SQLiteConnection) {
    connection.close()
    self.connection = nil
    isSuspect = true
  }

  /// The definitions under which frames were written; without devices when they cannot be read, so that each of those frames
  /// is found damaged.
  func layout(of id: Int, _ connection: SQLiteConnection) throws -> FrameLayout {
    if let known = layouts[id] { return known }
    let search = try connection.statement("SELECT bytes FROM catalogues WHERE id = ?1")
    try search.bind(1, id)
    guard let bytes = try search.firstRow({ $0.blob(0) }), let catalogue = try? CatalogueCodec.decode(bytes) else {
      return FrameLayout(Catalogue(devices: []))
    }
    if layouts.count >= 4 { layouts.removeAll() }
    let layout = FrameLayout(catalogue)
    layouts[id] = layout
    return layout
  }

  /// Not only what SQLite calls corrupt: a damaged index may refuse a new number as used, and a definition may have another
  /// name in it. Tried again, that gets no better.
  static func isDamage(_ error: SQLiteError) -> Bool {
    error.category == .corrupt || error.category == .constraint
      || (error.code == 1 && error.message.hasPrefix("no such "))
  }

  func attempt<Result>(outcomeUnknown: Bool, _ body: () throws -> Result) throws(OutboxStoreError) -> Result {
    do {
      return try body()
    } catch {
      known = nil
      epochIDs.removeAll()
      layouts.removeAll()
      if let error = error as? OutboxStoreError { throw error }
      let sqlite = error as? SQLiteError
      if let sqlite, Self.isDamage(sqlite) || (sqlite.category == .readOnly && connection?.isMarkedReadOnly == true) {
        // Nothing more is done with this file; the next open sets it aside.
        connection?.close()
        connection = nil
        mustSetAside = true
        throw OutboxStoreError("outbox \(place.database): \(error)", .damaged)
      }
      // Only a failed COMMIT leaves a doubt; before it, SQLite rolled back.
      let isUnknown = outcomeUnknown && (sqlite?.commitIsUnknown ?? false)
      throw OutboxStoreError("outbox \(place.database): \(error)", isUnknown ? .outcomeUnknown : .failed)
    }
  }

  /// The damaged file is out of the way.
  func wasSetAside() {
    mustSetAside = false
    isSuspect = false
  }

  func forget() {
    known = nil
    connection?.close()
    connection = nil
  }
}
