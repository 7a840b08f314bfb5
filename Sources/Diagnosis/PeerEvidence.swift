/// What was seen of the broker or of central.
public struct PeerEvidence: Sendable {
  /// `host:port`; nil when none is configured.
  public var address: String?
  /// As the daemon calls it: `connected`, `online`, `disconnected`, `offline` …; nil without a daemon.
  public var state: String?
  /// The daemon's reason.
  public var detail: String?
  /// A TCP connection of our own, where there was reason to try.
  public var reachability: Reachability?
  /// Messages and subscriptions that the broker refuses.
  public var refusals: [String] = []

  public init(address: String? = nil, state: String? = nil, detail: String? = nil, reachability: Reachability? = nil) {
    self.address = address
    self.state = state
    self.detail = detail
    self.reachability = reachability
  }
}

/// How a TCP connection ended that was opened and closed at once.
public enum Reachability: Hashable, Sendable {
  case connected
  /// The name has no address: the resolver's words.
  case unknownName(String)
  /// Something answered: nothing listens there.
  case refused
  /// No answer within some seconds.
  case silent
  /// The system's words.
  case failed(String)
}
