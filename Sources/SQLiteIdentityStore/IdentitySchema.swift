import SQLite

/// Tables of central's identity store, described in `docs/identity.md`. Times are milliseconds since 1970 unless their
/// names say seconds.
enum IdentitySchema {
  static let version = 1

  static let statements = """
    CREATE TABLE gateways(
      name TEXT PRIMARY KEY,
      site TEXT,
      standing TEXT NOT NULL CHECK(standing IN ('allowed', 'denied', 'retired')),
      since_ms INTEGER NOT NULL,
      by TEXT NOT NULL) STRICT;
    CREATE TABLE certificates(
      serial TEXT PRIMARY KEY,
      gateway TEXT NOT NULL REFERENCES gateways(name),
      standing TEXT NOT NULL CHECK(standing IN ('current', 'next', 'previous', 'closed')),
      source TEXT NOT NULL CHECK(source IN ('ticket', 'renewal', 'late')),
      not_before_s INTEGER NOT NULL,
      not_after_s INTEGER NOT NULL,
      key_digest BLOB NOT NULL CHECK(length(key_digest) = 32),
      der BLOB NOT NULL,
      issued_ms INTEGER NOT NULL) STRICT;
    CREATE INDEX certificates_of_gateway ON certificates(gateway, standing);
    -- A gateway has one current certificate and one renewal under way, whatever program writes here.
    CREATE UNIQUE INDEX one_of_each ON certificates(gateway, standing) WHERE standing IN ('current', 'next');
    CREATE TABLE tickets(
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      gateway TEXT NOT NULL,
      site TEXT,
      digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
      created_ms INTEGER NOT NULL,
      created_by TEXT NOT NULL,
      expires_ms INTEGER NOT NULL,
      used_ms INTEGER,
      key_digest BLOB,
      serial TEXT,
      revoked_ms INTEGER) STRICT;
    CREATE TABLE sites(
      name TEXT PRIMARY KEY,
      late_renewal_until_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE operators(
      name TEXT PRIMARY KEY,
      role TEXT NOT NULL CHECK(role IN ('viewer', 'operator', 'administrator')),
      password TEXT,
      created_ms INTEGER NOT NULL) STRICT;
    CREATE TABLE tokens(
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      operator TEXT NOT NULL REFERENCES operators(name) ON DELETE CASCADE,
      label TEXT NOT NULL,
      digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
      created_ms INTEGER NOT NULL,
      expires_ms INTEGER,
      revoked_ms INTEGER) STRICT;
    CREATE TABLE audit(
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      time_ms INTEGER NOT NULL,
      who TEXT NOT NULL,
      action TEXT NOT NULL,
      subject TEXT NOT NULL,
      detail TEXT NOT NULL) STRICT;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
      BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
    """

  static func prepare(_ connection: SQLiteConnection) throws {
    try connection.transaction {
      switch try connection.userVersion() {
      case version: return
      case 0:
        try connection.execute(statements)
        try connection.setUserVersion(version)
      case let other:
        throw IdentityStoreError(
          "\(connection.path) has format \(other), and this version reads \(version): update fieldgate-central")
      }
    }
  }
}
