public import CentralCore
public import Enrolment
import SQLite
public import Telemetry

/// A certificate that was just made, to be kept.
public struct NewCertificate: Hashable, Sendable {
  public var serial: String
  /// Seconds since 1970.
  public var notBefore: Int64
  public var notAfter: Int64
  public var der: [UInt8]

  public init(serial: String, notBefore: Int64, notAfter: Int64, der: [UInt8]) {
    self.serial = serial
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.der = der
  }
}

/// What came of asking for a certificate.
public enum IssueOutcome: Hashable, Sendable {
  case certificate(der: [UInt8])
  case refused(EnrolmentRefusal)
}

extension SQLiteIdentityStore {
  /// Issues the first certificate for a ticket. The ticket dies in the transaction that keeps the certificate; all earlier
  /// certificates of the gateway are closed in it.
  ///
  /// - Parameters:
  ///   - digest: of the secret and the name.
  ///   - requested: the common name in the request.
  ///   - make: makes the certificate; called at most once, inside the transaction.
  ///   - place: the asker's address, for the audit log.
  public func enrol(
    _ name: String, digest: [UInt8], requested: String?, keyDigest: [UInt8], place: String, now: Timestamp,
    make: () throws -> NewCertificate
  ) throws -> IssueOutcome {
    try change {
      let ticket = try ticket(gateway: name, digest: digest)
      let decision = TicketDecision(
        ticket: ticket, standing: try gateway(name)?.standing, name: name, requested: requested, keyDigest: keyDigest,
        now: now)
      switch decision {
      case .refuse(let refusal, let isSuspicious):
        if isSuspicious, let ticket {
          try audit(
            "ticket-reused", name, "ticket \(ticket.number) came again with another key, from \(place)", by: name,
            now: now)
        }
        return .refused(refusal)
      case .again(let serial):
        guard let der = try der(serial) else { return .refused(.ticketUsed) }
        return .certificate(der: der)
      case .issue:
        guard let ticket else { return .refused(.ticketUnknown) }
        let made = try make()
        try allow(name, site: ticket.site, by: ticket.createdBy, now: now)
        try close(name)
        try keep(made, of: name, standing: .current, source: .ticket, keyDigest: keyDigest, now: now)
        let use = try connection.statement(
          "UPDATE tickets SET used_ms = ?2, key_digest = ?3, serial = ?4 WHERE number = ?1")
        try use.bind(1, ticket.number)
        try use.bind(2, now.milliseconds)
        try use.bind(3, keyDigest)
        try use.bind(4, made.serial)
        try use.run()
        try audit("enrolled", name, "ticket \(ticket.number), serial \(made.serial), from \(place)", by: name, now: now)
        return .certificate(der: made.der)
      }
    }
  }

  /// Issues the next certificate. The same key again gets the same certificate; another one takes the place of a *next*
  /// that was never used.
  ///
  /// - Parameters:
  ///   - serial: of the certificate with which the request came, and that was admitted.
  ///   - isLate: whether that certificate has ended; then the site must allow it.
  public func renew(
    _ name: String, serial: String, requested: String?, keyDigest: [UInt8], isLate: Bool, place: String, now: Timestamp,
    make: () throws -> NewCertificate
  ) throws -> IssueOutcome {
    try change {
      guard requested == nil || requested == name else { return .refused(.nameMismatch) }
      let known = try standing(serial)
      if case .refuse(let refusal) = Admission(certificate: known.certificate, standing: known.gateway) {
        return .refused(refusal)
      }
      if isLate, try !isLateRenewalOpen(name, now) { return .refused(.serialUnknown) }
      let search = try connection.statement(
        "SELECT der, serial FROM certificates WHERE gateway = ?1 AND standing = 'next' AND key_digest = ?2 AND not_after_s > ?3"
      )
      try search.bind(1, name)
      try search.bind(2, keyDigest)
      try search.bind(3, now.milliseconds / 1_000)
      if let der = try search.firstRow({ $0.text(1) == serial ? nil : $0.blob(0) }) ?? nil {
        return .certificate(der: der)
      }
      let made = try make()
      // Whoever renews with a *next* has used it.
      if known.certificate == .next { try promote(serial, of: name) }
      try move(.next, to: .closed, of: name)
      try keep(made, of: name, standing: .next, source: isLate ? .late : .renewal, keyDigest: keyDigest, now: now)
      try forgetOld(now)
      try audit(
        isLate ? "renewed-late" : "renewed", name, "serial \(made.serial), from \(place)", by: name, now: now)
      return .certificate(der: made.der)
    }
  }

  /// Whether a request with this certificate is taken. A first use is recorded before the answer.
  public func admit(serial: String, of name: String, now: Timestamp) throws -> Admission {
    let known = try read { try standing(serial) }
    let admission = Admission(certificate: known.certificate, standing: known.gateway)
    // The name is the certificate's, so another one means that two authorities gave out one serial.
    guard known.name == nil || known.name == name else { return .refuse(.serialUnknown) }
    guard admission == .promote else { return admission }
    return try change {
      // Another process may have changed it meanwhile, and that counts.
      let known = try standing(serial)
      let admission = Admission(certificate: known.certificate, standing: known.gateway)
      guard admission == .promote else { return admission }
      try promote(serial, of: name)
      try audit("certificate-proven", name, "serial \(serial)", by: name, now: now)
      return admission
    }
  }

  /// The gateway says that it will not use the certificate before `serial` any more.
  public func confirm(serial: String, of name: String, now: Timestamp) throws {
    try change {
      guard try standing(serial).certificate == .current else { return }
      try move(.previous, to: .closed, of: name)
      guard connection.changes > 0 else { return }
      try audit("previous-closed", name, "serial \(serial) is the only one", by: name, now: now)
    }
  }

  // MARK: Steps, inside a transaction

  func standing(
    _ serial: String
  ) throws -> (certificate: CertificateStanding?, gateway: GatewayStanding?, name: String?) {
    let search = try connection.statement(
      """
      SELECT certificates.standing, gateways.standing, gateways.name FROM certificates
      JOIN gateways ON gateways.name = certificates.gateway WHERE serial = ?1
      """)
    try search.bind(1, serial)
    let found = try search.firstRow { row in
      (CertificateStanding(rawValue: row.text(0)), GatewayStanding(rawValue: row.text(1)), row.text(2))
    }
    return found.map { ($0.0, $0.1, $0.2) } ?? (nil, nil, nil)
  }

  private func promote(_ serial: String, of gateway: String) throws {
    try move(.previous, to: .closed, of: gateway)
    try move(.current, to: .previous, of: gateway)
    let update = try connection.statement("UPDATE certificates SET standing = 'current' WHERE serial = ?1")
    try update.bind(1, serial)
    try update.run()
  }

  private func move(_ from: CertificateStanding, to: CertificateStanding, of gateway: String) throws {
    let update = try connection.statement(
      "UPDATE certificates SET standing = ?3 WHERE gateway = ?1 AND standing = ?2")
    try update.bind(1, gateway)
    try update.bind(2, from.rawValue)
    try update.bind(3, to.rawValue)
    try update.run()
  }

  private func keep(
    _ made: NewCertificate, of gateway: String, standing: CertificateStanding, source: CertificateRecord.Source,
    keyDigest: [UInt8], now: Timestamp
  ) throws {
    let insert = try connection.statement(
      """
      INSERT INTO certificates(serial, gateway, standing, source, not_before_s, not_after_s, key_digest, der, issued_ms)
      VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """)
    try insert.bind(1, made.serial)
    try insert.bind(2, gateway)
    try insert.bind(3, standing.rawValue)
    try insert.bind(4, source.rawValue)
    try insert.bind(5, made.notBefore)
    try insert.bind(6, made.notAfter)
    try insert.bind(7, keyDigest)
    try insert.bind(8, made.der)
    try insert.bind(9, now.milliseconds)
    try insert.run()
  }

  private func allow(_ name: String, site: String?, by who: String, now: Timestamp) throws {
    let insert = try connection.statement(
      """
      INSERT INTO gateways(name, site, standing, since_ms, by) VALUES(?1, ?2, 'allowed', ?3, ?4)
      ON CONFLICT(name) DO UPDATE SET site = coalesce(?2, site)
      """)
    try insert.bind(1, name)
    try insert.bind(2, optional: site)
    try insert.bind(3, now.milliseconds)
    try insert.bind(4, who)
    try insert.run()
  }

  /// Nil when it is closed or was never issued.
  private func der(_ serial: String) throws -> [UInt8]? {
    let search = try connection.statement("SELECT der FROM certificates WHERE serial = ?1 AND standing <> 'closed'")
    try search.bind(1, serial)
    return try search.firstRow { $0.blob(0) }
  }

  private func isLateRenewalOpen(_ gateway: String, _ now: Timestamp) throws -> Bool {
    let search = try connection.statement(
      """
      SELECT 1 FROM gateways JOIN sites ON sites.name = gateways.site
      WHERE gateways.name = ?1 AND late_renewal_until_ms > ?2
      """)
    try search.bind(1, gateway)
    try search.bind(2, now.milliseconds)
    return try search.firstRow { _ in true } ?? false
  }

  private func forgetOld(_ now: Timestamp) throws {
    let delete = try connection.statement(
      "DELETE FROM certificates WHERE standing = 'closed' AND not_after_s < ?1")
    try delete.bind(1, now.milliseconds / 1_000 - Self.closedCertificatesSeconds)
    try delete.run()
  }
}
