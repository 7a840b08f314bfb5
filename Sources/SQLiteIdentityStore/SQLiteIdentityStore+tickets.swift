public import CentralCore
import SQLite
public import Telemetry

extension SQLiteIdentityStore {
  /// Open tickets of one gateway at a time.
  public static let maximumOpenTickets = 10

  /// - Parameters:
  ///   - digest: of the secret and the gateway's name, 32 bytes.
  ///   - expires: after `now`.
  /// - Throws: when the gateway is denied or retired, or has many open tickets already.
  public func addTicket(
    gateway: String, site: String?, digest: [UInt8], expires: Timestamp, by who: String, now: Timestamp
  ) throws -> TicketRecord {
    try change {
      if let standing = try self.gateway(gateway)?.standing, standing != .allowed {
        throw IdentityStoreError(
          "the gateway '\(gateway)' is \(standing.rawValue), so a ticket would be of no use: 'fieldgate-central gateway "
            + "allow \(gateway)' first")
      }
      let count = try connection.statement(
        """
        SELECT count(*) FROM tickets
        WHERE gateway = ?1 AND used_ms IS NULL AND revoked_ms IS NULL AND expires_ms > ?2
        """)
      try count.bind(1, gateway)
      try count.bind(2, now.milliseconds)
      guard try count.firstRow({ $0.int(0) }) ?? 0 < Self.maximumOpenTickets else {
        throw IdentityStoreError(
          "'\(gateway)' has \(Self.maximumOpenTickets) open tickets already: revoke some (fieldgate-central ticket list)"
        )
      }
      let insert = try connection.statement(
        """
        INSERT INTO tickets(gateway, site, digest, created_ms, created_by, expires_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        """)
      try insert.bind(1, gateway)
      try insert.bind(2, optional: site)
      try insert.bind(3, digest)
      try insert.bind(4, now.milliseconds)
      try insert.bind(5, who)
      try insert.bind(6, expires.milliseconds)
      try insert.run()
      let number = connection.lastInsertRowID
      try audit("ticket-created", gateway, "ticket \(number), until \(expires.iso8601)", by: who, now: now)
      return TicketRecord(
        number: number, gateway: gateway, site: site, created: now, createdBy: who, expires: expires)
    }
  }

  /// Newest first.
  public func tickets(limit: Int = 1_000) throws -> [TicketRecord] {
    try read {
      let search = try connection.statement(Self.selectTickets + " ORDER BY number DESC LIMIT ?1")
      try search.bind(1, limit)
      var found: [TicketRecord] = []
      try search.forEachRow { row in
        found.append(Self.ticket(row))
        return true
      }
      return found
    }
  }

  /// - Returns: false when there is no such ticket that is still open.
  public func revokeTicket(_ number: Int64, by who: String, now: Timestamp) throws -> Bool {
    try change {
      let update = try connection.statement(
        "UPDATE tickets SET revoked_ms = ?2 WHERE number = ?1 AND used_ms IS NULL AND revoked_ms IS NULL RETURNING gateway"
      )
      try update.bind(1, number)
      try update.bind(2, now.milliseconds)
      guard let gateway = try update.firstRow({ $0.text(0) }) else { return false }
      try audit("ticket-revoked", gateway, "ticket \(number)", by: who, now: now)
      return true
    }
  }

  func ticket(gateway: String, digest: [UInt8]) throws -> TicketRecord? {
    let search = try connection.statement(Self.selectTickets + " WHERE gateway = ?1 AND digest = ?2")
    try search.bind(1, gateway)
    try search.bind(2, digest)
    return try search.firstRow(Self.ticket)
  }

  private static let selectTickets = """
    SELECT number, gateway, site, created_ms, created_by, expires_ms, used_ms, key_digest, serial, revoked_ms FROM tickets
    """

  private static func ticket(_ row: SQLiteStatement) -> TicketRecord {
    TicketRecord(
      number: row.int64(0), gateway: row.text(1), site: row.optionalText(2),
      created: Timestamp(milliseconds: row.int64(3)), createdBy: row.text(4),
      expires: Timestamp(milliseconds: row.int64(5)), used: row.time(6),
      keyDigest: row.isNull(7) ? nil : row.blob(7), serial: row.optionalText(8), revoked: row.time(9))
  }
}
