import AlarmStates
import SQLite
import Telemetry

/// Rows of the table `alarm_states`, whose columns are what events of an alarm add up to.
enum AlarmStateRows {
  static let columns = """
    s.alarm, s.is_active, s.is_unacknowledged, s.is_suppressed, s.is_first_out, s.raised_ms, s.raises, s.acknowledged_by,
    s.acknowledged_ms, s.shelved_by, s.shelved_ms, s.shelved_until_ms, s.comment, s.comment_by, s.comment_ms
    """

  /// Columns before those that a query adds.
  static let width = 15

  static let all = "SELECT \(columns), name FROM alarm_states s JOIN gateways ON gateways.id = s.gateway"

  static func standing(_ row: SQLiteStatement) -> AlarmStanding {
    func time(_ column: Int) -> Timestamp? {
      row.isNull(column) ? nil : Timestamp(milliseconds: row.int64(column))
    }
    func mark(_ who: Int, _ when: Int) -> AlarmStanding.Mark? {
      row.isNull(who) ? nil : .init(who: row.text(who), time: time(when) ?? Timestamp(milliseconds: 0))
    }
    var standing = AlarmStanding(
      isActive: row.int(1) != 0, isUnacknowledged: row.int(2) != 0, isSuppressed: row.int(3) != 0,
      isFirstOut: row.int(4) != 0, raisedAt: time(5), raises: max(0, row.int(6)), acknowledgement: mark(7, 8))
    standing.shelf = mark(9, 10).map { .init(until: time(11), by: $0) }
    standing.comment = mark(13, 14).map { .init(text: row.text(12), mark: $0) }
    return standing
  }

  static func read(_ alarm: String, gateway: Int64, _ connection: SQLiteConnection) throws -> AlarmStanding? {
    let search = try connection.statement(
      "SELECT \(columns) FROM alarm_states s WHERE s.gateway = ?1 AND s.alarm = ?2")
    try search.bind(1, gateway)
    try search.bind(2, alarm)
    return try search.firstRow { standing($0) }
  }

  /// - Parameters:
  ///   - event: row of the event that led here.
  ///   - isActivity: the event raised or ended the alarm, so the row refers to it from now on.
  static func write(
    _ alarm: String, _ standing: AlarmStanding, event: Int64, isActivity: Bool, gateway: Int64,
    _ connection: SQLiteConnection
  ) throws {
    let upsert = try connection.statement(
      """
      INSERT INTO alarm_states(gateway, event, alarm, is_active, is_unacknowledged, is_suppressed, is_first_out, raised_ms,
        raises, acknowledged_by, acknowledged_ms, shelved_by, shelved_ms, shelved_until_ms, comment, comment_by, comment_ms)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
      ON CONFLICT DO UPDATE SET event = CASE ?18 WHEN 1 THEN excluded.event ELSE event END,
        is_active = excluded.is_active, is_unacknowledged = excluded.is_unacknowledged,
        is_suppressed = excluded.is_suppressed, is_first_out = excluded.is_first_out, raised_ms = excluded.raised_ms,
        raises = excluded.raises, acknowledged_by = excluded.acknowledged_by,
        acknowledged_ms = excluded.acknowledged_ms, shelved_by = excluded.shelved_by, shelved_ms = excluded.shelved_ms,
        shelved_until_ms = excluded.shelved_until_ms, comment = excluded.comment, comment_by = excluded.comment_by,
        comment_ms = excluded.comment_ms
      """)
    try upsert.bind(1, gateway)
    try upsert.bind(2, event)
    try upsert.bind(3, alarm)
    for (index, flag) in [
      (4, standing.isActive), (5, standing.isUnacknowledged), (6, standing.isSuppressed), (7, standing.isFirstOut),
      (18, isActivity),
    ] { try upsert.bind(index, flag ? 1 : 0) }
    try upsert.bind(9, standing.raises)
    for (index, time) in [
      (8, standing.raisedAt), (11, standing.acknowledgement?.time), (13, standing.shelf?.by.time),
      (14, standing.shelf?.until), (17, standing.comment?.mark.time),
    ] { if let time { try upsert.bind(index, time.milliseconds) } else { try upsert.bindNull(index) } }
    for (index, text) in [
      (10, standing.acknowledgement?.who), (12, standing.shelf?.by.who), (15, standing.comment?.text),
      (16, standing.comment?.mark.who),
    ] { if let text { try upsert.bind(index, text) } else { try upsert.bindNull(index) } }
    try upsert.run()
  }
}
