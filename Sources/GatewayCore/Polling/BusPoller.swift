public import Telemetry

/// Polls all devices of one bus: says what to do next, takes what came of it, and turns it into scans.
///
/// One thread drives it: it calls ``next(now:wall:)``, does what that says, and reports the result of an opening or a
/// read before it asks again.
///
/// A tag is good only if it was decoded from the reply to the request of the very scan it is delivered in; every scan
/// begins with no values, and nothing is carried over from an earlier one. While the bus is down each device's scans
/// are delivered at its pace, all tags bad, and opening is tried again with a back-off. A device that stays silent on a
/// bus with others is asked more rarely; the scans in between say time-out, too.
public struct BusPoller: Sendable {
  public enum Action: Hashable, Sendable {
    /// Call ``FieldBus/open()``, then ``BusPoller/opened(_:now:)``.
    case open
    /// Call ``FieldBus/read(_:)``, then ``BusPoller/answered(_:now:)``.
    case read(ReadRequest)
    /// A finished scan and the boot clock's time of its start; ask again at once.
    case deliver(DeviceScan, started: MonotonicTime)
    /// Call ``FieldBus/read(_:)``, then ``BusPoller/jobAnswered(_:now:)``.
    case jobRead(ReadRequest)
    /// Call ``FieldBus/write(_:isWanted:)``, which is wanted before that time only; then ``BusPoller/wrote(_:now:)``.
    case write(WriteRequest, notAfter: MonotonicTime)
    /// Call ``FieldBus/ask(_:timeout:)``, then ``BusPoller/replied(_:now:)``.
    case ask(RawRequest, timeout: Duration)
    /// A job is over; ask again at once.
    case report(BusJobResult)
    /// Nothing to do before then, unless a job comes.
    case wait(until: MonotonicTime)
  }

  /// The scan under way.
  struct CurrentScan: Sendable {
    /// Position in `devices`.
    var position: Int
    var time: Timestamp
    var started: MonotonicTime
    /// Some reply came in this scan.
    var isAnswered = false
    /// A value came in this scan.
    var hasValue = false
    var readings: [Reading]
    var texts: [Int: String] = [:]
    /// What is asked for: the device's plan, until something is refused.
    var parts: [RefusalSearch.Part] = []
    /// Index of the part that is asked for next.
    var step = 0
    /// How often this part may still be asked for again.
    var retriesLeft = 0
    var search = RefusalSearch()
    /// The first trouble of this scan.
    var error: String?
  }

  enum Link: Hashable, Sendable {
    case closed(retryAt: MonotonicTime)
    case open
  }

  public internal(set) var devices: [PolledDevice]
  var plans: [DevicePlan]
  var schedule: PollSchedule
  var backoff: ReconnectBackoff
  var link: Link
  var wasOpen = false
  var silent: SilentDevices
  /// The open or read that was handed out and not answered yet.
  var awaited: Action?
  /// When it was handed out.
  var awaitedSince = MonotonicTime.zero
  var load: BusLoad
  var jobs = BusJobs()
  /// Units whose reply to the last request did not come, or did not fit.
  var owing: Set<UInt8> = []
  /// Why the bus is closed.
  var linkFault: FieldBusError?
  var scan: CurrentScan?
  var healths: [DeviceHealth]
  var positions: [Int: Int] = [:]
  /// Devices that are watched closely, by ``PolledDevice/device``, with their interval for now.
  var closeWatches: [Int: Duration] = [:]
  public internal(set) var statistics = PollStatistics()

  /// - Parameters:
  ///   - devices: all of this bus.
  ///   - seed: of the initial due times and of the back-off's jitter.
  ///   - learned: what the devices have refused before, in their order; empty: nothing is known.
  public init(devices: [PolledDevice], seed: UInt64, now: MonotonicTime, learned: [LearnedReads] = []) {
    self.devices = devices
    plans = devices.enumerated().map { DevicePlan($1, learned: $0 < learned.count ? learned[$0] : LearnedReads()) }
    schedule = PollSchedule(paces: devices.map(\.pace), seed: seed, now: now)
    backoff = ReconnectBackoff(seed: ~seed)
    link = .closed(retryAt: now)
    silent = SilentDevices(count: devices.count)
    load = BusLoad(now: now)
    healths = devices.map { _ in DeviceHealth() }
    positions = Self.positions(devices)
  }

  static func positions(_ devices: [PolledDevice]) -> [Int: Int] {
    Dictionary(devices.enumerated().map { ($0.element.device, $0.offset) }) { first, _ in first }
  }

  /// How the device at this catalogue index fares; an empty one for a device that is not on this bus.
  public func health(of index: Int) -> DeviceHealth {
    positions[index].map { healths[$0] } ?? DeviceHealth()
  }

  /// How each device fares, by ``PolledDevice/device``.
  public var healthByDevice: [Int: DeviceHealth] { positions.mapValues { healths[$0] } }

  /// How each device is read, in their order.
  public var readPlans: [DeviceReadPlan] {
    plans.indices.map { readPlan($0) }
  }

  func readPlan(_ position: Int) -> DeviceReadPlan {
    let plan = plans[position]
    return DeviceReadPlan(
      device: plan.device.device, plan: plan.plan, rules: plan.rules, learned: plan.learned, unanswered: plan.rareReads)
  }

  /// Moves on whenever ``readPlans`` changes.
  public var planRevision: Int { plans.reduce(0) { $0 + $1.revision } }

  /// What to do now.
  ///
  /// An opening or a read is repeated until its result was reported.
  ///
  /// - Parameter wall: becomes the time of a scan that starts with this call.
  public mutating func next(now: MonotonicTime, wall: Timestamp) -> Action {
    if let awaited { return awaited }
    if let action = nextJobAction(now: now) { return action }
    guard !devices.isEmpty || !jobs.isEmpty else { return .wait(until: .never) }
    if scan == nil {
      if case .closed(let retryAt) = link, retryAt <= now { return handOut(.open, now: now) }
      guard begin(now: now, wall: wall) else { return nextProbeAction(now: now) ?? .wait(until: wakeTime) }
    }
    guard let scan else { return .wait(until: wakeTime) }
    guard scan.step < scan.parts.count else { return finish(scan, now: now) }
    statistics.requests += 1
    healths[scan.position].requests += 1
    return handOut(.read(scan.parts[scan.step].step.request), now: now)
  }

  mutating func handOut(_ action: Action, now: MonotonicTime) -> Action {
    awaited = action
    awaitedSince = now
    return action
  }

  private var wakeTime: MonotonicTime {
    let due = min(schedule.nextDue, jobs.wakeTime(isOpen: link == .open))
    guard case .closed(let retryAt) = link else { return due }
    return min(due, retryAt)
  }

  /// Starts the scan of the device that is due first; false when none is due.
  private mutating func begin(now: MonotonicTime, wall: Timestamp) -> Bool {
    guard let start = schedule.start(now: now) else { return false }
    let position = start.index
    let device = devices[position]
    statistics.scansSkipped += start.skipped
    if now - start.due > schedule.interval(position) / 10 { statistics.scansLate += 1 }
    let isPausing = link == .open && silent.isPausing(position, now: now)
    let reason = isPausing ? silent.reason(position) : .busDown
    var begun = CurrentScan(
      position: position, time: wall, started: now,
      readings: [Reading](repeating: .bad(reason), count: device.points.count))
    if link == .open, !isPausing {
      plans[position].adapt()
      let (parts, left) = plans[position].scan(now: now, failures: silent.failures(position))
      begun.parts = parts
      for slot in left.lazy.flatMap(\.slots) { begun.readings[slot.tag] = .bad(.timeout) }
      begun.retriesLeft = device.retries
      for (tag, exception) in plans[position].plan.refused { begun.readings[tag] = .bad(.exception(exception)) }
    } else {
      begun.error = isPausing ? healths[position].lastError : statistics.lastError
      schedule.rest(position, now: now)
    }
    if isPausing { statistics.scansNotAsked += 1 }
    scan = begun
    return true
  }

  private mutating func finish(_ finished: CurrentScan, now: MonotonicTime) -> Action {
    scan = nil
    if finished.search.refusals > 0 {
      plans[finished.position].learn(from: finished.search, isAnswering: finished.hasValue, now: now)
    }
    statistics.scansDelivered += 1
    let isGood = finished.readings.isEmpty ? finished.error == nil : finished.readings.contains { $0.quality == .good }
    if isGood {
      healths[finished.position].lastGood = finished.time
      healths[finished.position].failedScansInARow = 0
    } else {
      healths[finished.position].failedScansInARow += 1
    }
    if let error = finished.error {
      healths[finished.position].lastError = error
      healths[finished.position].lastErrorTime = finished.time
    }
    let device = devices[finished.position].device
    return .deliver(
      DeviceScan(device: device, time: finished.time, readings: finished.readings, texts: finished.texts),
      started: finished.started)
  }
}
