public import Telemetry

/// How values go to the broker: the broker's section says it for all devices, a device for itself.
public struct PublishingSettings: Hashable, Sendable {
  public enum Topics: String, Sendable, CaseIterable {
    /// One message a scan with all tags.
    case perDevice = "per-device"
    /// One message a tag, each on its own topic.
    case perTag = "per-tag"
    case both

    public var hasDevice: Bool { self != .perTag }
    public var hasTags: Bool { self != .perDevice }
  }

  /// What stands in the message of one tag.
  public enum TagPayload: String, Sendable, CaseIterable {
    /// An object with value, quality, unit and time.
    case json
    /// The value alone, as text; `null` without one.
    case plain
  }

  /// Default: per device.
  public var topics: Topics
  /// Default: JSON.
  public var tagPayload: TagPayload
  /// The broker keeps the newest message of each topic for those who subscribe later; default false.
  public var isRetained: Bool
  /// 0 or 1; default 0.
  public var qualityOfService: Int
  /// For tags that give none; nil (the default): every scan is reported.
  public var deadband: Deadband?
  /// Longest time without a report of a tag with a deadband, 1 s to 24 h; default 5 min.
  public var heartbeat: Duration

  public init(
    topics: Topics = .perDevice, tagPayload: TagPayload = .json, isRetained: Bool = false, qualityOfService: Int = 0,
    deadband: Deadband? = nil, heartbeat: Duration = .seconds(300)
  ) {
    self.topics = topics
    self.tagPayload = tagPayload
    self.isRetained = isRetained
    self.qualityOfService = qualityOfService
    self.deadband = deadband
    self.heartbeat = heartbeat
  }
}
