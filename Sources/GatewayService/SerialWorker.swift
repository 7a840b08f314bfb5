import GatewayCore
import GatewayRuntime
import SerialPort
import Synchronization
import Telemetry
import Threads

/// One bus of serial lines and the thread that drives it: as a ``BusWorker`` does, but it listens where that one asks.
final class SerialWorker: BusThread {
  /// The bus's handle (``RunningConfiguration``).
  let index: Int
  let name: String
  private let report: Mutex<BusReport>
  /// Nanoseconds of the last turn of the loop; the watchdog is fed only while it moves.
  private let heartbeat: Atomic<Int64>
  private let stopped = Atomic(false)
  private let events: Mailbox<EngineEvent>
  private let makeLine: @Sendable () -> any SensorLine
  private let waker: PortWaker
  private let sleeper = Mailbox<Void>(capacity: 1)
  private let thread = Mutex<NamedThread?>(nil)
  private let firstMachine: SerialBusMachine
  private let devices: [Int]

  /// - Parameters:
  ///   - machine: before its first step.
  ///   - devices: handles of those of this bus.
  ///   - waker: of the line that `makeLine` makes.
  init(
    index: Int, name: String, machine: SerialBusMachine, devices: [Int], events: Mailbox<EngineEvent>,
    waker: PortWaker, makeLine: @escaping @Sendable () -> any SensorLine
  ) {
    self.index = index
    self.name = name
    self.events = events
    self.makeLine = makeLine
    self.waker = waker
    self.devices = devices
    firstMachine = machine
    report = Mutex(BusReport(statistics: machine.statistics, serial: machine.counts))
    heartbeat = Atomic(SystemClock.monotonic().nanoseconds)
  }

  var current: BusReport { report.withLock { $0 } }

  var lastTurn: MonotonicTime { MonotonicTime(nanoseconds: heartbeat.load(ordering: .relaxed)) }

  func start() {
    heartbeat.store(SystemClock.monotonic().nanoseconds, ordering: .relaxed)
    thread.withLock { $0 = NamedThread("bus-\(name)") { [self] in run() } }
  }

  func askToStop() {
    stopped.store(true, ordering: .sequentiallyConsistent)
    sleeper.send(())
    waker.wake()
  }

  func join() {
    thread.withLock { $0.take() }?.join()
  }

  /// Longest wait, so that the heartbeat moves and the figures are fresh even on a line where nothing happens.
  private static let longestWait = Duration.seconds(2)

  private func run() {
    let line = makeLine()
    defer { line.close() }
    var machine = firstMachine
    var wasUp: Bool?
    while !stopped.load(ordering: .sequentiallyConsistent) {
      let now = SystemClock.monotonic()
      heartbeat.store(now.nanoseconds, ordering: .relaxed)
      switch machine.next(now: now, wall: SystemClock.wall()) {
      case .open:
        let result = Result { () throws(FieldBusError) in try line.open() }
        machine.opened(result, now: SystemClock.monotonic(), wall: SystemClock.wall())
        tell(result, &wasUp)
      case .deliver(let scan, let started, let fault):
        let isTaken = events.send(.scan(scan, started: started, fault: fault))
        publishReport(machine, dropped: isTaken ? 0 : 1)
      case .wait(let until):
        _ = sleeper.receive(timeout: min(until - SystemClock.monotonic(), Self.longestWait))
      case .send(let bytes, let withBreak):
        transfer(&machine, &wasUp) { machine throws(FieldBusError) in
          try line.send(bytes, withBreak: withBreak)
          machine.sent(now: SystemClock.monotonic())
        }
      case .listen(let until):
        transfer(&machine, &wasUp) { machine throws(FieldBusError) in
          let bytes = try line.receive(timeout: min(until - now, Self.longestWait))
          machine.received(bytes, now: SystemClock.monotonic(), wall: SystemClock.wall())
        }
        publishReport(machine, dropped: 0)
      }
    }
  }

  private func transfer(
    _ machine: inout SerialBusMachine, _ wasUp: inout Bool?,
    _ body: (inout SerialBusMachine) throws(FieldBusError) -> Void
  ) {
    do throws(FieldBusError) {
      try body(&machine)
    } catch {
      machine.lost(error, now: SystemClock.monotonic(), wall: SystemClock.wall())
      tell(.failure(error), &wasUp)
    }
  }

  private func tell(_ result: Result<Void, FieldBusError>, _ wasUp: inout Bool?) {
    switch result {
    case .success:
      if wasUp != true { events.send(.bus(index, fault: nil)) }
      wasUp = true
    case .failure(let error):
      events.send(.bus(index, fault: error.detail))
      wasUp = false
    }
  }

  private func publishReport(_ machine: SerialBusMachine, dropped: Int) {
    report.withLock { report in
      report.statistics = machine.statistics
      report.serial = machine.counts
      for device in devices { report.health[device] = machine.health(of: device) }
      report.scansDropped += dropped
    }
  }
}
