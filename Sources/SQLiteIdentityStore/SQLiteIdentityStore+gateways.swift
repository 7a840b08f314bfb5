public import CentralCore
import SQLite
public import Telemetry

extension SQLiteIdentityStore {
  /// All gateways, by name.
  public func gateways() throws -> [GatewayRecord] {
    try read {
      var found: [GatewayRecord] = []
      try connection.statement("SELECT name FROM gateways ORDER BY name").forEachRow { row in
        if let gateway = try gateway(row.text(0)) { found.append(gateway) }
        return true
      }
      return found
    }
  }

  /// Nil when central has never issued a certificate to it.
  public func gateway(_ name: String) throws -> GatewayRecord? {
    try read {
      let search = try connection.statement(
        """
        SELECT site, standing, since_ms, by,
          (SELECT max(issued_ms) FROM certificates WHERE gateway = ?1 AND source = 'late')
        FROM gateways WHERE name = ?1
        """)
      try search.bind(1, name)
      let certificates = try certificates(of: name)
      return try search.firstRow { row in
        GatewayRecord(
          name: name, site: row.optionalText(0), standing: GatewayStanding(rawValue: row.text(1)) ?? .denied,
          since: Timestamp(milliseconds: row.int64(2)), by: row.text(3), certificates: certificates,
          renewedLate: row.time(4))
      }
    }
  }

  /// Those that are not closed, newest first.
  private func certificates(of gateway: String) throws -> [CertificateRecord] {
    let search = try connection.statement(
      """
      SELECT serial, gateway, standing, source, not_before_s, not_after_s, key_digest, issued_ms FROM certificates
      WHERE gateway = ?1 AND standing <> 'closed' ORDER BY issued_ms DESC, serial
      """)
    try search.bind(1, gateway)
    var found: [CertificateRecord] = []
    try search.forEachRow { row in
      found.append(Self.certificate(row))
      return true
    }
    return found
  }

  static func certificate(_ row: SQLiteStatement) -> CertificateRecord {
    CertificateRecord(
      serial: row.text(0), gateway: row.text(1), standing: CertificateStanding(rawValue: row.text(2)) ?? .closed,
      source: CertificateRecord.Source(rawValue: row.text(3)) ?? .ticket, notBefore: row.int64(4),
      notAfter: row.int64(5), keyDigest: row.blob(6), issued: Timestamp(milliseconds: row.int64(7)))
  }

  /// What ``change(_:of:by:now:)`` did.
  public enum Change: Hashable, Sendable {
    case changed(from: GatewayStanding)
    case already
    case unknownGateway
  }

  /// Denies, allows or retires. It acts at once: the service asks at every request. Retiring closes all certificates and
  /// revokes open tickets.
  public func change(
    _ standing: GatewayStanding, of gateway: String, by who: String, reason: String, now: Timestamp
  ) throws -> Change {
    try change {
      guard let before = try self.gateway(gateway)?.standing else { return .unknownGateway }
      guard before != standing else { return .already }
      let update = try connection.statement(
        "UPDATE gateways SET standing = ?2, since_ms = ?3, by = ?4 WHERE name = ?1")
      try update.bind(1, gateway)
      try update.bind(2, standing.rawValue)
      try update.bind(3, now.milliseconds)
      try update.bind(4, who)
      try update.run()
      if standing == .retired {
        try close(gateway)
        let revoke = try connection.statement(
          "UPDATE tickets SET revoked_ms = ?2 WHERE gateway = ?1 AND used_ms IS NULL AND revoked_ms IS NULL")
        try revoke.bind(1, gateway)
        try revoke.bind(2, now.milliseconds)
        try revoke.run()
      }
      try audit("gateway-\(standing.rawValue)", gateway, reason, by: who, now: now)
      return .changed(from: before)
    }
  }

  /// Inside a transaction: no certificate of the gateway is taken any more.
  func close(_ gateway: String) throws {
    let close = try connection.statement("UPDATE certificates SET standing = 'closed' WHERE gateway = ?1")
    try close.bind(1, gateway)
    try close.run()
  }

  // MARK: Sites

  /// Opens late renewal for the gateways of a site, or closes it with a time that is past.
  public func allowLateRenewal(site: String, until: Timestamp, by who: String, now: Timestamp) throws {
    try change {
      let insert = try connection.statement(
        """
        INSERT INTO sites(name, late_renewal_until_ms) VALUES(?1, ?2)
        ON CONFLICT(name) DO UPDATE SET late_renewal_until_ms = ?2
        """)
      try insert.bind(1, site)
      try insert.bind(2, until.milliseconds)
      try insert.run()
      let isOpen = until > now
      try audit(
        isOpen ? "late-renewal-opened" : "late-renewal-closed", site, isOpen ? "until \(until.iso8601)" : "", by: who,
        now: now)
    }
  }

  /// Sites and until when their gateways may renew late.
  public func lateRenewals() throws -> [(site: String, until: Timestamp)] {
    try read {
      var found: [(site: String, until: Timestamp)] = []
      try connection.statement("SELECT name, late_renewal_until_ms FROM sites ORDER BY name").forEachRow { row in
        found.append((row.text(0), Timestamp(milliseconds: row.int64(1))))
        return true
      }
      return found
    }
  }
}
