import AlarmStates
import BatchCodec
import SQLite
import Telemetry

/// The table `alarms` of the outbox: one row an alarm that ever changed (`docs/outbox.md`).
enum AlarmTable {
  static let statements = """
    CREATE TABLE alarms(
      name TEXT PRIMARY KEY,
      tag TEXT NOT NULL,
      severity INTEGER NOT NULL,
      is_active INTEGER NOT NULL,
      is_unacknowledged INTEGER NOT NULL,
      is_suppressed INTEGER NOT NULL,
      is_first_out INTEGER NOT NULL,
      is_held_back INTEGER NOT NULL,
      since_ms INTEGER,
      value REAL,
      message TEXT NOT NULL,
      raised_ms INTEGER,
      raises INTEGER NOT NULL,
      acknowledged_by TEXT,
      acknowledged_ms INTEGER,
      comment TEXT,
      comment_by TEXT,
      comment_ms INTEGER,
      shelved_by TEXT,
      shelved_ms INTEGER,
      shelved_until_ms INTEGER,
      shelf_left_ms INTEGER,
      shelf_end_ns INTEGER,
      recent TEXT NOT NULL,
      often_since_ns INTEGER,
      often_count INTEGER NOT NULL,
      boot TEXT NOT NULL,
      commands TEXT NOT NULL,
      checksum INTEGER NOT NULL) WITHOUT ROWID;
    """

  /// From versions 1 to 3, which kept names only: whether somebody had seen an alarm was not known, so nobody has.
  static func makeFromActiveAlarms(_ connection: SQLiteConnection) throws {
    var names: [String] = []
    try connection.statement("SELECT name FROM active_alarms ORDER BY name").forEachRow { row in
      names.append(row.text(0))
      return true
    }
    try connection.execute(statements + "DROP TABLE active_alarms;")
    for name in names { try write(active(name), boot: "", to: connection) }
  }

  private static func active(_ name: String) -> SavedAlarm {
    let standing = AlarmStanding(isActive: true, isUnacknowledged: true, raises: 1)
    return SavedAlarm(
      record: AlarmRecord(name: name, tag: "", severity: .high, standing: standing), shelfRemaining: nil)
  }

  private static let columns = 29

  static func write(_ saved: SavedAlarm, boot: String, to connection: SQLiteConnection) throws {
    let marks = (1...columns).map { "?\($0)" }.joined(separator: ", ")
    let insert = try connection.statement("INSERT OR REPLACE INTO alarms VALUES (\(marks))")
    let record = saved.record
    let standing = record.standing
    for (index, text) in [
      (1, record.name), (2, record.tag), (11, record.message),
      (24, record.watch.recent.map { String($0.nanoseconds) }.joined(separator: ",")), (27, boot),
      (28, record.commands.map { String($0) }.joined(separator: ",")),
    ] { try insert.bind(index, text) }
    for (index, flag) in [
      (4, standing.isActive), (5, standing.isUnacknowledged), (6, standing.isSuppressed), (7, standing.isFirstOut),
      (8, record.isHeldBack),
    ] { try insert.bind(index, flag ? 1 : 0) }
    try insert.bind(3, Int64(record.severity.rawValue))
    try insert.bind(13, standing.raises)
    try insert.bind(26, record.watch.count)
    try insert.bind(29, Int64(checksum(saved, boot: boot)))
    if let value = record.value { try insert.bind(10, value) } else { try insert.bindNull(10) }
    for (index, number) in [
      (9, record.since?.milliseconds), (12, standing.raisedAt?.milliseconds),
      (15, standing.acknowledgement?.time.milliseconds), (18, standing.comment?.mark.time.milliseconds),
      (20, standing.shelf?.by.time.milliseconds), (21, standing.shelf?.until?.milliseconds),
      (22, saved.shelfRemaining?.wholeMilliseconds), (23, record.shelfEnd?.nanoseconds),
      (25, record.watch.since?.nanoseconds),
    ] { if let number { try insert.bind(index, number) } else { try insert.bindNull(index) } }
    for (index, text) in [
      (14, standing.acknowledgement?.who), (16, standing.comment?.text), (17, standing.comment?.mark.who),
      (19, standing.shelf?.by.who),
    ] { if let text { try insert.bind(index, text) } else { try insert.bindNull(index) } }
    try insert.run()
  }

  static func delete(_ name: String, from connection: SQLiteConnection) throws {
    let delete = try connection.statement("DELETE FROM alarms WHERE name = ?1")
    try delete.bind(1, name)
    try delete.run()
  }

  /// - Throws: as for a damaged file when a row is not what was written.
  static func read(from connection: SQLiteConnection, boot: String) throws -> [SavedAlarm] {
    var found: [SavedAlarm] = []
    try connection.statement("SELECT * FROM alarms ORDER BY name").forEachRow { row in
      let (alarm, _, isSound) = saved(row, boot: boot)
      guard isSound else {
        throw SQLiteError(
          extendedCode: 11, message: "the row of an alarm has a wrong check sum: \(alarm.record.name)", sql: "alarms")
      }
      found.append(alarm)
      return true
    }
    return found
  }

  /// SQLite does not notice a changed byte in a row, and under another name an active alarm would never be cleared.
  private static func checksum(_ saved: SavedAlarm, boot: String) -> UInt32 {
    let (record, standing) = (saved.record, saved.record.standing)
    func text(_ time: Timestamp?) -> String { time.map { String($0.milliseconds) } ?? "-" }
    func text(_ mark: AlarmStanding.Mark?) -> String { mark.map { "\($0.who) \(text($0.time))" } ?? "-" }
    func text(_ time: MonotonicTime?) -> String { time.map { String($0.nanoseconds) } ?? "-" }
    let flags = [
      standing.isActive, standing.isUnacknowledged, standing.isSuppressed, standing.isFirstOut, record.isHeldBack,
    ].map { $0 ? "1" : "0" }
    let parts =
      [
        record.name, record.tag, String(record.severity.rawValue), text(record.since),
        record.value.map { String($0.bitPattern) } ?? "-", record.message, text(standing.raisedAt),
        String(standing.raises), text(standing.acknowledgement), standing.comment?.text ?? "-",
        text(standing.comment?.mark), text(standing.shelf?.by), text(standing.shelf?.until),
        saved.shelfRemaining.map { String($0.wholeMilliseconds) } ?? "-", text(record.shelfEnd),
        text(record.watch.since), String(record.watch.count), boot,
      ] + flags + record.watch.recent.map { text($0) } + record.commands.map { String($0) }
    return CRC32C.checksum(Array(parts.joined(separator: "\u{1f}").utf8)[...])
  }

  /// What can be read, with the boots in which it was written; of earlier versions only what is active.
  static func salvage(from connection: SQLiteConnection) -> [(alarm: SavedAlarm, boot: String)] {
    var found: [String: (alarm: SavedAlarm, boot: String)] = [:]
    for order in ["ASC", "DESC"] {
      try? connection.statement("SELECT * FROM alarms ORDER BY name \(order)").forEachRow { row in
        let (alarm, boot, isSound) = saved(row, boot: nil)
        guard found[alarm.record.name] == nil else { return order == "ASC" }
        if isSound { found[alarm.record.name] = (alarm, boot) }
        return true
      }
    }
    try? connection.statement("SELECT name FROM active_alarms").forEachRow { row in
      found[row.text(0)] = (active(row.text(0)), "")
      return true
    }
    return found.values.sorted { $0.alarm.record.name < $1.alarm.record.name }
  }

  /// - Parameter boot: the present one; nil: no matter.
  private static func saved(
    _ row: SQLiteStatement, boot: String?
  ) -> (alarm: SavedAlarm, boot: String, isSound: Bool) {
    func time(_ column: Int) -> Timestamp? {
      row.isNull(column) ? nil : Timestamp(milliseconds: row.int64(column))
    }
    func monotonic(_ column: Int) -> MonotonicTime? {
      row.isNull(column) ? nil : MonotonicTime(nanoseconds: row.int64(column))
    }
    func mark(_ who: Int, _ when: Int) -> AlarmStanding.Mark? {
      row.isNull(who) ? nil : .init(who: row.text(who), time: time(when) ?? Timestamp(milliseconds: 0))
    }
    var standing = AlarmStanding(
      isActive: row.int(3) != 0, isUnacknowledged: row.int(4) != 0, isSuppressed: row.int(5) != 0,
      isFirstOut: row.int(6) != 0, raisedAt: time(11), raises: max(0, row.int(12)), acknowledgement: mark(13, 14))
    standing.comment = mark(16, 17).map { .init(text: row.text(15), mark: $0) }
    standing.shelf = mark(18, 19).map { .init(until: time(20), by: $0) }
    let recent = row.text(23).split(separator: ",").compactMap { Int64($0) }.map { MonotonicTime(nanoseconds: $0) }
    let record = AlarmRecord(
      name: row.text(0), tag: row.text(1), severity: Severity(rawValue: UInt8(clamping: row.int(2))) ?? .high,
      standing: standing, since: time(8), value: row.isNull(9) ? nil : row.double(9), message: row.text(10),
      shelfEnd: monotonic(22), watch: .init(recent: recent, since: monotonic(24), count: max(0, row.int(25))),
      isHeldBack: row.int(7) != 0, commands: row.text(27).split(separator: ",").compactMap { UInt64($0) })
    let written = row.text(26)
    let left = row.isNull(21) ? nil : Duration.milliseconds(max(0, row.int64(21)))
    let alarm = SavedAlarm(record: record, shelfRemaining: left, isOfThisBoot: written == boot)
    return (alarm, written, row.int64(28) == Int64(checksum(alarm, boot: written)))
  }
}
