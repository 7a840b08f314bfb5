public import Telemetry

/// What somebody wants to be written, as it came in. Nothing of it has been checked.
public struct WriteCommand: Hashable, Sendable {
  public struct Item: Hashable, Sendable {
    public var tag: String
    public var value: CommandValue

    public init(tag: String, value: CommandValue) {
      self.tag = tag
      self.value = value
    }
  }

  /// Chosen by the sender; nil when it chose none.
  public var id: String?
  public var device: String
  public var items: [Item]
  /// How it came, and who says to have sent it: `mqtt`, `local user root`.
  public var source: String
  /// Nil: ``CommandLimits/defaultTimeToLive``.
  public var timeToLive: Duration?
  /// When it was given, by the sender's clock.
  public var time: Timestamp?
  /// When it is over, by the sender's clock.
  public var expires: Timestamp?
  /// It was kept by the broker, nobody knows for how long.
  public var isRetained: Bool

  public init(
    id: String? = nil, device: String, items: [Item], source: String, timeToLive: Duration? = nil,
    time: Timestamp? = nil, expires: Timestamp? = nil, isRetained: Bool = false
  ) {
    self.id = id
    self.device = device
    self.items = items
    self.source = source
    self.timeToLive = timeToLive
    self.time = time
    self.expires = expires
    self.isRetained = isRetained
  }
}
