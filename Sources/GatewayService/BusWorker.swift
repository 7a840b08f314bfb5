import GatewayCore
import GatewayRuntime
import Synchronization
import Telemetry
import Threads

/// One bus and the thread that drives it: asks the poller what to do, does it, tells the poller how it went.
///
/// Calls of the field bus block, at most for the bus's time-out; that is why each bus has a thread, and why a slow bus
/// delays no other. The worker outlives its thread: when the line itself changes, the thread ends, and a new one goes on with
/// the same poller and thus with all that it learnt.
final class BusWorker: BusObserver, Sendable {
  typealias MakeBus = @Sendable () -> any FieldBus

  enum Order: Sendable {
    case stop
    /// Go on with these devices.
    case poll([PolledDevice])
  }

  /// The bus's handle (``RunningConfiguration``).
  let index: Int
  let name: String
  private let report: Mutex<BusReport>
  /// Nanoseconds of the last turn of the loop; the watchdog is fed only while it moves.
  private let heartbeat: Atomic<Int64>
  private let orders = Mailbox<Order>(capacity: 64)
  private let stopped = Atomic(false)
  private let events: Mailbox<EngineEvent>
  private let thread = Mutex<NamedThread?>(nil)
  /// What the next thread begins with.
  private let resting: Mutex<(poller: BusPoller, makeBus: MakeBus)>

  /// - Parameter devices: with their handles.
  init(
    index: Int, name: String, devices: [PolledDevice], seed: UInt64, events: Mailbox<EngineEvent>,
    makeBus: @escaping MakeBus
  ) {
    self.index = index
    self.name = name
    self.events = events
    let now = SystemClock.monotonic()
    let poller = BusPoller(devices: devices, seed: seed, now: now)
    resting = Mutex((poller, makeBus))
    report = Mutex(BusReport(statistics: poller.statistics))
    heartbeat = Atomic(now.nanoseconds)
  }

  var current: BusReport { report.withLock { $0 } }

  /// When the loop last turned.
  var lastTurn: MonotonicTime { MonotonicTime(nanoseconds: heartbeat.load(ordering: .relaxed)) }

  func start() {
    heartbeat.store(SystemClock.monotonic().nanoseconds, ordering: .relaxed)
    thread.withLock { $0 = NamedThread("bus-\(name)") { [self] in run() } }
  }

  /// Other devices on the same line, from the end of the request under way on.
  func poll(_ devices: [PolledDevice]) { orders.send(.poll(devices), always: true) }

  func askToStop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    orders.send(.stop, always: true)
  }

  /// Returns when the thread has ended: after the request under way, at most.
  func join() {
    thread.withLock { $0.take() }?.join()
  }

  /// Starts again on another line, with the devices' state as it was. Only after ``join()``.
  func restart(on makeBus: @escaping MakeBus, devices: [PolledDevice]) {
    let now = SystemClock.monotonic()
    _ = orders.receive(timeout: .zero)
    resting.withLock { state in
      state.makeBus = makeBus
      state.poller.lineChanged(now: now)
      state.poller.reconfigure(devices: devices, seed: .random(in: .min ... .max), now: now)
    }
    stopped.store(false, ordering: .sequentiallyConsistent)
    start()
  }

  /// Longest sleep, so that the heartbeat moves even on a bus that is asked once an hour.
  private static let longestSleep = Duration.seconds(2)

  private func run() {
    var (poller, makeBus) = resting.withLock { $0 }
    let bus = makeBus()
    defer {
      bus.close()
      resting.withLock { $0.poller = poller }
    }
    var wasUp: Bool?
    while !stopped.load(ordering: .sequentiallyConsistent) {
      let now = SystemClock.monotonic()
      heartbeat.store(now.nanoseconds, ordering: .relaxed)
      take(orders.receive(timeout: .zero), &poller, bus)
      switch poller.next(now: now, wall: SystemClock.wall()) {
      case .open:
        let result = Result { () throws(FieldBusError) in try bus.open() }
        poller.opened(result, now: SystemClock.monotonic())
        tell(result, &wasUp)
      case .read(let request):
        let result = Result { () throws(FieldBusError) in try bus.read(request) }
        poller.answered(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      case .deliver(let scan, let started):
        let fault = scan.isComplete ? nil : poller.health(of: scan.device).lastError
        let isTaken = events.send(.scan(scan, started: started, fault: fault))
        publishReport(poller, of: scan.device, lateReplies: bus.lateReplies, dropped: isTaken ? 0 : 1)
      case .wait(let until):
        let sleep = min(until - SystemClock.monotonic(), Self.longestSleep)
        if sleep > .zero { take(orders.receive(timeout: sleep), &poller, bus) }
      }
    }
  }

  private func take(_ orders: [Order], _ poller: inout BusPoller, _ bus: any FieldBus) {
    for order in orders {
      guard case .poll(let devices) = order else { continue }
      poller.reconfigure(devices: devices, seed: .random(in: .min ... .max), now: SystemClock.monotonic())
      publishReport(poller, of: nil, lateReplies: bus.lateReplies, dropped: 0)
    }
  }

  private func tell(_ result: Result<Void, FieldBusError>, _ wasUp: inout Bool?) {
    switch result {
    case .success:
      if wasUp != true { events.send(.bus(index, fault: nil)) }
      wasUp = true
    case .failure(let error):
      // Repeated failures may have new causes; the engine's log limiter decides what is worth a line.
      events.send(.bus(index, fault: error.detail))
      wasUp = false
    }
  }

  /// - Parameter device: whose health is told; nil: of all, because others may have gone.
  private func publishReport(_ poller: BusPoller, of device: Int?, lateReplies: Int, dropped: Int) {
    report.withLock {
      $0.statistics = poller.statistics
      $0.statistics.lateReplies = lateReplies
      if let device { $0.health[device] = poller.health(of: device) } else { $0.health = poller.healthByDevice }
      $0.scansDropped += dropped
    }
  }
}

extension DeviceScan {
  /// Every tag has a value.
  fileprivate var isComplete: Bool { readings.allSatisfy { $0.quality.hasValue } }
}
