import GatewayConfiguration
import GatewayCore
import Logging
import Telemetry

extension GatewayEngine {
  /// The gateway's own alarm: the outbox will soon be full.
  static let capacityAlarm = "gateway.outbox_filling"

  func lookAtSpace() { outbox.space.diskFreeBytes = outside.store.freeBytes() }

  /// How long the outbox lasts if central stays away; nil while that is not known, or when it holds nothing to speak of.
  func timeLeft(now: MonotonicTime) -> Duration? {
    fillRate.bytesPerDay(now: now).flatMap { outbox.space.timeLeft(stored, bytesPerDay: $0) }
  }

  /// Raises the alarm when less than the configured time is left, clears it when half as much again is there.
  func watchCapacity(now: MonotonicTime) {
    guard isStoreOpen, let left = timeLeft(now: now) else { return }
    let limit = settings.outbox.warnBelow
    let isActive = ownAlarms.contains(Self.capacityAlarm)
    guard isActive ? left > limit * 3 / 2 : left < limit else { return }
    if isActive { ownAlarms.remove(Self.capacityAlarm) } else { ownAlarms.insert(Self.capacityAlarm) }
    let hours = left.wholeMilliseconds / 3_600_000
    raise([
      AlarmEvent(
        time: outside.clock.wall(), alarm: Self.capacityAlarm, tag: "", transition: isActive ? .cleared : .raised,
        severity: .high, value: Double(hours),
        message: isActive
          ? "the outbox has room for \(hours) hours again"
          : "the outbox is full in \(hours) hours at today's rate; then the oldest values are thinned. Is central reachable?"
      )
    ])
  }
}
