public import Telemetry

/// Devices that are scanned more often than configured while an alarm asks for it (`docs/rules.md`).
extension BusPoller {
  /// Watched devices take together at most this part of the bus's time, by the estimates of their plans: the others, writes
  /// and retries have the rest.
  public static let watchedLoad = 0.5

  /// Scans a device more often from now on, or (nil) at its own pace again.
  ///
  /// - Parameters:
  ///   - device: ``PolledDevice/device``; without effect when it is not on this bus.
  ///   - interval: more than zero; held at what ``watchedLoad`` allows.
  public mutating func watchClosely(device: Int, every interval: Duration?, now: MonotonicTime) {
    guard positions[device] != nil, closeWatches[device] != interval else { return }
    closeWatches[device] = interval
    applyWatches(now: now)
  }

  /// An equal share for each watched device, so that a slow one does not take it from a fast one. A share that is no faster
  /// than the device's own pace leaves it at that.
  mutating func applyWatches(now: MonotonicTime) {
    for (position, device) in devices.enumerated() {
      let shortest = readPlan(position).time * closeWatches.count / Self.watchedLoad
      let wanted = closeWatches[device.device].map { max($0, shortest) }
      let interval = wanted.flatMap { $0 < device.scanInterval ? $0 : nil }
      schedule.watchClosely(position, every: interval, now: now)
      healths[position].watchedInterval = device.pace.isContinuous ? nil : interval
    }
  }
}
