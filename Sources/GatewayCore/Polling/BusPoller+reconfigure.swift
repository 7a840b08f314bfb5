public import Telemetry

/// A new list of devices, or a new line, for a poller at work.
extension BusPoller {
  /// Goes on with other devices. May be called at any time, also between a request and its result.
  ///
  /// A device is known by ``PolledDevice/device``. One that stays (of the same unit and points) keeps its health, silence and
  /// what was learned of it; its plan, unless it is asked in another way; its grid, unless its pace differs. The line stays as
  /// it is. The scan of a device that is gone or differs is given up and counted as skipped: a result that still comes for it
  /// is ignored.
  ///
  /// - Parameters:
  ///   - seed: of the first due times of devices that are new.
  ///   - learned: what new devices have refused before, in the order of all; empty: nothing is known.
  public mutating func reconfigure(
    devices new: [PolledDevice], seed: UInt64, now: MonotonicTime, learned: [LearnedReads] = []
  ) {
    let old = devices
    /// Where each device stood, if it is still the same source of values.
    let kept = new.map { device -> Int? in
      guard let position = positions[device.device] else { return nil }
      return old[position].unit == device.unit && old[position].points == device.points ? position : nil
    }
    let sameGrid = zip(kept, new).map { position, device in
      position.flatMap { old[$0].pace == device.pace ? $0 : nil }
    }
    schedule = schedule.rearranged(paces: new.map(\.pace), kept: sameGrid, seed: seed, now: now)
    closeWatches = closeWatches.filter { watch in new.contains { $0.device == watch.key } }
    silent = silent.rearranged(kept: kept)
    plans = zip(kept, new).enumerated().map { index, known in
      let (position, device) = known
      if let position { return plans[position].continued(device) }
      return DevicePlan(device, learned: index < learned.count ? learned[index] : LearnedReads())
    }
    healths = kept.map { position in position.map { healths[$0] } ?? DeviceHealth() }
    devices = new
    positions = Self.positions(new)
    applyWatches(now: now)
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
