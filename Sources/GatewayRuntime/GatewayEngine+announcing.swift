import AlarmStates
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import Telemetry

/// What the broker is told to keep: discovery messages, and which of our retained topics are still ours.
extension GatewayEngine {
  /// Everything as it is now, because the broker may have lost what it retained. What left the configuration goes first.
  func announce(now: MonotonicTime) {
    publishing.reset()
    rememberTopics()
    publishing.forgottenAt = now + PublishingState.deliveryTime
    for topic in rememberedTopics.subtracting(publishing.retainedTopics).sorted() {
      _ = publishing.waiting.append(.forget(topic))
    }
    announceEntities(now: now)
    // Of a flood that never was there is nothing to say.
    unpublishedAlarms.formUnion(alarmNames.filter { !alarms.isFlood($0) || alarms[$0]?.since != nil })
    nextStatus = now
    queueStates()
  }

  /// Every alarm that this gateway can raise.
  var alarmNames: [String] { settings.rules.map(\.name) + [Self.capacityAlarm] + alarms.floodNames }

  private func announceEntities(now: MonotonicTime) {
    guard let discovery = publishing.discovery else { return }
    for entity in discovery.entities { _ = publishing.waiting.append(.discovery(entity)) }
    // Home Assistant subscribes to the topics of an entity some time after it read of it; what is not retained must come
    // after that.
    publishing.statesAgainAt = now + PublishingState.settlingTime
  }

  /// Home Assistant has started, and knows nothing that is not retained.
  func homeAssistantStarted(now: MonotonicTime) {
    log.notice("Home Assistant has started: everything is announced to it again")
    announceEntities(now: now)
  }

  func repeatStatesIfDue(now: MonotonicTime) {
    guard publishing.statesAgainAt <= now, brokerState == .connected else { return }
    publishing.statesAgainAt = .never
    queueStates()
  }

  private func queueStates() {
    for device in settings.devices.indices where latest[device] != nil {
      _ = publishing.waiting.append(.deviceState(device))
      let mode = settings.devices[device].publishing.topics
      if mode.hasDevice { _ = publishing.waiting.append(.device(device)) }
      guard mode.hasTags else { continue }
      for tag in settings.devices[device].tags.indices { _ = publishing.waiting.append(.tag(device: device, tag: tag)) }
    }
  }

  // MARK: Topics of ours

  /// Before anything is published, so that whatever happens later, no retained topic is unknown.
  private func rememberTopics() {
    let all = rememberedTopics.union(publishing.retainedTopics)
    if all != rememberedTopics { keepTopics(all) }
  }

  /// Once the broker has been told to forget the others.
  func forgetTopics(now: MonotonicTime) {
    guard brokerState == .connected, publishing.forgottenAt <= now, publishing.waiting.isEmpty,
      rememberedTopics != publishing.retainedTopics
    else { return }
    keepTopics(publishing.retainedTopics)
  }

  private func keepTopics(_ topics: Set<String>) {
    rememberedTopics = topics
    if let problem = outside.topics?.save(topics.sorted()) { log.warning("topics at the broker: \(problem)") }
  }
}
