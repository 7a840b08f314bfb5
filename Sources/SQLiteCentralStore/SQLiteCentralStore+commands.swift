public import CentralCore
import SQLite
import Telemetry

/// Operators' commands that wait for their gateways.
extension SQLiteCentralStore {
  public func add(_ command: OperatorCommand) throws(CentralStoreError) {
    do {
      try connection.transaction {
        let drop = try connection.statement("DELETE FROM alarm_commands WHERE created_ms < ?1")
        try drop.bind(1, command.created.milliseconds - OperatorCommand.lifetime.wholeMilliseconds)
        try drop.run()
        let insert = try connection.statement("INSERT INTO alarm_commands VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        try insert.bind(1, Int64(bitPattern: command.number))
        try insert.bind(2, command.gateway)
        try insert.bind(3, command.alarm)
        try insert.bind(4, command.action.rawValue)
        if let seconds = command.seconds { try insert.bind(5, seconds) } else { try insert.bindNull(5) }
        try insert.bind(6, command.comment)
        try insert.bind(7, command.who)
        try insert.bind(8, command.created.milliseconds)
        try insert.run()
      }
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }

  public func commands() throws(CentralStoreError) -> [OperatorCommand] {
    do {
      return try AlarmCommandRows.read(connection)
    } catch {
      throw CentralStoreError("store \(connection.path): \(error)")
    }
  }
}

/// Rows of the table `alarm_commands`.
enum AlarmCommandRows {
  static func read(_ connection: SQLiteConnection) throws -> [OperatorCommand] {
    var found: [OperatorCommand] = []
    try connection.statement(
      """
      SELECT number, gateway, alarm, action, seconds, comment, who, created_ms FROM alarm_commands
      ORDER BY created_ms, rowid
      """
    ).forEachRow { row in
      guard let action = OperatorCommand.Action(rawValue: row.int(3)) else { return true }
      found.append(
        OperatorCommand(
          number: UInt64(bitPattern: row.int64(0)), gateway: row.text(1), alarm: row.text(2), action: action,
          seconds: row.isNull(4) ? nil : row.int64(4), comment: row.text(5), who: row.text(6),
          created: Timestamp(milliseconds: row.int64(7))))
      return true
    }
    return found
  }

  /// An event of the gateway answers it.
  static func answered(_ number: UInt64, gateway: Int64, _ connection: SQLiteConnection) throws {
    let delete = try connection.statement(
      "DELETE FROM alarm_commands WHERE number = ?1 AND gateway = (SELECT name FROM gateways WHERE id = ?2)")
    try delete.bind(1, Int64(bitPattern: number))
    try delete.bind(2, gateway)
    try delete.run()
  }
}
