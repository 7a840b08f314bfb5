import SQLite

/// Tables of central's embedded store, described column by column in `docs/central.md`.
enum CentralSchema {
  static let version = 3

  /// Version 2; a new store goes on with ``toVersion3``.
  static let statements = """
    CREATE TABLE gateways(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      first_seen_ms INTEGER NOT NULL,
      last_seen_ms INTEGER NOT NULL);
    CREATE TABLE lanes(
      id INTEGER PRIMARY KEY,
      gateway INTEGER NOT NULL REFERENCES gateways(id),
      epoch TEXT NOT NULL,
      lane INTEGER NOT NULL,
      position INTEGER NOT NULL,
      newest_ms INTEGER NOT NULL,
      records INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      UNIQUE(gateway, epoch, lane));
    CREATE TABLE batches(
      id INTEGER PRIMARY KEY,
      lane INTEGER NOT NULL REFERENCES lanes(id),
      first_number INTEGER NOT NULL,
      number INTEGER NOT NULL,
      records INTEGER NOT NULL,
      first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL,
      received_ms INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      UNIQUE(lane, number));
    CREATE TABLE devices(
      id INTEGER PRIMARY KEY,
      gateway INTEGER NOT NULL REFERENCES gateways(id),
      name TEXT NOT NULL,
      longest_ms INTEGER NOT NULL,
      UNIQUE(gateway, name));
    CREATE TABLE tags(
      device INTEGER NOT NULL REFERENCES devices(id),
      name TEXT NOT NULL,
      position INTEGER NOT NULL,
      type INTEGER NOT NULL,
      multiplier INTEGER NOT NULL,
      offset INTEGER NOT NULL,
      decimals INTEGER NOT NULL,
      unit TEXT NOT NULL,
      time_ms INTEGER NOT NULL,
      bits INTEGER NOT NULL,
      quality INTEGER NOT NULL,
      text TEXT,
      definition BLOB,
      PRIMARY KEY(device, name)) WITHOUT ROWID;
    CREATE TABLE device_batches(
      device INTEGER NOT NULL REFERENCES devices(id),
      first_ms INTEGER NOT NULL,
      batch INTEGER NOT NULL REFERENCES batches(id),
      last_ms INTEGER NOT NULL,
      PRIMARY KEY(device, first_ms, batch)) WITHOUT ROWID;
    CREATE TABLE alarm_events(
      id INTEGER PRIMARY KEY,
      gateway INTEGER NOT NULL REFERENCES gateways(id),
      batch INTEGER NOT NULL REFERENCES batches(id),
      time_ms INTEGER NOT NULL,
      alarm TEXT NOT NULL,
      tag TEXT NOT NULL,
      transition INTEGER NOT NULL,
      severity INTEGER NOT NULL,
      value REAL,
      message TEXT NOT NULL);
    CREATE INDEX alarm_events_by_time ON alarm_events(gateway, time_ms);
    CREATE TABLE losses(
      id INTEGER PRIMARY KEY,
      gateway INTEGER NOT NULL REFERENCES gateways(id),
      batch INTEGER NOT NULL REFERENCES batches(id),
      received_ms INTEGER NOT NULL,
      reason INTEGER NOT NULL,
      lane INTEGER NOT NULL,
      epoch TEXT NOT NULL,
      first_number INTEGER,
      last_number INTEGER,
      first_ms INTEGER,
      last_ms INTEGER,
      samples INTEGER,
      devices TEXT NOT NULL,
      more_devices INTEGER NOT NULL,
      detail TEXT NOT NULL);
    CREATE INDEX losses_by_gateway ON losses(gateway, id);
    CREATE TABLE alarm_states(
      gateway INTEGER NOT NULL REFERENCES gateways(id),
      alarm TEXT NOT NULL,
      event INTEGER NOT NULL REFERENCES alarm_events(id),
      is_active INTEGER NOT NULL,
      PRIMARY KEY(gateway, alarm)) WITHOUT ROWID;
    """

  /// From version 1: the newest text of text tags, and the definition of tags whose values have names.
  static let toVersion2 = """
    ALTER TABLE tags ADD COLUMN text TEXT;
    ALTER TABLE tags ADD COLUMN definition BLOB;
    """

  /// From version 2: what people did with alarms. Whether somebody had seen an active one was not known, so nobody has.
  static let toVersion3 = """
    ALTER TABLE alarm_events ADD COLUMN who TEXT NOT NULL DEFAULT '';
    ALTER TABLE alarm_events ADD COLUMN until_ms INTEGER;
    ALTER TABLE alarm_events ADD COLUMN command INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alarm_states ADD COLUMN is_unacknowledged INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alarm_states ADD COLUMN is_suppressed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alarm_states ADD COLUMN is_first_out INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alarm_states ADD COLUMN raised_ms INTEGER;
    ALTER TABLE alarm_states ADD COLUMN raises INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE alarm_states ADD COLUMN acknowledged_by TEXT;
    ALTER TABLE alarm_states ADD COLUMN acknowledged_ms INTEGER;
    ALTER TABLE alarm_states ADD COLUMN shelved_by TEXT;
    ALTER TABLE alarm_states ADD COLUMN shelved_ms INTEGER;
    ALTER TABLE alarm_states ADD COLUMN shelved_until_ms INTEGER;
    ALTER TABLE alarm_states ADD COLUMN comment TEXT;
    ALTER TABLE alarm_states ADD COLUMN comment_by TEXT;
    ALTER TABLE alarm_states ADD COLUMN comment_ms INTEGER;
    CREATE TABLE alarm_commands(
      number INTEGER PRIMARY KEY,
      gateway TEXT NOT NULL,
      alarm TEXT NOT NULL,
      action INTEGER NOT NULL,
      seconds INTEGER,
      comment TEXT NOT NULL,
      who TEXT NOT NULL,
      created_ms INTEGER NOT NULL);
    UPDATE alarm_states SET is_unacknowledged = is_active, raises = is_active,
      raised_ms = CASE is_active WHEN 1 THEN (SELECT time_ms FROM alarm_events WHERE id = event) END;
    """

  struct SchemaError: Error, CustomStringConvertible { let description: String }

  static func prepare(_ connection: SQLiteConnection) throws {
    let steps: String
    switch try connection.userVersion() {
    case 0: steps = statements + toVersion3
    case 1: steps = toVersion2 + toVersion3
    case 2: steps = toVersion3
    default: return try check(connection)
    }
    try connection.transaction {
      try connection.execute(steps)
      try connection.setUserVersion(version)
    }
  }

  static func check(_ connection: SQLiteConnection) throws {
    let found = try connection.userVersion()
    if (1..<version).contains(found) {
      throw SchemaError(
        description:
          "\(connection.path) has format \(found); start fieldgate-central serve once, which brings it to format \(version)"
      )
    }
    guard found == version else {
      throw SchemaError(
        description: found == 0
          ? "\(connection.path) holds no store of fieldgate-central"
          : "\(connection.path) has format \(found), and this program reads format \(version): install a newer one")
    }
  }
}
