/// Why central refuses to enrol or to renew: the code of the header `Fieldgate-Error` and of the answer's JSON, both sides'
/// shared vocabulary.
public enum EnrolmentRefusal: String, CaseIterable, Sendable {
  /// No such ticket, or the secret does not belong to the gateway's name.
  case ticketUnknown = "ticket_unknown"
  case ticketExpired = "ticket_expired"
  /// Used with another key, or longer ago than the time in which a lost answer may be asked for again.
  case ticketUsed = "ticket_used"
  case gatewayDenied = "gateway_denied"
  case gatewayRetired = "gateway_retired"
  /// The request's common name is that of another gateway.
  case nameMismatch = "name_mismatch"
  /// The body is no certificate request, or its signature is wrong.
  case badRequest = "bad_request"
  /// A key that is too weak or of a kind that is not taken.
  case keyRefused = "key_refused"
  /// A certificate of ours that was closed, replaced, or never recorded.
  case serialUnknown = "serial_unknown"
  case tooManyAttempts = "too_many_attempts"

  /// The name of the header that carries the code.
  public static let headerName = "Fieldgate-Error"

  /// HTTP status with which central answers.
  public var httpStatus: Int {
    switch self {
    case .ticketUnknown: 401
    case .badRequest, .keyRefused: 400
    case .tooManyAttempts: 429
    case .ticketExpired, .ticketUsed, .gatewayDenied, .gatewayRetired, .nameMismatch, .serialUnknown: 403
    }
  }

  /// What happened, in plain words: one sentence without a full stop.
  public var message: String {
    switch self {
    case .ticketUnknown: "central does not know this ticket"
    case .ticketExpired: "the ticket has expired"
    case .ticketUsed: "the ticket has been used already"
    case .gatewayDenied: "this gateway has been denied at central"
    case .gatewayRetired: "this gateway has been retired at central"
    case .nameMismatch: "the ticket or certificate is that of a gateway with another name"
    case .badRequest: "central could not read the certificate request"
    case .keyRefused: "central does not accept this kind of key"
    case .serialUnknown: "central does not accept this gateway's certificate any more"
    case .tooManyAttempts: "there were too many attempts in a short time"
    }
  }

  /// What the technician can do now: one sentence without a full stop.
  public var nextStep: String {
    switch self {
    case .ticketUnknown:
      "check that the ticket is for this gateway and this central; it may have been revoked: ask the operator for a new one"
    case .ticketExpired: "ask the operator for a new one (fieldgate-central ticket create)"
    case .ticketUsed:
      "if you did not use it, tell the operator at once: somebody else may have enrolled under this name; a new ticket "
        + "closes what was issued with this one"
    case .gatewayDenied: "ask the operator why; 'fieldgate-central gateway allow' lets it in again"
    case .gatewayRetired: "ask the operator: the name must be allowed again, or the gateway gets another one"
    case .nameMismatch: "compare 'gateway' in the configuration with the ticket, and use the ticket of this gateway"
    case .badRequest: "look at central's log, and compare the versions of both sides"
    case .keyRefused: "use a P-256 key, as 'fieldgate enroll' makes it, or RSA with 2048 bits or more"
    case .serialUnknown: "enrol it anew: ask the operator for a ticket, then 'fieldgate enroll'"
    case .tooManyAttempts: "wait for the time that central names, then try once more"
    }
  }

  /// Whether waiting and trying again unchanged can help.
  public var isPassing: Bool {
    switch self {
    case .tooManyAttempts, .gatewayDenied: true
    default: false
    }
  }
}
