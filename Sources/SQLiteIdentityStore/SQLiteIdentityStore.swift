public import CentralCore
import Enrolment
import SQLite
public import Telemetry

/// Why the identity store failed, in one line.
public struct IdentityStoreError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

/// Who may come in: gateways, their certificates and tickets, operators, and the audit log, in `identity.sqlite` of
/// central's data directory. Several processes may have it open: the service and commands of the operator.
///
/// Every change writes its line of the audit log in the same transaction.
public final class SQLiteIdentityStore {
  public static let fileName = "identity.sqlite"
  /// Closed certificates are forgotten so long after their end.
  static let closedCertificatesSeconds: Int64 = 400 * 86_400

  let connection: SQLiteConnection

  /// - Parameter directory: must exist; the file is made where it is missing, with mode 0600.
  public init(directory: String) throws {
    let path = "\(directory)/\(Self.fileName)"
    do {
      connection = try SQLiteConnection(path: path, mode: .readWrite)
      try connection.applySharedPragmas()
      try IdentitySchema.prepare(connection)
    } catch let error as SQLiteError {
      throw IdentityStoreError("the identity store \(path): \(error)")
    }
  }

  public func close() { connection.close() }

  /// Runs `body` in one transaction; errors of SQLite become those of this store.
  func change<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try connection.transaction(body)
    } catch let error as SQLiteError {
      throw IdentityStoreError("the identity store \(connection.path): \(error)")
    }
  }

  func read<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as SQLiteError {
      throw IdentityStoreError("the identity store \(connection.path): \(error)")
    }
  }

  // MARK: The audit log

  /// Inside ``change(_:)``.
  func audit(_ action: String, _ subject: String, _ detail: String = "", by who: String, now: Timestamp) throws {
    let insert = try connection.statement(
      "INSERT INTO audit(time_ms, who, action, subject, detail) VALUES(?1, ?2, ?3, ?4, ?5)")
    try insert.bind(1, now.milliseconds)
    try insert.bind(2, who)
    try insert.bind(3, action)
    try insert.bind(4, subject)
    try insert.bind(5, detail)
    try insert.run()
  }

  /// Writes a line about something that changed nothing here, such as a refusal.
  public func record(_ action: String, about subject: String, detail: String, by who: String, now: Timestamp) throws {
    try change { try audit(action, subject, detail, by: who, now: now) }
  }

  /// - Parameters:
  ///   - before: entries with lower numbers only; nil begins with the newest.
  ///   - subject: only about this one; nil for all.
  /// - Returns: newest first.
  public func auditLog(before: Int64? = nil, subject: String? = nil, limit: Int) throws -> [AuditEntry] {
    try read {
      let search = try connection.statement(
        """
        SELECT number, time_ms, who, action, subject, detail FROM audit
        WHERE number < ?1 AND (?2 IS NULL OR subject = ?2) ORDER BY number DESC LIMIT ?3
        """)
      try search.bind(1, before ?? .max)
      if let subject { try search.bind(2, subject) } else { try search.bindNull(2) }
      try search.bind(3, limit)
      var entries: [AuditEntry] = []
      try search.forEachRow { row in
        entries.append(
          AuditEntry(
            number: row.int64(0), time: Timestamp(milliseconds: row.int64(1)), who: row.text(2), action: row.text(3),
            subject: row.text(4), detail: row.text(5)))
        return true
      }
      return entries
    }
  }
}

extension SQLiteStatement {
  func time(_ column: Int) -> Timestamp? { isNull(column) ? nil : Timestamp(milliseconds: int64(column)) }
  func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
  func bind(_ index: Int, optional text: String?) throws {
    if let text { try bind(index, text) } else { try bindNull(index) }
  }
}
