import CCurl
import Glibc

/// What libcurl says about a request that got no answer, and what a technician can do about it.
struct TransferFailure {
  var code: CURLcode
  /// libcurl's own words; may be empty.
  var detail: String
  /// The system's error number for the connection, 0 when there is none.
  var systemError: Int32 = 0
  /// OpenSSL's verdict on central's certificate (X509_V_ERR_…), 0 when there is none.
  var verification = 0

  /// One line: what happened, what to do. Without the request's address: whoever shows this says that it is about central.
  func text(_ endpoint: CentralEndpoint) -> String {
    let known: String? =
      switch code {
      case CURLE_COULDNT_RESOLVE_HOST:
        "the host of \(endpoint.url) is not found: check the url, the network and its DNS"
      case CURLE_COULDNT_CONNECT: connection(endpoint)
      case CURLE_OPERATION_TIMEDOUT:
        "no answer from \(endpoint.url) in time: check the network and firewalls on the way (\(detail))"
      case CURLE_SSL_CERTPROBLEM: ownCertificate(endpoint)
      case CURLE_SSL_CACERT_BADFILE:
        Self.unreadable("CA", endpoint.authority) ?? "\(endpoint.authority) holds no CA certificate in PEM form"
      case CURLE_PEER_FAILED_VERIFICATION: centralsCertificate(endpoint)
      case CURLE_SSL_CONNECT_ERROR, CURLE_RECV_ERROR, CURLE_SEND_ERROR: alert(endpoint)
      default: nil
      }
    return known ?? words
  }

  private var words: String { detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail }

  private func connection(_ endpoint: CentralEndpoint) -> String {
    switch systemError {
    case 0: "no connection to \(endpoint.url) (\(words)): check the network, and that central is running"
    case ECONNREFUSED: "the connection to \(endpoint.url) is refused: check that central is running there, and the port"
    default:
      "no connection to \(endpoint.url) (\(String(cString: strerror(systemError)))): check the network and the address"
    }
  }

  /// libcurl could not load what proves who we are.
  private func ownCertificate(_ endpoint: CentralEndpoint) -> String {
    if let text = Self.unreadable("certificate", endpoint.certificate) { return text }
    if let text = Self.unreadable("private key", endpoint.key) { return text }
    guard detail.lowercased().contains("private key") else {
      return "the certificate \(endpoint.certificate) cannot be used (\(words)): see `fieldgate check`"
    }
    return "the private key \(endpoint.key) is damaged or does not belong to the certificate \(endpoint.certificate): "
      + "install the pair anew, see `fieldgate check`"
  }

  private static func unreadable(_ what: String, _ path: String) -> String? {
    guard access(path, R_OK) != 0 else { return nil }
    let code = errno
    let advice = code == ENOENT ? "put it there" : "it must belong to the service's user (chown fieldgate, chmod 600)"
    return "the \(what) \(path) cannot be read (\(String(cString: strerror(code)))): \(advice)"
  }

  private func centralsCertificate(_ endpoint: CentralEndpoint) -> String {
    // Numbers of openssl/x509_vfy.h.
    switch verification {
    case 9: "central's certificate is not valid yet: is this box's clock right?"
    case 10: "central's certificate has expired: renew it at central, or is this box's clock wrong?"
    case 18, 19, 20, 21:
      "central's certificate is not signed by the CA in \(endpoint.authority): install the CA's file that central uses"
    case _ where detail.contains("subject name"):
      "central's certificate is for another host name: use the name in it as central's url"
    default: "central's certificate cannot be trusted (\(words))"
    }
  }

  /// In the handshake or just after it: what central said about our certificate before it hung up (RFC 8446, section 6.2).
  private func alert(_ endpoint: CentralEndpoint) -> String? {
    let own = "the certificate \(endpoint.certificate)"
    let alerts = [
      ("certificate expired", "central says that \(own) has expired, or is not valid yet: renew it, check both clocks"),
      ("unknown ca", "central does not know the CA of \(own): install one signed by central's CA"),
      ("certificate required", "central wants a certificate and got none: check \(own)"),
      ("bad certificate", "central refuses \(own): see `fieldgate check`"),
      ("certificate unknown", "central refuses \(own): see `fieldgate check`"),
      ("certificate revoked", "\(own) was revoked: ask for a new one"),
    ]
    let lower = detail.lowercased()
    return alerts.first { lower.contains("alert") && lower.contains($0.0) }?.1
  }
}
