import GatewayConfiguration
import GatewayCore
import Telemetry

/// A topic of ours whose newest state can be published at any time.
enum Publication: Hashable, Sendable {
  /// All tags of a device.
  case device(Int)
  case tag(device: Int, tag: Int)
  /// Whether a device answers.
  case deviceState(Int)
  case discovery(DiscoveryEntity)
  /// A topic whose retained message is taken back.
  case forget(String)
}

/// What the engine knows of its messages to the broker; made anew when the settings change.
struct PublishingState: Sendable {
  let topics: MQTTTopics
  let discovery: Discovery?
  /// Under which the broker keeps messages of ours.
  let retainedTopics: Set<String>
  var bucket: TokenBucket
  /// By device, for the messages with all tags and for those with one.
  var deviceFilters: [ReportFilter]
  var tagFilters: [ReportFilter]
  /// Whether a device answered when that was told last; nil when it has not been told on this connection.
  var deviceStates: [Bool?]
  var waiting = WaitingTopics<Publication>()
  /// The connection takes nothing before this time.
  var pausedUntil = MonotonicTime.zero
  /// When what left the configuration counts as taken back at the broker.
  var forgottenAt = MonotonicTime.never
  /// When all states are published once more.
  var statesAgainAt = MonotonicTime.never

  /// From Home Assistant's reading of an entity to its subscribing to the entity's topics; measured in seconds at most.
  static let settlingTime = Duration.seconds(10)
  /// A message handed over may still be lost with the connection; after this long on one connection it is not.
  static let deliveryTime = Duration.seconds(20)

  /// How long to wait when the connection's queue is full: at loopback it empties in milliseconds.
  static let pause = Duration.milliseconds(50)

  /// - Parameter floods: alarms that are published, and that Home Assistant is not told of.
  init(_ settings: GatewaySettings, alarms: [String], floods: [String], version: String) {
    topics = MQTTTopics(settings)
    discovery = Discovery(settings, alarms: alarms, version: version)
    retainedTopics = Self.retainedTopics(settings, topics, discovery, alarms + floods)
    let rate = settings.broker?.messagesPerSecond ?? 1
    bucket = TokenBucket(perSecond: rate, burst: rate)
    let rules = settings.devices.map { device in
      device.tags.map { ReportFilter.Rule(deadband: $0.deadband, heartbeat: device.publishing.heartbeat) }
    }
    deviceFilters = rules.map { ReportFilter(rules: $0) }
    tagFilters = deviceFilters
    deviceStates = Array(repeating: nil, count: settings.devices.count)
  }

  /// When something that waits can be published.
  func deadline(now: MonotonicTime, hasAlarms: Bool) -> MonotonicTime {
    let next = waiting.isEmpty && !hasAlarms ? .never : max(pausedUntil, bucket.nextTake(now: now))
    return min(next, statesAgainAt)
  }

  private static func retainedTopics(
    _ settings: GatewaySettings, _ topics: MQTTTopics, _ discovery: Discovery?, _ alarms: [String]
  ) -> Set<String> {
    guard settings.broker != nil else { return [] }
    var all = Set(alarms.map { topics.alarm($0) } + [topics.status])
    for device in settings.devices {
      all.insert(topics.status(device.name))
      guard device.publishing.isRetained else { continue }
      if device.publishing.topics.hasDevice { all.insert(topics.device(device.name)) }
      guard device.publishing.topics.hasTags else { continue }
      for tag in device.tags { all.insert(topics.tag(tag.definition.name, of: device.name)) }
    }
    if let discovery { all.formUnion(discovery.entities.map { discovery.topic($0) }) }
    return all
  }

  /// Nothing counts as told: the connection is new, or gone.
  mutating func reset() {
    waiting.removeAll()
    pausedUntil = .zero
    statesAgainAt = .never
    forgottenAt = .never
    for device in deviceStates.indices {
      deviceFilters[device].reset()
      tagFilters[device].reset()
      deviceStates[device] = nil
    }
  }
}
