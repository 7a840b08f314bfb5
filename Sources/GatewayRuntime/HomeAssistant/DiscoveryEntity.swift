/// One thing that Home Assistant shows.
enum DiscoveryEntity: Hashable, Sendable {
  case tag(device: Int, tag: Int)
  /// By the rule's name, or that of an alarm of the gateway itself.
  case alarm(String)
  /// Whether central is reachable.
  case central
}
