import AlarmStates
import SQLite
import Telemetry

/// Alarm events as rows, and the state that they add up to.
extension SQLiteCentralStore {
  func store(_ event: AlarmEvent, gateway: Int64, batch: Int64) throws {
    let insert = try connection.statement(
      """
      INSERT INTO alarm_events(gateway, batch, time_ms, alarm, tag, transition, severity, value, message, who, until_ms,
        command)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
      """)
    try insert.bind(1, gateway)
    try insert.bind(2, batch)
    try insert.bind(3, event.time.milliseconds)
    try insert.bind(4, event.alarm)
    try insert.bind(5, event.tag)
    try insert.bind(6, Int64(event.transition.rawValue))
    try insert.bind(7, Int64(event.severity.rawValue))
    if let value = event.value { try insert.bind(8, value) } else { try insert.bindNull(8) }
    try insert.bind(9, event.message)
    try insert.bind(10, event.who)
    if let until = event.until { try insert.bind(11, until.milliseconds) } else { try insert.bindNull(11) }
    try insert.bind(12, Int64(bitPattern: event.command))
    try insert.run()
    let row = connection.lastInsertRowID
    if event.command != 0 { try AlarmCommandRows.answered(event.command, gateway: gateway, connection) }
    // A write is an event, but no state of an alarm.
    guard event.transition != .written else { return }
    var standing = try AlarmStateRows.read(event.alarm, gateway: gateway, connection) ?? AlarmStanding()
    standing.apply(event)
    try AlarmStateRows.write(
      event.alarm, standing, event: row, isActivity: event.transition.isActivity, gateway: gateway, connection)
  }
}
