import BatchCodec
public import GatewayCore
import Glibc
import SQLite
public import Telemetry

/// The outbox in one SQLite file, `outbox.db` of its directory: write-ahead log, FULL sync, one connection.
///
/// What a transaction did is known only when COMMIT returned. After an error the counts kept in memory are thrown away and
/// read again from the file, so that the next decision rests on what is on the disk.
public final class SQLiteOutbox: OutboxStore {
  let connection: SQLiteConnection
  private let lock: DirectoryLock
  private var known: OutboxState?
  /// Catalogues that cutting needed lately; a gateway has one, and two for a while after a change of configuration.
  private var catalogues: [Int: Catalogue] = [:]

  /// Opens or makes the store in `directory`, which must exist.
  public init(directory: String) throws(OutboxStoreError) {
    do {
      lock = try DirectoryLock(path: directory + "/outbox.lock")
      connection = try SQLiteConnection(path: directory + "/outbox.db", mode: .readWrite)
      try connection.applyWriterPragmas()
      var generator = SystemRandomNumberGenerator()
      try OutboxSchema.prepare(connection, epoch: Epoch(using: &generator).description)
      known = try OutboxReader.state(connection)
    } catch {
      throw OutboxStoreError("outbox in \(directory): \(error)", outcomeUnknown: false)
    }
  }

  public func close() { connection.close() }

  public func state() throws(OutboxStoreError) -> OutboxState {
    try attempt(outcomeUnknown: false) {
      if let known { return known }
      let read = try OutboxReader.state(connection)
      known = read
      return read
    }
  }

  public func register(_ catalogue: Catalogue) throws(OutboxStoreError) -> Int {
    try attempt(outcomeUnknown: false) {
      let bytes = CatalogueCodec.encode(catalogue)
      let search = try connection.statement("SELECT id FROM catalogues WHERE bytes = ?1")
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
      try connection.transaction {
        try insert(transaction.frames, into: &after)
        if let names = transaction.activeAlarms { try replaceActiveAlarms(names, in: &after) }
        for (lane, number) in transaction.confirmed { try deleteBatches(lane, through: number, in: &after) }
        for lane in transaction.cut { try cut(lane, in: &after) }
        for lane in Lane.allCases { after.lanes[lane, default: .init()].oldestTime = try oldestTime(lane) }
      }
    }
    known = after
    return after
  }

  public func batch(lane: Lane, number: UInt64) throws(OutboxStoreError) -> [UInt8]? {
    try attempt(outcomeUnknown: false) {
      let search = try connection.statement("SELECT bytes FROM batches WHERE lane = ?1 AND number = ?2")
      try search.bind(1, Int64(lane.rawValue))
      try search.bind(2, Int64(number))
      return try search.firstRow { $0.blob(0) }
    }
  }

  /// The definition under which a frame was written.
  func catalogue(_ id: Int) throws -> Catalogue {
    if let known = catalogues[id] { return known }
    let search = try connection.statement("SELECT bytes FROM catalogues WHERE id = ?1")
    try search.bind(1, id)
    guard let bytes = try search.firstRow({ $0.blob(0) }) else {
      throw CodecError(.malformed, offset: 0, "catalogue \(id) is not in the store")
    }
    let catalogue = try CatalogueCodec.decode(bytes)
    if catalogues.count >= 4 { catalogues.removeAll() }
    catalogues[id] = catalogue
    return catalogue
  }

  private func attempt<Result>(
    outcomeUnknown: Bool, _ body: () throws -> Result
  ) throws(OutboxStoreError) -> Result {
    do {
      return try body()
    } catch {
      known = nil
      // Only a failed COMMIT leaves a doubt; before it, SQLite rolled back.
      let isUnknown = outcomeUnknown && ((error as? SQLiteError)?.commitIsUnknown ?? true)
      throw OutboxStoreError("outbox \(connection.path): \(error)", outcomeUnknown: isUnknown)
    }
  }
}
