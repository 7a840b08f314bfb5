import GatewayConfiguration
import GatewayCore
import JSONText
import Logging
import Telemetry

/// Values and states of devices on the broker. What the rate or the connection holds back waits by topic, and what is
/// published in the end is the newest.
extension GatewayEngine {
  func publish(_ scan: DeviceScan, _ device: DeviceDefinition, now: MonotonicTime) {
    guard outside.broker != nil else { return }
    guard brokerState == .connected else { return count(.notConnected) }
    let index = scan.device
    let mode = settings.devices[index].publishing.topics
    if publishing.deviceStates[index] != isAnswering(index) { offer(.deviceState(index), now: now) }
    if mode.hasDevice, publishing.deviceFilters[index].hasDue(scan.readings, tags: device.tags, now: now) {
      offer(.device(index), now: now)
    }
    guard mode.hasTags else { return }
    for tag in publishing.tagFilters[index].due(scan.readings, tags: device.tags, now: now) {
      offer(.tag(device: index, tag: tag), now: now)
    }
  }

  /// Publishes at once, unless something waits already or the limit is reached.
  private func offer(_ publication: Publication, now: MonotonicTime) {
    if publishing.waiting.isEmpty, publishing.pausedUntil <= now, publishing.bucket.take(now: now) {
      if send(publication, now: now) { return }
    } else if publishing.pausedUntil <= now {
      warn(
        "more than \(settings.broker?.messagesPerSecond ?? 0) messages a second: the rest waits, and only the newest of "
          + "each topic is published (broker: messages-per-second)", about: "message rate", now: now)
    }
    // It waits already: the older value will never be published.
    if !publishing.waiting.append(publication) { count(.replaced) }
  }

  func publishWaiting(now: MonotonicTime) {
    // Bounded: each turn removes a topic, or ends.
    while let next = publishing.waiting.first {
      guard brokerState == .connected, publishing.pausedUntil <= now, publishing.bucket.take(now: now) else { return }
      guard send(next, now: now) else { return }
      _ = publishing.waiting.removeFirst()
    }
  }

  /// - Returns: false when it must be tried again.
  private func send(_ publication: Publication, now: MonotonicTime) -> Bool {
    guard let broker = outside.broker, let message = message(publication) else { return true }
    let outcome = broker.publish(message)
    count(outcome)
    switch outcome {
    case .accepted: told(publication, now: now)
    case .queueFull:
      publishing.pausedUntil = now + PublishingState.pause
      return false
    // The next connection starts with everything; what libmosquitto refuses it would refuse again.
    case .notConnected, .refused, .replaced: break
    }
    return true
  }

  /// The newest state of a topic; nil when there is none.
  private func message(_ publication: Publication) -> OutgoingMessage? {
    switch publication {
    case .device(let index):
      guard let scan = latest[index] else { return nil }
      let device = catalogue.devices[index]
      return message(
        publishing.topics.device(device.name), settings.devices[index].publishing,
        JSONWriter.object { ScanMessage.write(scan, device, to: &$0) })
    case .tag(let index, let tag):
      guard let scan = latest[index], scan.readings[tag].quality.level != .absent else { return nil }
      let device = catalogue.devices[index]
      let how = settings.devices[index].publishing
      return message(
        publishing.topics.tag(device.tags[tag].name, of: device.name), how,
        TagMessage.payload(
          scan.readings[tag], device.tags[tag], text: scan.text(tag), scan.time, how.tagPayload))
    case .deviceState(let index):
      guard latest[index] != nil else { return nil }
      return OutgoingMessage(
        topic: publishing.topics.status(catalogue.devices[index].name),
        payload: Array((isAnswering(index) ? "online" : "offline").utf8), isRetained: true,
        qualityOfService: .atLeastOnce)
    case .discovery(let entity):
      return publishing.discovery.map {
        OutgoingMessage(
          topic: $0.topic(entity), payload: $0.payload(entity), isRetained: true, qualityOfService: .atLeastOnce)
      }
    case .forget(let topic):
      return OutgoingMessage(topic: topic, payload: [], isRetained: true, qualityOfService: .atLeastOnce)
    }
  }

  private func message(_ topic: String, _ how: PublishingSettings, _ payload: [UInt8]) -> OutgoingMessage {
    OutgoingMessage(
      topic: topic, payload: payload, isRetained: how.isRetained,
      qualityOfService: how.qualityOfService == 0 ? .atMostOnce : .atLeastOnce)
  }

  private func told(_ publication: Publication, now: MonotonicTime) {
    switch publication {
    case .device(let index):
      guard let scan = latest[index] else { return }
      for (tag, reading) in scan.readings.enumerated() {
        publishing.deviceFilters[index].reported(tag, reading, now: now)
      }
    case .tag(let index, let tag):
      guard let scan = latest[index] else { return }
      publishing.tagFilters[index].reported(tag, scan.readings[tag], now: now)
    case .deviceState(let index): publishing.deviceStates[index] = isAnswering(index)
    case .discovery, .forget: break
    }
  }

  func count(_ outcome: PublishOutcome) { counters.messages[outcome, default: 0] += 1 }

  /// At least one of its tags has a value.
  func isAnswering(_ device: Int) -> Bool {
    latest[device]?.readings.contains { $0.quality.hasValue && $0.quality.reason != .stale } ?? false
  }

  var answeringDevices: Int { latest.indices.count { isAnswering($0) } }
}
