import GatewayConfiguration
public import GatewayCore
import Logging
import RuleEngine
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
    let isActive = activeAlarms.contains(Self.capacityAlarm)
    guard isActive ? left > limit * 3 / 2 : left < limit else { return }
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

/// What a simulation looks at.
extension GatewayEngine {
  /// Samples that came from the buses since the start: accepted + dropped + waiting.
  public var samplesTaken: Int { counters.samples }
  public var samplesDropped: Int { counters.samplesDropped }
  public var alarmEventsDropped: Int { counters.alarmEventsDropped }
  /// Samples in memory that no commit holds yet.
  public var samplesWaiting: Int {
    builder.sampleCount + pendingFrames.reduce(0) { $0 + ($1.lane == .telemetry ? $1.sampleCount : 0) }
      + waitingScans.reduce(0) { $0 + $1.scan.readings.count }
  }
  /// Alarm events in memory that no commit holds yet.
  public var alarmsWaiting: Int {
    pendingAlarms.count + pendingFrames.reduce(0) { $0 + ($1.lane == .alarms ? $1.sampleCount : 0) }
  }
  /// The store as it was after the last commit that is known to have ended.
  public var outboxState: OutboxState { stored }

  /// Whether central is still to be asked what it has of epochs that are over.
  public var mustLookBack: Bool { delivery.mustLookBack }
  /// Alarms that their rules take for active.
  public var alarmsOfRules: Set<String> { rules.activeAlarms }
  public var isOutboxOpen: Bool { isStoreOpen }
  public var isTrustingClock: Bool { clockTrust.isTrusted }
}
