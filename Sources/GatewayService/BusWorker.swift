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
final class BusWorker: BusThread {
  typealias MakeBus = @Sendable () -> any FieldBus

  enum Order: Sendable {
    case stop
    /// Go on with these devices.
    case poll([NamedDevice])
    /// Something besides polling.
    case job(BusJob)
    /// Scan the device with this handle at another pace.
    case watch(Int, every: Duration?)
  }

  /// A device with its handle, and the name by which what it refuses is remembered over restarts.
  struct NamedDevice: Hashable, Sendable {
    var name: String
    var polled: PolledDevice
  }

  private struct Resting: Sendable {
    var poller: BusPoller
    /// Of the poller's devices, in their order.
    var names: [String]
    var makeBus: MakeBus

    mutating func poll(_ devices: [NamedDevice], _ learned: LearnedReadsStore) {
      let now = SystemClock.monotonic()
      poller.reconfigure(
        devices: devices.map(\.polled), seed: .random(in: .min ... .max), now: now,
        learned: devices.map { learned.learned($0, now: now) })
      names = devices.map(\.name)
    }
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
  private let resting: Mutex<Resting>
  private let learned: LearnedReadsStore

  /// - Parameter devices: with their handles.
  init(
    index: Int, name: String, devices: [NamedDevice], seed: UInt64, events: Mailbox<EngineEvent>,
    learned: LearnedReadsStore, makeBus: @escaping MakeBus
  ) {
    self.index = index
    self.name = name
    self.events = events
    let now = SystemClock.monotonic()
    self.learned = learned
    let poller = BusPoller(
      devices: devices.map(\.polled), seed: seed, now: now, learned: devices.map { learned.learned($0, now: now) })
    resting = Mutex(Resting(poller: poller, names: devices.map(\.name), makeBus: makeBus))
    var first = BusReport(statistics: poller.statistics)
    first.plans = poller.readPlans
    report = Mutex(first)
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
  func poll(_ devices: [NamedDevice]) { orders.send(.poll(devices), always: true) }

  func askToStop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    orders.send(.stop, always: true)
  }

  /// False when too many wait; nothing will come of it then. Otherwise its result comes as ``EngineEvent/job(_:)``.
  func submit(_ job: BusJob) -> Bool { orders.send(.job(job)) }

  func watchClosely(device: Int, every interval: Duration?) {
    orders.send(.watch(device, every: interval), always: true)
  }

  /// Returns when the thread has ended: after the request under way, at most.
  func join() {
    thread.withLock { $0.take() }?.join()
    // Another line may have other devices under the same unit ids; whoever waits is told.
    let waiting = orders.receive(timeout: .zero)
    let results = resting.withLock { state in
      for order in waiting {
        switch order {
        case .job(let job): state.poller.submit(job)
        case .watch(let device, let every):
          state.poller.watchClosely(device: device, every: every, now: SystemClock.monotonic())
        case .stop, .poll: break
        }
      }
      return state.poller.endJobs()
    }
    for result in results { events.send(.job(result), always: true) }
  }

  /// Starts again on another line, with the devices' state as it was. Only after ``join()``.
  func restart(on makeBus: @escaping MakeBus, devices: [NamedDevice]) {
    resting.withLock { state in
      state.makeBus = makeBus
      state.poller.lineChanged(now: SystemClock.monotonic())
      state.poll(devices, learned)
      let poller = state.poller
      report.withLock { $0.tell(poller) }
    }
    stopped.store(false, ordering: .sequentiallyConsistent)
    start()
  }

  /// Longest sleep, so that the heartbeat moves even on a bus that is asked once an hour.
  private static let longestSleep = Duration.seconds(2)

  private func run() {
    var work = resting.withLock { $0 }
    let bus = work.makeBus()
    defer {
      bus.close()
      resting.withLock { $0 = work }
    }
    var wasUp: Bool?
    var revision = work.poller.planRevision
    while !stopped.load(ordering: .sequentiallyConsistent) {
      let now = SystemClock.monotonic()
      heartbeat.store(now.nanoseconds, ordering: .relaxed)
      take(orders.receive(timeout: .zero), &work)
      switch work.poller.next(now: now, wall: SystemClock.wall()) {
      case .open:
        let result = Result { () throws(FieldBusError) in try bus.open() }
        work.poller.opened(result, now: SystemClock.monotonic())
        publish(work.poller, lateReplies: bus.lateReplies)
        tell(result, &wasUp)
      case .read(let request):
        let result = Result { () throws(FieldBusError) in try bus.read(request) }
        work.poller.answered(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      case .deliver(let scan, let started):
        let fault = scan.isComplete ? nil : work.poller.health(of: scan.device).lastError
        let isTaken = events.send(.scan(scan, started: started, fault: fault))
        publishReport(work.poller, of: scan.device, lateReplies: bus.lateReplies, dropped: isTaken ? 0 : 1)
        if work.poller.planRevision != revision {
          revision = work.poller.planRevision
          learned.update(work.poller.learnedReads(names: work.names))
          report.withLock { $0.plans = work.poller.readPlans }
        }
      case .wait(let until):
        let sleep = min(until - SystemClock.monotonic(), Self.longestSleep)
        if sleep > .zero { take(orders.receive(timeout: sleep), &work) }
      case .jobRead(let request):
        let result = Result { () throws(FieldBusError) in try bus.read(request) }
        work.poller.jobAnswered(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      case .write(let request, let end):
        let result = bus.write(request) { SystemClock.monotonic() < end }
        work.poller.wrote(result, now: SystemClock.monotonic())
        if let error = result.busFault { tell(.failure(error), &wasUp) }
      case .ask(let request, let timeout):
        let result = Result { () throws(FieldBusError) in try bus.ask(request, timeout: timeout) }
        work.poller.replied(result, now: SystemClock.monotonic())
        if case .failure(let error) = result, error.isBusDown { tell(.failure(error), &wasUp) }
      // A result that was lost would leave a command open, so it goes past the queue's bound.
      case .report(let result): events.send(.job(result), always: true)
      }
    }
  }

  private func take(_ orders: [Order], _ work: inout Resting) {
    for order in orders {
      switch order {
      case .stop: break
      case .job(let job): work.poller.submit(job)
      case .watch(let device, let every):
        work.poller.watchClosely(device: device, every: every, now: SystemClock.monotonic())
      case .poll(let devices):
        work.poll(devices, learned)
        let poller = work.poller
        report.withLock { $0.tell(poller) }
      }
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

  private func publish(_ poller: BusPoller, lateReplies: Int) {
    report.withLock {
      $0.statistics = poller.statistics
      $0.statistics.lateReplies = lateReplies
    }
  }

  private func publishReport(_ poller: BusPoller, of device: Int, lateReplies: Int, dropped: Int) {
    publish(poller, lateReplies: lateReplies)
    report.withLock {
      $0.health[device] = poller.health(of: device)
      $0.scansDropped += dropped
    }
  }
}

extension BusReport {
  /// Everything anew: devices may have gone.
  fileprivate mutating func tell(_ poller: BusPoller) {
    health = poller.healthByDevice
    plans = poller.readPlans
  }
}

extension LearnedReadsStore {
  fileprivate func learned(_ device: BusWorker.NamedDevice, now: MonotonicTime) -> LearnedReads {
    learned(name: device.name, unit: device.polled.unit, points: device.polled.points, now: now)
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
