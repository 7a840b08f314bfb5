public import Telemetry

/// A new list of devices, or a new line, for a poller at work.
extension BusPoller {
  /// Goes on with other devices. May be called at any time, also between a request and its result.
  ///
  /// A device is known by ``PolledDevice/device``. One that is the same as before keeps its grid, plan, health and silence;
  /// one whose interval alone differs keeps all but its grid. The line stays as it is. The scan of a device that is gone or
  /// differs is given up and counted as skipped: a result that still comes for it is ignored.
  ///
  /// - Parameter seed: of the first due times of devices that are new.
  public mutating func reconfigure(devices new: [PolledDevice], seed: UInt64, now: MonotonicTime) {
    let old = devices
    /// Where each device stood, if it is still the same source of values.
    let kept = new.map { device -> Int? in
      guard let position = positions[device.device] else { return nil }
      var same = old[position]
      same.scanInterval = device.scanInterval
      return same == device ? position : nil
    }
    let sameGrid = zip(kept, new).map { position, device in
      position.flatMap { old[$0].scanInterval == device.scanInterval ? $0 : nil }
    }
    schedule = schedule.rearranged(intervals: new.map(\.scanInterval), kept: sameGrid, seed: seed, now: now)
    silent = silent.rearranged(kept: kept)
    plans = zip(kept, new).map { position, device in
      position.map { plans[$0] } ?? ReadPlan(unit: device.unit, points: device.points)
    }
    healths = kept.map { position in position.map { healths[$0] } ?? DeviceHealth() }
    devices = new
    positions = Self.positions(new)
    guard let position = scan?.position else { return }
    if let moved = kept.firstIndex(of: position) { scan?.position = moved } else { giveUpScan() }
  }

  /// The line is another one, or has other settings: it is opened anew at once. Devices keep their state.
  public mutating func lineChanged(now: MonotonicTime) {
    giveUpScan()
    awaited = nil
    link = .closed(retryAt: now)
    backoff.succeeded()
    statistics.isBusUp = false
  }

  private mutating func giveUpScan() {
    guard scan != nil else { return }
    scan = nil
    statistics.scansSkipped += 1
    if case .read = awaited { awaited = nil }
  }
}
