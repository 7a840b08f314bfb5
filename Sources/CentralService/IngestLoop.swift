import BatchCodec
import CentralCore
import Logging
import SyncProtocol
import Synchronization
import SystemdNotify
import Telemetry
import Threads

/// The thread that owns the store: takes submissions from the server's tasks, lets the machine group them, commits, answers.
final class IngestLoop: Sendable {
  enum Event: Sendable {
    case submit(Submission, CheckedContinuation<IngestAnswer, Never>)
    case position(LaneKey, at: UInt64?, CheckedContinuation<IngestAnswer, Never>)
    case command(OperatorCommand, CheckedContinuation<CommandOutcome, Never>)
    case waiting(gateway: String, CheckedContinuation<[OperatorCommand], Never>)
    case stop
  }

  /// What became of an operator's command.
  enum CommandOutcome: Sendable {
    case kept
    /// So many wait for this gateway already, or for the store.
    case full
    case failed(String)
  }

  /// For /metrics.
  struct Report: Sendable {
    var counters = IngestMachine.Counters()
    var queuedRequests = 0
    var queuedBytes = 0
    var commitSeconds = 0.0
    var bytesStored = 0
    var recordsStored = 0
  }

  private let events = Mailbox<Event>(capacity: IngestMachine.maximumQueuedRequests)
  private let report = Mutex(Report())
  private let nextIdentifier = Atomic(1)
  private let thread = Mutex<NamedThread?>(nil)
  private let log: Logger

  init(log: Logger) { self.log = log }

  var current: Report { report.withLock { $0 } }

  /// - Parameter makeStore: called on the loop's thread, which then owns the store.
  func start(_ store: sending any CentralStore) {
    let owned = Handover(store)
    thread.withLock { $0 = NamedThread("ingest") { [self] in run(owned.value) } }
  }

  /// Carries the store to its thread; nobody else keeps it.
  private final class Handover: @unchecked Sendable {  // written before the thread starts, read by that thread only
    let value: any CentralStore
    init(_ value: any CentralStore) { self.value = value }
  }

  /// Commits what waits, answers, and ends.
  func stop() {
    events.send(.stop, always: true)
    thread.withLock { $0.take() }?.join()
  }

  func identifier() -> Int { nextIdentifier.add(1, ordering: .relaxed).oldValue }

  func submit(_ submission: Submission) async -> IngestAnswer {
    await withCheckedContinuation { continuation in
      if !events.send(.submit(submission, continuation)) { continuation.resume(returning: Self.busy) }
    }
  }

  func position(_ key: LaneKey, at number: UInt64?) async -> IngestAnswer {
    await withCheckedContinuation { continuation in
      if !events.send(.position(key, at: number, continuation)) { continuation.resume(returning: Self.busy) }
    }
  }

  func keep(_ command: OperatorCommand) async -> CommandOutcome {
    await withCheckedContinuation { continuation in
      if !events.send(.command(command, continuation)) { continuation.resume(returning: .full) }
    }
  }

  /// Commands that wait for a gateway, oldest first.
  func waiting(for gateway: String) async -> [OperatorCommand] {
    await withCheckedContinuation { continuation in
      if !events.send(.waiting(gateway: gateway, continuation)) { continuation.resume(returning: []) }
    }
  }

  private static var busy: IngestAnswer {
    IngestAnswer(
      status: 503, SyncAnswer(position: nil, error: .busy, message: "central is busy; try again in a moment"),
      retryAfter: 2)
  }

  private func run(_ store: any CentralStore) {
    var machine = IngestMachine()
    var open: [Int: (continuation: CheckedContinuation<IngestAnswer, Never>, gateway: String)] = [:]
    var commands = loadCommands(store)
    var isStopping = false
    let watchdogPeriod = SystemdNotify.watchdogInterval.map { $0 / 3 }
    var nextWatchdog = SystemClock.monotonic()
    while !isStopping || machine.queuedRequests > 0 {
      let now = SystemClock.monotonic()
      let wake = min(machine.deadline, watchdogPeriod == nil ? .never : nextWatchdog)
      for event in events.receive(timeout: isStopping ? .milliseconds(50) : wake - now) {
        switch event {
        case .stop: isStopping = true
        case .position(let key, let number, let continuation):
          var answer = PositionAnswer.make(key, at: number, store)
          answer.commands = commands.next(for: key.gateway, now: SystemClock.wall())
          continuation.resume(returning: answer)
        case .command(let command, let continuation):
          continuation.resume(returning: keep(command, store, &commands))
        case .waiting(let gateway, let continuation): continuation.resume(returning: commands.all(of: gateway))
        case .submit(let submission, let continuation):
          open[submission.identifier] = (continuation, submission.key.gateway)
          machine.submit(submission, now: SystemClock.monotonic())
        }
      }
      turn(&machine, store, &commands)
      for (identifier, answer) in machine.takeAnswers() {
        guard let (continuation, gateway) = open.removeValue(forKey: identifier) else { continue }
        var answer = answer
        answer.commands = commands.next(for: gateway, now: SystemClock.wall())
        continuation.resume(returning: answer)
      }
      publish(machine)
      // After real work: the turn above asked the store, and a store that hangs never gets here.
      if let watchdogPeriod, SystemClock.monotonic() >= nextWatchdog {
        SystemdNotify.watchdog()
        nextWatchdog = SystemClock.monotonic() + watchdogPeriod
      }
    }
    for waiting in open.values { waiting.continuation.resume(returning: Self.busy) }
  }

  private func loadCommands(_ store: any CentralStore) -> WaitingCommands {
    do {
      return WaitingCommands(try store.commands())
    } catch {
      log.error("cannot read the operators' commands, which wait until the next start: \(error)")
      return WaitingCommands()
    }
  }

  private func keep(
    _ command: OperatorCommand, _ store: any CentralStore, _ commands: inout WaitingCommands
  ) -> CommandOutcome {
    guard commands.hasRoom(for: command.gateway) else { return .full }
    do {
      try store.add(command)
    } catch {
      return .failed(error.description)
    }
    commands.add(command)
    return .kept
  }

  private func turn(
    _ machine: inout IngestMachine, _ store: any CentralStore, _ commands: inout WaitingCommands
  ) {
    learnPositions(&machine, store)
    while let group = machine.nextGroup(now: SystemClock.monotonic()) {
      let began = SystemClock.monotonic()
      do {
        try store.commit(group, received: SystemClock.wall())
        machine.committed(group)
        commands.committed(group)
        let bytes = group.batches.reduce(0) { $0 + $1.batch.bytes.count }
        let records = group.batches.reduce(0) { $0 + $1.batch.header.recordCount }
        let seconds = Double((SystemClock.monotonic() - began).wholeNanoseconds) / 1e9
        report.withLock {
          $0.commitSeconds += seconds
          $0.bytesStored += bytes
          $0.recordsStored += records
        }
      } catch {
        log.error("a commit of \(group.batches.count) batches failed: \(error)")
        machine.failed(group, error.description)
        learnPositions(&machine, store)
      }
    }
  }

  private func learnPositions(_ machine: inout IngestMachine, _ store: any CentralStore) {
    for key in machine.unknownLanes {
      do {
        machine.learned(key, try store.head(key))
      } catch {
        // Without a position its requests wait; their senders give up and come again.
        log.error("cannot read the position of \(key.gateway) \(key.lane.name): \(error)")
      }
    }
  }

  private func publish(_ machine: IngestMachine) {
    report.withLock {
      $0.counters = machine.counters
      $0.queuedRequests = machine.queuedRequests
      $0.queuedBytes = machine.queuedBytes
    }
  }
}
