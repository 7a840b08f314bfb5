import GatewayCore
import Telemetry

/// Computed tags (`docs/computed.md`): their scans go the way of all others.
extension GatewayEngine {
  /// Brings a scan to those that use its tags.
  ///
  /// - Parameters:
  ///   - scan: with the device's place.
  func compute(with scan: DeviceScan, started: MonotonicTime, now: MonotonicTime) {
    guard !computed.isEmpty else { return }
    computed.look(wall: outside.clock.wall(), now: now)
    computed.took(scan, started: started, now: now)
    computeIfDue(now: now)
  }

  /// One after the other, not inside each other: a computed scan may make further ones due.
  func computeIfDue(now: MonotonicTime) {
    guard !isComputing, computed.deadline <= now else { return }
    isComputing = true
    computed.look(wall: outside.clock.wall(), now: now)
    while let next = computed.next(now: now) {
      let scan = DeviceScan(
        device: running.deviceHandles[next.device], time: wall(at: next.started, now: now), readings: next.readings)
      took(scan, started: next.started, fault: nil, now: now)
    }
    isComputing = false
  }

  /// What is known of tags that stay goes on; what is new is computed in this turn.
  func moveComputed(from old: RunningConfiguration, now: MonotonicTime) {
    var next = ComputedTags(
      settings.computedDevices(catalogue), catalogue: catalogue, wall: outside.clock.wall(), now: now)
    next.goOn(after: computed, latest: latest, now: now) { tag in
      running.device(old.deviceHandles[tag.device]).map { TagIndex(device: $0, tag: tag.tag) }
    }
    computed = next
  }
}
