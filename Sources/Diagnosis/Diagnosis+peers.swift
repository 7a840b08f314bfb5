/// Broker, central, certificates.
extension Diagnosis {
  static func broker(_ seen: PeerEvidence?) -> [Finding] {
    guard let seen else { return [Finding(.broker, .notChecked, "the configuration is not known")] }
    guard let address = seen.address else { return [Finding(.broker, .ok, "none is configured")] }
    var found = peer(.broker, seen, address, isGood: seen.state == "connected")
    found += seen.refusals.map {
      Finding(.broker, .problem, $0, next: "look at the broker's access rules (acl_file) for this gateway's user")
    }
    return found
  }

  static func central(_ seen: PeerEvidence?) -> [Finding] {
    guard let seen else { return [Finding(.central, .notChecked, "the configuration is not known")] }
    guard let address = seen.address else {
      return [Finding(.central, .ok, "none is configured: the outbox keeps everything")]
    }
    return peer(.central, seen, address, isGood: seen.state == "online")
  }

  private static func peer(_ area: Finding.Area, _ seen: PeerEvidence, _ address: String, isGood: Bool) -> [Finding] {
    if isGood { return [Finding(area, .ok, "\(seen.state ?? "") at \(address)")] }
    if seen.state == "not configured" {
      return [
        Finding(
          area, .problem, "the file names \(address), and the running daemon does not know of it yet",
          next: "sudo fieldgate reload")
      ]
    }
    if seen.state == "not enrolled" {
      return [
        Finding(
          area, .problem, "this gateway is not enrolled at \(address): the outbox keeps everything",
          next: "get a ticket from central's operator, then: sudo fieldgate enroll TICKET")
      ]
    }
    // At the start it has not been tried yet.
    if let state = seen.state, seen.detail == nil, seen.reachability == .connected {
      return [Finding(area, .notChecked, "\(state) at \(address)", next: "ask again in some seconds")]
    }
    let network = seen.reachability.flatMap { unreachable($0, area, address) }
    guard let state = seen.state else {
      if let network { return [network] }
      let text = "a TCP connection to \(address) works; names, passwords and certificates are proven by the daemon only"
      return [Finding(area, seen.reachability == nil ? .notChecked : .ok, text)]
    }
    let told = seen.detail.map { ": \($0)" } ?? ""
    if let network {
      return [Finding(area, .problem, "\(state)\(told); \(network.text)", next: network.next)]
    }
    // What central answered names its own next step.
    if let mark = told.ranges(of: ". Next: ").first {
      return [
        Finding(
          area, .problem, "\(state) at \(address)\(told[..<mark.lowerBound])", next: String(told[mark.upperBound...]))
      ]
    }
    let next =
      seen.reachability == .connected
      ? "the network is good (TCP works): look at \(area == .broker ? "user, password, TLS" : "certificates, clock") "
        + "and the other side's log"
      : "see: journalctl -u fieldgate -n 20"
    return [Finding(area, .problem, "\(state) at \(address)\(told)", next: next)]
  }

  static func unreachable(_ seen: Reachability, _ area: Finding.Area, _ address: String) -> Finding? {
    let host = address.lastIndex(of: ":").map { String(address[..<$0]) } ?? address
    switch seen {
    case .connected: return nil
    case .unknownName(let text):
      return Finding(
        area, .problem, "the name '\(host)' cannot be resolved (\(text))",
        next: "correct the name, or the name server: getent hosts \(host); cat /etc/resolv.conf")
    case .refused:
      let service = area == .broker ? "is the broker running (systemctl status mosquitto)?" : "does it run there?"
      return Finding(
        area, .problem, "\(address) refuses connections: nothing listens there", next: "\(service) is the port right?")
    case .silent:
      return Finding(
        area, .problem, "no answer from \(address)",
        next: "check cable, address, route and firewall: ping \(host); ip route get \(host)")
    case .failed(let text):
      return Finding(
        area, .problem, "\(address) cannot be reached (\(text))", next: "check the network: ip address; ip route")
    }
  }

  static func certificates(_ seen: Evidence.Certificates, central: PeerEvidence?) -> [Finding] {
    // What works all the same is no problem yet.
    let isOnline = central?.state == "online"
    var found = seen.problems.map { Self.certificate($0, isOnline ? .warning : .problem) }
    found += seen.hidden.map {
      Finding(.certificates, .notChecked, "you may not read \($0)", next: "run it as root: sudo fieldgate doctor")
    }
    for expiry in seen.expiries where expiry.isDue {
      found.append(
        Finding(
          .certificates, .warning, "\(expiry.path) expires in \(number(expiry.days, "day"))",
          next: expiry.isRenewed
            ? "the daemon should have renewed it by now: fieldgate status says what keeps it from that"
            : "renew it before then; a reload takes the new file: fieldgate reload"))
    }
    guard found.isEmpty else { return found }
    guard let nearest = seen.expiries.min(by: { $0.days < $1.days }) else { return [] }
    let how = nearest.isRenewed ? "; the daemon renews it before" : ""
    let when = number(nearest.days, "day")
    return [Finding(.certificates, .ok, "good; the first one to end is \(nearest.path), in \(when)\(how)")]
  }

  static let expiryWarningDays = 30

  /// `central: the certificate … has expired 3 days ago: renew it`: what to do stands behind the last colon, unless only the
  /// peer's name stands before it.
  private static func certificate(_ text: String, _ verdict: Verdict) -> Finding {
    let mark = text.indices.last { text[$0...].starts(with: ": ") && text[..<$0].contains(" ") }
    guard let mark else { return Finding(.certificates, verdict, text, next: "install the right file") }
    return Finding(.certificates, verdict, String(text[..<mark]), next: String(text[mark...].dropFirst(2)))
  }
}
