public import Enrolment
public import Telemetry

/// What becomes of a certificate request that comes with a ticket.
public enum TicketDecision: Hashable, Sendable {
  case issue
  /// The answer was lost: the certificate of this serial once more.
  case again(serial: String)
  /// With a second reason for the audit log: somebody else may hold the ticket.
  case refuse(EnrolmentRefusal, isSuspicious: Bool)

  /// How long after its use a ticket still gives the same certificate to the same key.
  public static let lostAnswer = Duration.seconds(600)

  /// - Parameters:
  ///   - ticket: the one whose secret came; nil when there is none.
  ///   - standing: of the gateway; nil when it is new.
  ///   - name: the gateway's, as it came with the secret.
  ///   - requested: the request's common name.
  public init(
    ticket: TicketRecord?, standing: GatewayStanding?, name: String, requested: String?, keyDigest: [UInt8],
    now: Timestamp
  ) {
    self =
      switch (ticket, standing) {
      case (nil, _): .refuse(.ticketUnknown, isSuspicious: false)
      case (let ticket?, _) where ticket.revoked != nil: .refuse(.ticketUnknown, isSuspicious: false)
      case (_, .denied): .refuse(.gatewayDenied, isSuspicious: false)
      case (_, .retired): .refuse(.gatewayRetired, isSuspicious: false)
      case (let ticket?, _): Self.decide(ticket, name, requested, keyDigest, now)
      }
  }

  private static func decide(
    _ ticket: TicketRecord, _ name: String, _ requested: String?, _ keyDigest: [UInt8], _ now: Timestamp
  ) -> Self {
    guard requested == nil || requested == name else { return .refuse(.nameMismatch, isSuspicious: false) }
    if let used = ticket.used, let serial = ticket.serial {
      let isSameKey = ticket.keyDigest == keyDigest
      // A clock that was set back must not make a lost answer final.
      guard isSameKey, now - used < Self.lostAnswer else {
        return .refuse(.ticketUsed, isSuspicious: !isSameKey)
      }
      return .again(serial: serial)
    }
    return now >= ticket.expires ? .refuse(.ticketExpired, isSuspicious: false) : .issue
  }
}

/// Whether a request with a client certificate is taken.
public enum Admission: Hashable, Sendable {
  case taken
  /// Its first use: it becomes the current one.
  case promote
  case refuse(EnrolmentRefusal)

  /// - Parameters:
  ///   - certificate: nil when central never issued it.
  ///   - standing: of its gateway.
  public init(certificate: CertificateStanding?, standing: GatewayStanding?) {
    self =
      switch (certificate, standing) {
      case (_, .denied): .refuse(.gatewayDenied)
      case (_, .retired): .refuse(.gatewayRetired)
      case (nil, _), (_, nil), (.closed, _): .refuse(.serialUnknown)
      case (.next, .allowed): .promote
      case (.current, .allowed), (.previous, .allowed): .taken
      }
  }
}
