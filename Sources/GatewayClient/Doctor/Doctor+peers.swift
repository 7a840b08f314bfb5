import Diagnosis
import GatewayConfiguration
import Glibc
import PKI

extension Doctor {
  func broker() -> PeerEvidence? {
    let status = daemon.status?.broker
    guard settings != nil || status != nil else { return nil }
    let configured = settings?.broker.map { "\($0.host):\($0.port)" }
    var seen = PeerEvidence(address: status?.address ?? configured, state: status?.state, detail: status?.detail)
    // The daemon with another file has its own: what it says counts.
    if status?.state == "not configured", !isDaemonOfThisFile { seen.address = nil }
    if let settings = settings?.broker, seen.address != nil, seen.state != "connected", seen.state != "not configured" {
      seen.reachability = .probe(host: settings.host, port: settings.port)
    }
    if let refused = status?.refusedByBroker, refused > 0 {
      seen.refusals.append("the broker refused \(refused) messages")
    }
    for subscription in status?.subscriptions ?? [] where subscription.state == "refused" {
      seen.refusals.append("the broker refuses the subscription to '\(subscription.filter)'")
    }
    return seen
  }

  func central() -> PeerEvidence? {
    let status = daemon.status?.central
    guard settings != nil || status != nil else { return nil }
    // A daemon with another file has its own central, or none.
    let own = status?.state == "not configured" && !isDaemonOfThisFile ? nil : settings?.central?.url
    guard let url = status?.url ?? own else { return PeerEvidence() }
    let endpoint = Reachability.endpoint(url: url)
    var seen = PeerEvidence(
      address: endpoint.map { "\($0.host):\($0.port)" } ?? url, state: status?.state, detail: status?.detail)
    if let endpoint, seen.state != "online", seen.state != "not configured" {
      seen.reachability = .probe(host: endpoint.host, port: endpoint.port)
    }
    return seen
  }

  func certificates() -> Evidence.Certificates {
    var seen = Evidence.Certificates()
    guard let settings else { return seen }
    // What is not there yet, or only while the service runs, cannot be looked at.
    let central = settings.central.flatMap { ConfigurationCheck.isNotEnrolled($0) || $0.usesCredentials ? nil : $0 }
    let tls = settings.broker?.tls
    let certificates = [central?.authority, central?.certificate, tls?.authority, tls?.certificate].compactMap { $0 }
    let keys = [central?.key, tls?.key].compactMap { $0 }
    seen.hidden = (certificates + keys).filter { access($0, R_OK) != 0 && errno == EACCES && geteuid() != 0 }
    let hidden = seen.hidden
    seen.problems = ConfigurationCheck.certificateProblems(settings).filter { text in
      // These say only that the person who asks may not read the file.
      !hidden.contains { text.contains("\($0) cannot be read (") }
    }
    let now = Int64(time(nil))
    for path in certificates {
      guard let identity = try? CertificateIdentity(pemFile: path) else { continue }
      let days = Int((identity.notAfter - now) / 86_400)
      let isRenewed = central?.identity != nil && path == central?.certificate
      // The daemon renews its own with a third of the life left: a warning before then would be none.
      let left = identity.notAfter - now
      let isDue = (0...(identity.notAfter - identity.notBefore) / 5).contains(left)
      seen.expiries.append(.init(path: path, days: days, isRenewed: isRenewed, isDue: isRenewed ? isDue : nil))
    }
    return seen
  }
}
