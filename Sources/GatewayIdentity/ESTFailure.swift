public import Enrolment
public import HTTPClient

/// Why central did not do what was asked of it: in words that a technician can act on.
public enum ESTFailure: Error, Sendable {
  /// Central's own answer.
  case refused(EnrolmentRefusal, retryAfterSeconds: Int?)
  /// No answer.
  case network(DirectFailure)
  /// Something on the way answers in central's place: a login page of a guest network, a proxy's page.
  case portal(String)
  /// Somebody answered who is not central, or not one that enrols.
  case notCentral(String)
  /// Central answered with something that cannot be used.
  case unusable(String)
}

extension ESTFailure {
  /// A word for programs.
  public var code: String {
    switch self {
    case .refused(let refusal, _): refusal.rawValue
    case .portal: "captive_portal"
    case .notCentral: "not_central"
    case .unusable: "unusable_answer"
    case .network(let failure):
      switch failure.kind {
      case .nameNotFound: "name_not_found"
      case .proxyNameNotFound: "proxy_not_found"
      case .refused: "connection_refused"
      case .unreachable: "unreachable"
      case .timeout: "timeout"
      case .proxyRefusal: "proxy_refusal"
      case .notTLS: "not_tls"
      case .serverNotYetValid, .serverExpired: "server_validity"
      case .serverUntrusted: "server_untrusted"
      case .serverNameMismatch: "server_name_mismatch"
      case .ownCertificateRefused: "certificate_refused"
      case .other: "network"
      }
    }
  }

  /// - Parameter url: central's.
  public func error(_ url: String) -> IdentityError {
    switch self {
    case .refused(let refusal, let seconds):
      IdentityError(refusal.message, next: refusal.nextStep + (seconds.map { " (\($0) s)" } ?? ""))
    case .portal(let what):
      IdentityError(
        "\(url) is answered by something on the way, and not by central (\(what))",
        next:
          "this network has a login page or a filter: sign in with a browser on it, use another network, or ask its "
          + "administrator to let this gateway through to \(url)")
    case .notCentral(let what):
      IdentityError(
        "what answers at \(url) is not a central that enrols gateways (\(what))",
        next: "compare the url with the operator's; is its port right?")
    case .unusable(let what):
      IdentityError(
        "central's answer cannot be used: \(what)", next: "tell the operator, who finds more in central's log")
    case .network(let failure): Self.error(failure, url)
    }
  }

  private static func error(_ failure: DirectFailure, _ url: String) -> IdentityError {
    let words = failure.detail
    return switch failure.kind {
    case .nameNotFound:
      IdentityError(
        "the host of \(url) is not found", next: "check the url, the network cable and the DNS server (resolvectl)")
    case .proxyNameNotFound:
      IdentityError("the proxy's host is not found (\(words))", next: "correct --proxy or the variable https_proxy")
    case .refused:
      IdentityError(
        "the connection to \(url) is refused", next: "check that central runs there, the port, and firewalls")
    case .unreachable:
      IdentityError("there is no way to \(url) (\(words))", next: "check the network: ip address, ip route, the cable")
    case .timeout:
      IdentityError(
        "\(url) does not answer in time (\(words))",
        next: "check the network and firewalls on the way; is a proxy needed?")
    case .proxyRefusal(407):
      IdentityError(
        "the proxy wants a name and a password (407)", next: "give them in --proxy http://NAME:PASSWORD@HOST:PORT")
    case .proxyRefusal(let status):
      IdentityError(
        "the proxy does not let this gateway through to \(url) (\(status))",
        next: "ask its administrator to allow CONNECT to that host and port")
    case .notTLS:
      IdentityError(
        "what answers at \(url) does not speak TLS as central does (\(words))",
        next: "is the port right? A login page or a filter on the way looks like this too")
    case .serverNotYetValid:
      IdentityError("central's certificate is not valid yet by this box's clock", next: "set the clock: timedatectl")
    case .serverExpired:
      IdentityError(
        "central's certificate has expired by this box's clock",
        next: "check the clock (timedatectl), then tell the operator")
    case .serverUntrusted:
      IdentityError(
        "central's certificate does not come from the CA whose hash stands in the ticket (\(words))",
        next: "do not go on in this network: somebody may be in between; tell the operator")
    case .serverNameMismatch:
      IdentityError(
        "central's certificate is for another host name than that of \(url) (\(words))",
        next: "ask the operator for a ticket with the name that stands in central's certificate")
    case .ownCertificateRefused:
      IdentityError(
        "central does not accept this gateway's certificate (\(words))",
        next: "it may have ended or been closed: enrol anew with a ticket of the operator")
    case .other: IdentityError("the request to \(url) failed (\(words))", next: "check the network")
    }
  }
}
