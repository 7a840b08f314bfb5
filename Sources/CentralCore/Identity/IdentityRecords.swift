public import Telemetry

/// Whether a gateway may come in.
public enum GatewayStanding: String, Hashable, Sendable, CaseIterable {
  case allowed
  /// Shut out until somebody allows it again.
  case denied
  /// Taken out of service for good; its data stays.
  case retired
}

/// What a certificate is to its gateway.
public enum CertificateStanding: String, Hashable, Sendable, CaseIterable {
  /// In use.
  case current
  /// Issued as a renewal, and not used so far.
  case next
  /// Good until the gateway has proven the current one.
  case previous
  /// Not taken any more.
  case closed
}

/// A certificate that central has issued.
public struct CertificateRecord: Hashable, Sendable {
  /// How it came to be issued.
  public enum Source: String, Hashable, Sendable, CaseIterable {
    case ticket
    case renewal
    /// Renewal of one that had ended.
    case late
  }

  /// Hexadecimal digits in lower case.
  public var serial: String
  public var gateway: String
  public var standing: CertificateStanding
  public var source: Source
  /// Seconds since 1970.
  public var notBefore: Int64
  public var notAfter: Int64
  /// SHA-256 of its public key.
  public var keyDigest: [UInt8]
  public var issued: Timestamp

  public init(
    serial: String, gateway: String, standing: CertificateStanding, source: Source, notBefore: Int64, notAfter: Int64,
    keyDigest: [UInt8], issued: Timestamp
  ) {
    self.serial = serial
    self.gateway = gateway
    self.standing = standing
    self.source = source
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.keyDigest = keyDigest
    self.issued = issued
  }
}

/// A gateway as central's identity store knows it.
public struct GatewayRecord: Hashable, Sendable {
  public var name: String
  public var site: String?
  public var standing: GatewayStanding
  /// Since when, and who said so.
  public var since: Timestamp
  public var by: String
  /// Certificates that are not closed, newest first.
  public var certificates: [CertificateRecord]
  /// When its certificate was last renewed after its end; nil: never.
  public var renewedLate: Timestamp?

  public init(
    name: String, site: String?, standing: GatewayStanding, since: Timestamp, by: String,
    certificates: [CertificateRecord], renewedLate: Timestamp?
  ) {
    self.name = name
    self.site = site
    self.standing = standing
    self.since = since
    self.by = by
    self.certificates = certificates
    self.renewedLate = renewedLate
  }
}

/// A ticket as central keeps it: without its secret.
public struct TicketRecord: Hashable, Sendable {
  public var number: Int64
  public var gateway: String
  public var site: String?
  public var created: Timestamp
  public var createdBy: String
  public var expires: Timestamp
  /// When it was used, for which key and certificate.
  public var used: Timestamp?
  public var keyDigest: [UInt8]?
  public var serial: String?
  public var revoked: Timestamp?

  public init(
    number: Int64, gateway: String, site: String?, created: Timestamp, createdBy: String, expires: Timestamp,
    used: Timestamp? = nil, keyDigest: [UInt8]? = nil, serial: String? = nil, revoked: Timestamp? = nil
  ) {
    self.number = number
    self.gateway = gateway
    self.site = site
    self.created = created
    self.createdBy = createdBy
    self.expires = expires
    self.used = used
    self.keyDigest = keyDigest
    self.serial = serial
    self.revoked = revoked
  }

  /// In a word, for lists.
  public func state(now: Timestamp) -> String {
    if revoked != nil { return "revoked" }
    if used != nil { return "used" }
    return now >= expires ? "expired" : "open"
  }
}

/// One line of the audit log.
public struct AuditEntry: Hashable, Sendable {
  public var number: Int64
  public var time: Timestamp
  /// An operator, a gateway, or `root` for commands on the server.
  public var who: String
  /// A word such as `ticket-created`.
  public var action: String
  /// About whom or what.
  public var subject: String
  public var detail: String

  public init(number: Int64, time: Timestamp, who: String, action: String, subject: String, detail: String) {
    self.number = number
    self.time = time
    self.who = who
    self.action = action
    self.subject = subject
    self.detail = detail
  }
}
