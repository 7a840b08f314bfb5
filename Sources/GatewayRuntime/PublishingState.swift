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
}

/// What the engine knows of its messages to the broker; made anew when the settings change.
struct PublishingState: Sendable {
  let topics: MQTTTopics
  var bucket: TokenBucket
  /// By device, for the messages with all tags and for those with one.
  var deviceFilters: [ReportFilter]
  var tagFilters: [ReportFilter]
  /// Whether a device answered when that was told last; nil when it has not been told on this connection.
  var deviceStates: [Bool?]
  var waiting = WaitingTopics<Publication>()
  /// The connection takes nothing before this time.
  var pausedUntil = MonotonicTime.zero

  /// How long to wait when the connection's queue is full: at loopback it empties in milliseconds.
  static let pause = Duration.milliseconds(50)

  init(_ settings: GatewaySettings) {
    topics = MQTTTopics(settings)
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
    waiting.isEmpty && !hasAlarms ? .never : max(pausedUntil, bucket.nextTake(now: now))
  }

  /// Nothing counts as told: the connection is new, or gone.
  mutating func reset() {
    waiting.removeAll()
    pausedUntil = .zero
    for device in deviceStates.indices {
      deviceFilters[device].reset()
      tagFilters[device].reset()
      deviceStates[device] = nil
    }
  }
}
