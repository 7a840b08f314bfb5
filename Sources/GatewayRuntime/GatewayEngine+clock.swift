import GatewayCore
import Logging
import Telemetry

extension GatewayEngine {
  /// Times in frames are those of the boot clock until the wall clock is trusted; then the store learns the difference and puts
  /// them in their places before they are cut.
  func lookAtClock(now: MonotonicTime) {
    let wall = outside.clock.wall()
    // Before the store is open this is for the time being: ``reconsiderClock(newestStored:)``.
    let newest = wasStoreOpen ? stored.frames[.telemetry]?.lastTime : nil
    let becameTrusted = clockTrust.look(
      wall: wall, newestStored: newest, isSynchronized: outside.clock.isSynchronized)
    guard clockTrust.isTrusted else {
      return warn(
        "the clock says \(wall.iso8601), which cannot be: values are kept and sent once it is set (look at: timedatectl)",
        about: "clock", now: now)
    }
    allClear("the clock is set: \(wall.iso8601)", about: "clock")
    // What was gathered under the boot clock stays apart from what follows.
    if becameTrusted {
      sealFrame(tellsLoss: false)
      let offset = Duration.milliseconds(wall.milliseconds - now.nanoseconds / 1_000_000)
      memoryLoss?.place(offset)
      alarmLoss?.place(offset)
      sealAlarms()
      placePendingAlarms(offset)
      placeAlarms(offset)
    }
    let isWaiting =
      stored.frames.values.contains { $0.waitingForClock > 0 } || pendingFrames.contains(where: \.hasBootTimes)
    guard isStoreOpen, becameTrusted || isWaiting, isWaiting else { return }
    clockOffset = .milliseconds(wall.milliseconds - now.nanoseconds / 1_000_000)
    outbox.alarmAppended()
  }

  /// Without the store, a clock could be believed that is behind the newest time in it: then it is not believed after all, and
  /// what was taken meanwhile gets its time of the boot clock.
  func reconsiderClock(newestStored: Timestamp?) {
    guard clockTrust.isTrusted else { return }
    var trust = ClockTrust()
    _ = trust.look(
      wall: outside.clock.wall(), newestStored: newestStored, isSynchronized: outside.clock.isSynchronized)
    guard !trust.isTrusted else { return }
    clockTrust = trust
    memoryLoss?.forgetTimes()
    alarmLoss?.forgetTimes()
    newestTime = newestTime.map { _ in Timestamp(milliseconds: .min) }
  }

  /// Those that cannot be sealed, because the store is not open.
  private func placePendingAlarms(_ offset: Duration) {
    guard alarmsHaveBootTimes, !pendingAlarms.isEmpty else { return }
    for index in pendingAlarms.indices {
      newestAlarm = max(newestAlarm, pendingAlarms[index].time + offset)
      pendingAlarms[index].time = newestAlarm
    }
    alarmsHaveBootTimes = false
  }

  /// What the wall clock, as it is set now, showed at an earlier time of the boot clock.
  func wall(at time: MonotonicTime, now: MonotonicTime) -> Timestamp {
    Timestamp(milliseconds: outside.clock.wall().milliseconds - max(0, (now - time).wholeMilliseconds))
  }

  /// The time that a scan or an event gets in the store.
  func keptTime(_ wall: Timestamp, bootTime: MonotonicTime) -> Timestamp {
    clockTrust.isTrusted ? wall : Timestamp(milliseconds: bootTime.nanoseconds / 1_000_000)
  }
}
