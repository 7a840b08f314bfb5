import SQLite
import Telemetry

/// What one would write without an outbox of one's own: a row a sample, one transaction a second, as durable as the outbox.
/// For comparison only.
struct PlainTable {
  private let connection: SQLiteConnection
  private let tagsPerDevice: Int

  /// - Parameter isIndexed: with an index over tag and time, without which nobody finds anything.
  init(path: String, tagsPerDevice: Int, isIndexed: Bool) throws {
    self.tagsPerDevice = tagsPerDevice
    connection = try SQLiteConnection(path: path, mode: .readWrite)
    try connection.applyWriterPragmas()
    try connection.execute("CREATE TABLE samples(tag INTEGER, time INTEGER, value, quality INTEGER)")
    if isIndexed { try connection.execute("CREATE INDEX samples_by_tag ON samples(tag, time)") }
  }

  /// Synced to disk when it returns.
  func commit(_ scans: [DeviceScan], _ catalogue: Catalogue) throws {
    let insert = try connection.statement("INSERT INTO samples VALUES (?1, ?2, ?3, ?4)")
    try connection.transaction {
      for scan in scans {
        let tags = catalogue.devices[scan.device].tags
        for (position, reading) in scan.readings.enumerated() {
          try insert.bind(1, scan.device * tagsPerDevice + position)
          try insert.bind(2, scan.time.milliseconds)
          switch reading.value(tags[position].type) {
          case .boolean(let flag): try insert.bind(3, flag ? 1 : 0)
          case .integer(let integer): try insert.bind(3, integer)
          case .float32(let float): try insert.bind(3, Double(float))
          case .float64(let double): try insert.bind(3, double)
          case nil: try insert.bindNull(3)
          }
          try insert.bind(4, Int64(reading.quality.rawValue))
          try insert.run()
        }
      }
    }
  }

  /// Everything is in the one file afterwards.
  func close() throws {
    try connection.checkpoint(.truncate)
    connection.close()
  }
}
