import AlarmStates
public import CentralCore
import SQLite
public import Telemetry

extension SQLiteCentralReader {
  private static let eventColumns =
    "e.time_ms, e.alarm, e.tag, e.transition, e.severity, e.value, e.message, e.who, e.until_ms, e.command"

  public func alarmEvents(
    gateway: String?, from: Timestamp, until: Timestamp, limit: Int
  ) throws(CentralStoreError) -> [StoredAlarm] {
    try read {
      let list = try connection.statement(
        """
        SELECT \(Self.eventColumns), gateways.name FROM alarm_events e JOIN gateways ON gateways.id = e.gateway
        WHERE (?1 IS NULL OR gateways.name = ?1) AND e.time_ms >= ?2 AND e.time_ms < ?3
        ORDER BY e.time_ms DESC, e.id DESC LIMIT ?4
        """)
      if let gateway { try list.bind(1, gateway) }
      try list.bind(2, from.milliseconds)
      try list.bind(3, until.milliseconds)
      try list.bind(4, limit)
      var found: [StoredAlarm] = []
      try list.forEachRow { row in
        found.append(StoredAlarm(gateway: row.text(10), event: Self.event(row, from: 0)))
        return true
      }
      return found
    }
  }

  public func alarmStates(gateway: String?) throws(CentralStoreError) -> [StoredAlarmState] {
    try read {
      let list = try connection.statement(
        """
        SELECT \(AlarmStateRows.columns), \(Self.eventColumns), gateways.name
        FROM alarm_states s JOIN alarm_events e ON e.id = s.event JOIN gateways ON gateways.id = s.gateway
        WHERE (s.is_active OR s.is_unacknowledged OR s.is_suppressed OR s.is_first_out OR s.shelved_by IS NOT NULL)
          AND (?1 IS NULL OR gateways.name = ?1) ORDER BY gateways.name, s.alarm
        """)
      if let gateway { try list.bind(1, gateway) }
      var found: [StoredAlarmState] = []
      try list.forEachRow { row in
        found.append(
          StoredAlarmState(
            gateway: row.text(AlarmStateRows.width + 10), event: Self.event(row, from: AlarmStateRows.width),
            standing: AlarmStateRows.standing(row)))
        return true
      }
      return found
    }
  }

  /// Reads ``eventColumns``.
  private static func event(_ row: SQLiteStatement, from first: Int) -> AlarmEvent {
    AlarmEvent(
      time: Timestamp(milliseconds: row.int64(first)), alarm: row.text(first + 1), tag: row.text(first + 2),
      transition: AlarmEvent.Transition(rawValue: UInt8(clamping: row.int(first + 3))) ?? .raised,
      severity: Severity(rawValue: UInt8(clamping: row.int(first + 4))) ?? .low,
      value: row.isNull(first + 5) ? nil : row.double(first + 5), message: row.text(first + 6),
      who: row.text(first + 7),
      until: row.isNull(first + 8) ? nil : Timestamp(milliseconds: row.int64(first + 8)),
      command: UInt64(bitPattern: row.int64(first + 9)))
  }
}
