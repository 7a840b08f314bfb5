public import Telemetry

/// Drives one bus: which device is scanned when, with which requests, and what becomes of the answers. Pure: the thread that
/// owns the bus does what ``next(now:wall:)`` says and reports how it went.
///
/// A tag is good only when it was decoded from the reply to a request of this very scan (promise G8). Whatever stands in the
/// way gives a bad reading with its reason, at the device's pace, so that readers see the fault and not an old value.
public struct BusPoller: Sendable {
  public enum Action: Hashable, Sendable {
    /// Call `FieldBus.open`, then ``opened(_:now:)``.
    case open
    /// Call `FieldBus.read`, then ``answered(_:now:)``.
    case read(ReadRequest)
    /// A finished scan. Ask again at once.
    case deliver(DeviceScan)
    /// Nothing to do before then.
    case wait(until: MonotonicTime)
  }

  struct Scan: Sendable {
    var index: Int
    var time: Timestamp
    var readings: [Reading]
    var nextRequest = 0
    var fault: String?
  }

  private let devices: [PolledDevice]
  private let plans: [ReadPlan]
  private var schedule: PollSchedule
  private var backoff = ReconnectBackoff()
  private var generator: SplitMix
  private var scan: Scan?
  private var healths: [DeviceHealth]
  private var wasEverUp = false
  private var busFault = "the bus has not been opened yet"
  private var wall = Timestamp(milliseconds: 0)
  public private(set) var statistics = PollStatistics()

  /// - Parameter seed: for the spread of first scans and of reconnects.
  public init(devices: [PolledDevice], seed: UInt64, now: MonotonicTime) {
    var generator = SplitMix(state: seed)
    self.devices = devices
    plans = devices.map { ReadPlan(unit: $0.unit, points: $0.points) }
    schedule = PollSchedule(
      intervals: devices.map(\.scanInterval), fractions: devices.map { _ in generator.fraction() }, now: now)
    healths = Array(repeating: DeviceHealth(), count: devices.count)
    self.generator = generator
  }

  /// Of a device by its index in the catalogue.
  public func health(of device: Int) -> DeviceHealth {
    devices.firstIndex { $0.device == device }.map { healths[$0] } ?? DeviceHealth()
  }

  public mutating func next(now: MonotonicTime, wall: Timestamp) -> Action {
    self.wall = wall
    if let scan {
      if scan.nextRequest < plans[scan.index].requests.count {
        return .read(plans[scan.index].requests[scan.nextRequest])
      }
      return finish(scan)
    }
    if !statistics.isBusUp, !devices.isEmpty, backoff.retryAt ?? now <= now { return .open }
    guard let (index, due) = schedule.earliest else { return .wait(until: .never) }
    guard due <= now else {
      let reopen = statistics.isBusUp ? .never : backoff.retryAt ?? .never
      return .wait(until: min(due, reopen))
    }
    return begin(index, now: now)
  }

  private mutating func begin(_ index: Int, now: MonotonicTime) -> Action {
    let (lateness, skipped) = schedule.begin(index, now: now)
    if lateness > devices[index].scanInterval / 10 { statistics.lateScans += 1 }
    statistics.skippedScans += skipped
    let readings = Array(repeating: Reading.bad(.busDown), count: devices[index].points.count)
    var begun = Scan(index: index, time: wall, readings: readings)
    guard statistics.isBusUp else {
      begun.fault = busFault
      return finish(begun)
    }
    scan = begun
    // Without tags there is nothing to ask; the scan is delivered empty.
    return plans[index].requests.first.map { .read($0) } ?? finish(begun)
  }

  private mutating func finish(_ finished: Scan) -> Action {
    scan = nil
    statistics.scans += 1
    healths[finished.index].fault = finished.fault
    return .deliver(
      DeviceScan(device: devices[finished.index].device, time: finished.time, readings: finished.readings))
  }

  public mutating func opened(_ result: Result<Void, FieldBusError>, now: MonotonicTime) {
    switch result {
    case .success:
      if wasEverUp { statistics.reconnects += 1 }
      wasEverUp = true
      statistics.isBusUp = true
      backoff.succeeded()
    case .failure(let error): busFell(error, now: now)
    }
  }

  private mutating func busFell(_ error: FieldBusError, now: MonotonicTime) {
    statistics.isBusUp = false
    busFault = error.detail
    backoff.failed(now: now, jitter: generator.fraction())
  }

  public mutating func answered(_ result: Result<[UInt16], FieldBusError>, now: MonotonicTime) {
    guard var current = scan else { return }
    let plan = plans[current.index]
    statistics.requests += 1
    let request = plan.requests[current.nextRequest]
    switch result {
    case .success(let entries) where entries.count == request.count:
      take(entries, into: &current, plan)
      current.nextRequest += 1
    case .success(let entries):
      let text = "\(entries.count) entries came where \(request.count) were asked for"
      failed(FieldBusError(.malformedReply, text), &current, plan, now: now)
    case .failure(let error):
      failed(error, &current, plan, now: now)
    }
    scan = current
  }

  private mutating func take(_ entries: [UInt16], into current: inout Scan, _ plan: ReadPlan) {
    healths[current.index].lastAnswer = wall
    for point in plan.covered[current.nextRequest] {
      let definition = devices[current.index].points[point]
      let start = plan.places[point].offset
      let reading = RegisterDecoder.decode(entries[start..<start + definition.entryCount], as: definition)
      current.readings[point] = reading
      if reading.quality != .good, current.fault == nil {
        current.fault = "\(definition.table.name) \(definition.address) holds no \(definition.type.rawValue) number"
      }
    }
  }

  /// Marks the tags of the failed request. After a time-out or when the bus is gone, the rest of the scan is not asked for:
  /// a dead device costs the others one time-out a scan and no more.
  private mutating func failed(
    _ error: FieldBusError, _ current: inout Scan, _ plan: ReadPlan, now: MonotonicTime
  ) {
    statistics.failures[error.reason, default: 0] += 1
    if current.fault == nil { current.fault = error.detail }
    if case .exception = error.reason { healths[current.index].lastAnswer = wall }
    let endsScan = error.isBusDown || error.reason == .timeout
    let last = endsScan ? plan.requests.count - 1 : current.nextRequest
    for request in current.nextRequest...last {
      for point in plan.covered[request] { current.readings[point] = .bad(error.reason) }
    }
    current.nextRequest = last + 1
    if error.isBusDown { busFell(error, now: now) }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine, which replays need.
struct SplitMix: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// 0 up to but not including 1.
  mutating func fraction() -> Double { Double(next() >> 11) / Double(1 << 53) }
}
