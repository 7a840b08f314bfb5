import BatchCodec
import GatewayConfiguration
import GatewayCore
import Logging
import RuleEngine
import SystemdNotify
import Telemetry
import Threads

/// The daemon's one decision maker: takes events from the threads that wait on the outside, asks the pure cores what to do,
/// and does it. All of its state belongs to the thread that calls ``run()``.
///
/// The order in a scan is fixed: time made monotone, rules, message to the broker, live viewers, then into the frame that
/// the next commit writes. Nothing is sent to central that was not committed first.
final class GatewayEngine {
  /// What the engine acts through.
  struct Outside {
    var store: any OutboxStore
    /// Nil when the configuration names none.
    var broker: (any MessageBroker)?
    var central: (any CentralLink)?
    var viewers: any LocalAPIReplies
  }

  let settings: GatewaySettings
  let catalogue: Catalogue
  let outside: Outside
  let buses: [BusWorker]
  let events: Mailbox<EngineEvent>
  let log: Logger
  let startedAt: Timestamp
  let version: String

  var rules: RuleEngine
  var outbox: OutboxMachine
  var delivery = DeliveryMachine()
  var logLimiter = LogLimiter()
  var messageBucket: TokenBucket
  let catalogueID: Int

  // What waits for its commit.
  var builder: FrameBuilder
  var pendingFrames: [PendingFrame] = []
  var pendingAlarms: [AlarmEvent] = []
  var nextSequence: Int64
  var stored: OutboxState

  // What is known now.
  var latest: [DeviceScan?]
  /// Time of each device's newest scan; nothing older than it is accepted (promise G4).
  var newestTime: [Timestamp]
  /// Time of the newest alarm event, for the same reason.
  var newestAlarm: Timestamp
  var alarmTexts: [String: AlarmEvent] = [:]
  var unpublishedAlarms: Set<String> = []
  var brokerState = BrokerState.disconnected("not connected yet")
  var busFaults: [Int: String] = [:]
  /// What is wrong with a device now, by its index.
  var deviceFaults: [Int: String] = [:]
  var counters = EngineCounters()
  var tails: [Int: TailFilter] = [:]
  var nextStatus = MonotonicTime.zero
  var nextWatchdog = MonotonicTime.never
  let watchdogPeriod: Duration?
  var isStopping = false

  /// - Throws: when the store cannot be read.
  init(
    settings: GatewaySettings, outside: Outside, buses: [BusWorker], events: Mailbox<EngineEvent>, log: Logger,
    version: String
  ) throws(OutboxStoreError) {
    self.settings = settings
    self.outside = outside
    self.buses = buses
    self.events = events
    self.log = log
    self.version = version
    catalogue = settings.catalogue
    startedAt = SystemClock.wall()
    catalogueID = try outside.store.register(catalogue)
    stored = try outside.store.state()
    nextSequence = stored.lastFrame + 1
    builder = FrameBuilder(catalogue: catalogue)
    rules = RuleEngine(rules: settings.rules, activeAlarms: Set(stored.activeAlarms))
    outbox = OutboxMachine(
      policy: OutboxPolicy(
        flushInterval: settings.outbox.flushInterval,
        batchInterval: settings.central?.batchInterval ?? OutboxPolicy().batchInterval))
    messageBucket = TokenBucket(
      perSecond: settings.broker?.messagesPerSecond ?? 1, burst: settings.broker?.messagesPerSecond ?? 1)
    latest = Array(repeating: nil, count: catalogue.devices.count)
    let floor = stored[.telemetry].lastTime ?? Timestamp(milliseconds: .min)
    newestTime = Array(repeating: floor, count: catalogue.devices.count)
    newestAlarm = stored[.alarms].lastTime ?? Timestamp(milliseconds: .min)
    // A third of what the service manager allows, so that one late turn is no reason to be killed.
    watchdogPeriod = SystemdNotify.watchdogInterval.map { $0 / 3 }
    let now = SystemClock.monotonic()
    outbox.committed(stored, now: now)
    delivery.storeChanged(stored)
    if watchdogPeriod != nil { nextWatchdog = now }
    clearAlarmsWithoutRule(now: now)
  }

  /// Runs until ``EngineEvent/stop`` has been handled.
  func run() {
    while !isStopping {
      let wait = deadline - SystemClock.monotonic()
      for event in events.receive(timeout: wait) { take(event, now: SystemClock.monotonic()) }
      turn(now: SystemClock.monotonic())
    }
    finish()
  }

  /// When something is to be done even if nothing happens.
  private var deadline: MonotonicTime {
    var next = min(outbox.deadline, nextStatus, nextWatchdog)
    if let delay = rules.deadline { next = min(next, delay) }
    return min(next, deliveryDeadline)
  }

  var deliveryDeadline = MonotonicTime.zero

  private func take(_ event: EngineEvent, now: MonotonicTime) {
    switch event {
    case .scan(let scan, let fault): took(scan, fault: fault, now: now)
    case .bus(let index, let fault): busChanged(index, fault: fault, now: now)
    case .central(let result): centralAnswered(result, now: now)
    case .broker(let state): brokerChanged(state, now: now)
    case .localAPI(let event): localAPI(event, now: now)
    case .stop: isStopping = true
    }
  }

  /// What is due whatever the events were.
  private func turn(now: MonotonicTime) {
    if let delay = rules.deadline, delay <= now {
      raise(rules.expire(now: now, time: SystemClock.wall()))
    }
    commitIfDue(now: now)
    deliver(now: now)
    publishWaitingAlarms(now: now)
    if nextStatus <= now { renewStatus(now: now) }
    if nextWatchdog <= now, let watchdogPeriod {
      nextWatchdog = now + watchdogPeriod
      feedWatchdog(now: now)
    }
  }

  /// The service manager hears from us only when this loop turns and every bus thread's loop turned too.
  private func feedWatchdog(now: MonotonicTime) {
    if let stuck = buses.first(where: { now - $0.lastTurn > EngineLimits.stuckBus }) {
      warn(
        "the thread of bus \(stuck.name) hangs; the service manager will restart the daemon", about: "stuck", now: now)
      return
    }
    SystemdNotify.watchdog()
  }

  private func finish() {
    let now = SystemClock.monotonic()
    commit(cutting: [], now: now)
    if !pendingFrames.isEmpty {
      log.error("\(pendingFrames.reduce(0) { $0 + $1.sampleCount }) samples could not be committed before the end")
    }
    publishFarewell()
  }

  /// One warning a subject and text, however often it happens.
  func warn(_ text: String, about subject: String, now: MonotonicTime) {
    if let line = logLimiter.admit(text, subject: subject, now: now) { log.warning("\(line)") }
  }

  /// The fault of a subject is over; says so when it had been reported.
  func allClear(_ text: @autoclosure () -> String, about subject: String) {
    if logLimiter.clear(subject: subject) { log.notice("\(text())") }
  }
}

/// The way to central: requests out, results back as events.
protocol CentralLink: AnyObject {
  func perform(_ request: HTTPRequest)
}

/// The way back to the clients of the local API.
protocol LocalAPIReplies: AnyObject {
  @discardableResult func send(_ line: [UInt8], to client: Int) -> Bool
}
