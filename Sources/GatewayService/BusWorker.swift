import BusPlanning
import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import Synchronization
import Telemetry
import Threads

/// One bus and the thread that drives it: asks the poller what to do, does it, tells the poller how it went.
///
/// Calls of the field bus block, at most for the bus's time-out; that is why each bus has a thread, and why a slow bus
/// delays no other.
final class BusWorker: BusObserver, Sendable {
  enum Order: Sendable {
    case stop
    case job(BusJob)
  }

  let index: Int
  let name: String
  private let report: Mutex<BusReport>
  /// Nanoseconds of the last turn of the loop; the watchdog is fed only while it moves.
  private let heartbeat: Atomic<Int64>
  private let orders = Mailbox<Order>(capacity: 64)
  private let stopped = Atomic(false)
  private let events: Mailbox<EngineEvent>
  private let makeBus: @Sendable () -> any FieldBus
  private let thread = Mutex<NamedThread?>(nil)
  private let firstPoller: BusPoller
  private let learned: LearnedReadsStore
  /// In the order of the poller's devices.
  private let names: [String]

  init(
    index: Int, settings: GatewaySettings, seed: UInt64, events: Mailbox<EngineEvent>, learned: LearnedReadsStore,
    makeBus: @escaping @Sendable () -> any FieldBus
  ) {
    self.index = index
    name = settings.buses[index].name
    self.events = events
    self.makeBus = makeBus
    let now = SystemClock.monotonic()
    let devices = settings.polledDevices(onBus: index)
    self.learned = learned
    names = devices.map { settings.devices[$0.device].name }
    firstPoller = BusPoller(
      devices: devices, seed: seed, now: now,
      learned: zip(names, devices).map { learned.learned(name: $0, unit: $1.unit, points: $1.points, now: now) })
    var first = BusReport(statistics: firstPoller.statistics)
    first.plans = firstPoller.readPlans
    report = Mutex(first)
    heartbeat = Atomic(now.nanoseconds)
  }

  var current: BusReport { report.withLock { $0 } }

  /// When the loop last turned.
  var lastTurn: MonotonicTime { MonotonicTime(nanoseconds: heartbeat.load(ordering: .relaxed)) }

  func start() {
    thread.withLock { $0 = NamedThread("bus-\(name)") { [self] in run() } }
  }

  func askToStop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    orders.send(.stop, always: true)
  }

  /// False when too many wait; nothing will come of it then. Otherwise its result comes as ``EngineEvent/job(_:)``.
  func submit(_ job: BusJob) -> Bool { orders.send(.job(job)) }

  /// Returns when the thread has ended: after the request under way, at most.
  func join() {
    thread.withLock { $0.take() }?.join()
  }

  /// Longest sleep, so that the heartbeat moves even on a bus that is asked once an hour.
  private static let longestSleep = Duration.seconds(2)

  private func run() {
    let bus = makeBus()
    defer { bus.close() }
    var poller = firstPoller
    var wasUp: Bool?
    var revision = poller.planRevision
    while !stopped.load(ordering: .sequentiallyConsistent) {
      let now = SystemClock.monotonic()
      heartbeat.store(now.nanoseconds, ordering: .relaxed)
      take(orders.receive(timeout: .zero), &poller)
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
        if poller.planRevision != revision {
          revision = poller.planRevision
          learned.update(poller.learnedReads(names: names))
          report.withLock { $0.plans = poller.readPlans }
        }
      case .wait(let until):
        let sleep = min(until - SystemClock.monotonic(), Self.longestSleep)
        if sleep > .zero { take(orders.receive(timeout: sleep), &poller) }
      case .jobRead(let request):
        let result = Result { () throws(FieldBusError) in try bus.read(request) }
        poller.jobAnswered(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      case .write(let request, let end):
        let result = bus.write(request) { SystemClock.monotonic() < end }
        poller.wrote(result, now: SystemClock.monotonic())
        if let error = result.busFault { tell(.failure(error), &wasUp) }
      case .ask(let request, let timeout):
        let result = Result { () throws(FieldBusError) in try bus.ask(request, timeout: timeout) }
        poller.replied(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      // A result that was lost would leave a command open, so it goes past the queue's bound.
      case .report(let result): events.send(.job(result), always: true)
      }
    }
  }

  private func take(_ orders: [Order], _ poller: inout BusPoller) {
    for order in orders {
      if case .job(let job) = order { poller.submit(job) }
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

  private func publishReport(_ poller: BusPoller, of device: Int, lateReplies: Int, dropped: Int) {
    report.withLock {
      $0.statistics = poller.statistics
      $0.statistics.lateReplies = lateReplies
      $0.health[device] = poller.health(of: device)
      $0.scansDropped += dropped
    }
  }
}

extension BusPoller {
  /// - Parameter names: of the devices, in their order.
  fileprivate func learnedReads(names: [String]) -> [LearnedReadsFile.Entry] {
    zip(names, zip(devices, readPlans)).map { name, known in
      LearnedReadsFile.Entry(name: name, unit: known.0.unit, points: known.0.points, learned: known.1.learned)
    }
  }
}

extension DeviceScan {
  /// Every tag has a value.
  fileprivate var isComplete: Bool { readings.allSatisfy { $0.quality.hasValue } }
}
