import CMosquitto

/// Why there is no connection, in one line that says what to look at next.
struct ConnectionTrouble {
  let endpoint: MQTTEndpoint
  /// What OpenSSL said about the broker's certificate.
  var finding: (code: Int32, text: String)?
  /// The last error that libmosquitto logged; TLS alerts stand only there.
  var logged = ""

  /// TCP or TLS failed, or the connection ended before the broker's answer.
  func text(_ code: Int32, cause: String, wasReached: Bool) -> String {
    if let finding { return "the certificate of the broker at \(endpoint.address) \(certificate(finding))" }
    if endpoint.tls != nil, let alert { return "TLS with the broker at \(endpoint.address) failed: \(alert)" }
    let ends = [MOSQ_ERR_CONN_LOST, MOSQ_ERR_TLS, MOSQ_ERR_TLS_HANDSHAKE, MOSQ_ERR_PROTOCOL].map(\.rawValue.signed)
    if wasReached || ends.contains(code) {
      let hint = endpoint.tls == nil ? "; does this port want TLS?" : "; does this port speak TLS?"
      return "the broker at \(endpoint.address) closed the connection without an answer: \(cause)\(hint)"
    }
    let hint =
      endpoint.isLocal ? "Is mosquitto running?" : "Are address and port right, and does a firewall let us through?"
    return "cannot reach the broker at \(endpoint.address): \(cause). \(hint)"
  }

  private func certificate(_ finding: (code: Int32, text: String)) -> String {
    let clock = "(look at the clock here: timedatectl)"
    return switch finding.code {
    case X509_V_ERR_CERT_NOT_YET_VALID: "is not valid yet, or this gateway's clock is behind \(clock)"
    case X509_V_ERR_CERT_HAS_EXPIRED: "has expired, or this gateway's clock is ahead \(clock)"
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      "is for another name than '\(endpoint.host)': give the name that it was made for as 'host'"
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      "was not signed by a CA that \(endpoint.tls?.authority ?? "the system") knows (\(finding.text))"
    default: "is not accepted: \(finding.text)"
    }
  }

  /// The end of `OpenSSL Error[0]: error:0A000416:SSL routines::sslv3 alert certificate unknown`.
  private var alert: String? {
    guard let colon = logged.lastIndex(of: ":"), logged.contains("OpenSSL Error") else { return nil }
    let text = String(logged[logged.index(after: colon)...])
    let isAnonymous = endpoint.tls?.certificate == nil
    if text.contains("certificate required") || (text.contains("handshake failure") && isAnonymous) {
      return "it asks for a certificate of ours (broker: tls: certificate, key)"
    }
    if text.contains("certificate expired") { return "our certificate \(endpoint.tls?.certificate ?? "") has expired" }
    if text.contains("unknown ca") || text.contains("bad certificate") || text.contains("certificate unknown") {
      return "it does not accept our certificate \(endpoint.tls?.certificate ?? "") (\(text))"
    }
    if text.contains("wrong version number") || text.contains("unexpected eof") {
      return "this port does not answer in TLS (\(text))"
    }
    return text
  }

  /// The broker answered, and said no. Codes of MQTT 5 begin at 128 (2.4), those of 3.1.1 end at 5 (3.2.2.3).
  func refusal(_ code: Int32) -> String {
    let words = String(cString: code >= 128 ? mosquitto_reason_string(code) : mosquitto_connack_string(code))
    let hint: String
    switch code {
    case 4, MQTT_RC_BAD_USERNAME_OR_PASSWORD.rawValue.signed, 5, MQTT_RC_NOT_AUTHORIZED.rawValue.signed:
      hint =
        if let login = endpoint.login {
          " Look at the password of user '\(login.user)', and at the broker's rules"
        } else {
          endpoint.tls?.certificate == nil
            ? " It wants to know who we are: broker: user, password-file"
            : " Look at the broker's rules for our certificate, or give a user: broker: user, password-file"
        }
    default: hint = ""
    }
    return "the broker at \(endpoint.address) refused the connection: \(words)\(hint)"
  }
}
