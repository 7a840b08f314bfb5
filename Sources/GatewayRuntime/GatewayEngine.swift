import AlarmStates
import BatchCodec
public import GatewayConfiguration
public import GatewayCore
public import Logging
import RuleEngine
public import Telemetry

/// The daemon's one decision maker: takes events from the threads that wait on the outside, asks the pure cores what to do,
/// and does it. All of its state belongs to one thread, which takes events, lets the engine ``turn()``, and sleeps until
/// ``deadline`` or the next event. It holds no clock and no thread of its own, so a simulation can drive it too.
///
/// The order in a scan is fixed: time made monotone, rules, message to the broker, live viewers, then into the frame that
/// the next commit writes. Nothing is sent to central that was not committed first.
public final class GatewayEngine {
  /// What the engine acts through.
  public struct Outside {
    public var clock: any EngineClock
    public var store: any OutboxStore
    /// Nil when the configuration names none.
    public var broker: (any MessageBroker)?
    public var central: (any CentralLink)?
    public var viewers: any LocalAPIReplies
    public var supervisor: any ServiceSupervisor
    /// Nil: there is no file to reload.
    public var keeper: (any ConfigurationKeeper)?
    /// Nil: nobody looks after a certificate.
    public var identity: (any IdentityObserver)?
    /// Nil: nothing is remembered, and retained messages of what leaves the configuration stay at the broker.
    public var topics: (any TopicMemory)?
    /// Nil: windows and detectors begin anew with each start.
    public var state: (any StateMemory)?
    public var memory = EngineMemory()

    public init(
      clock: any EngineClock, store: any OutboxStore, broker: (any MessageBroker)?, central: (any CentralLink)?,
      viewers: any LocalAPIReplies, supervisor: any ServiceSupervisor, topics: (any TopicMemory)? = nil,
      state: (any StateMemory)? = nil, keeper: (any ConfigurationKeeper)? = nil,
      identity: (any IdentityObserver)? = nil
    ) {
      self.identity = identity
      self.state = state
      self.topics = topics
      self.clock = clock
      self.store = store
      self.broker = broker
      self.central = central
      self.viewers = viewers
      self.supervisor = supervisor
      self.keeper = keeper
    }
  }

  // Another configuration replaces these, and only as a whole: ``reconfigure(_:now:)``.
  var running: RunningConfiguration
  var settings: GatewaySettings { running.settings }
  var catalogue: Catalogue
  var outside: Outside
  /// In the order of the settings.
  var buses: [any BusObserver]
  let log: Logger
  let startedAt: Timestamp
  let version: String

  var rules: RuleEngine
  /// The minute of the wall clock, and where it stands in the site's week.
  var knownMinute: (since1970: Int64, ofWeek: Int) = (.min, 0)
  /// One a device.
  var treatments: [ScanTreatment]
  var staleWatch: StaleWatch
  var computed: ComputedTags
  var isComputing = false
  var outbox: OutboxMachine
  var delivery = DeliveryMachine()
  var logLimiter = LogLimiter()
  var publishing: PublishingState
  /// Topics of ours that the broker may retain, those of former configurations included.
  var rememberedTopics: Set<String>
  var catalogues: FrameCatalogues

  // What waits for its commit.
  /// Scans that came before the store could be opened for the first time.
  var waitingScans: [WaitingScan] = []
  var waitingScanBytes = 0
  /// Gathers scans of the catalogue with the number `builderCatalogue`.
  var builder: FrameBuilder
  var builderCatalogue = 0
  /// The scans in `builder` have times of the boot clock.
  var builderHasBootTimes = false
  var alarmsHaveBootTimes = false
  /// Samples and alarm events dropped because memory was full; told as soon as the store takes something again.
  var memoryLoss: MemoryLoss?
  var alarmLoss: MemoryLoss?
  /// States told again that wait among the alarm events.
  var toldAlarmsWaiting = 0
  /// Alarms some of whose events were dropped before the store was open for the first time.
  var alarmsWithDroppedEvents: Set<String> = []
  var pendingFrames: [PendingFrame] = []
  var pendingAlarms: [AlarmEvent] = []
  /// The states that the store owes are among them, or in `pendingFrames`.
  var toldAlarmStates = false
  var nextSequence: Int64 = 1
  /// What the store holds; empty until it is open.
  var stored = OutboxState(epoch: Epoch(high: 0, low: 0))
  var isStoreOpen = false {
    didSet { outbox.isStoreOpen = isStoreOpen }
  }
  /// Why the store takes nothing, since it does not.
  var storeFailure: String?
  var wasStoreOpen = false
  /// It takes nothing because its opening goes on.
  var isStoreOpening = false
  /// A commit failed, and none has ended well since: the waiting frames may be in the store already.
  var isOutcomeUnknown = false
  /// What happened to the store that a person should know.
  var notes: [(time: Timestamp, text: String)] = []
  var clockTrust = ClockTrust()
  /// Wall clock minus boot clock, to be told to the store.
  var clockOffset: Duration?
  var fillRate = FillRate()
  /// Bytes to and from central that the store has not counted yet.
  var traffic = (sent: 0, received: 0)
  /// Alarms whose rows in the store are not what ``alarms`` says.
  var unsavedAlarms: Set<String> = []
  /// When what is left of shelving is saved next.
  var nextShelfSave = MonotonicTime.never

  // What is known now.
  var latest: [DeviceScan?]
  /// Time of each device's newest scan; nothing older than it is accepted (promise G4).
  var newestTime: [Timestamp]
  /// No device that a reload brings begins before it.
  var retiredTime = Timestamp(milliseconds: .min)
  /// Time of the newest alarm event, for the same reason.
  var newestAlarm: Timestamp
  var alarms: AlarmBook
  var alarmHistory = AlarmHistory()
  var alarmReplies = AlarmReplies()
  /// Commands of central for alarms that are not there; they come until central has the answer.
  var declinedCommands: Set<UInt64> = []
  var unpublishedAlarms: Set<String> = []
  /// Devices that are scanned more often because of an alarm, by name.
  var closeWatches: [String: Duration] = [:]
  var brokerState = BrokerState.disconnected("not connected yet")
  /// By place in the settings, like `deviceFaults`.
  var busFaults: [Int: String] = [:]
  /// What is wrong with a device now.
  var deviceFaults: [Int: String] = [:]
  var counters = EngineCounters()
  var commands: CommandDesk
  var tails: [Int: TailFilter] = [:]
  var nextStatus = MonotonicTime.zero
  var nextWatchdog = MonotonicTime.never
  var nextStateSave = MonotonicTime.never
  let watchdogPeriod: Duration?
  /// The stop event has come: the loop ends after this turn.
  public private(set) var isStopping = false
  /// Jitter of delays.
  var random: any RandomNumberGenerator

  /// - Throws: when another daemon holds the store, or a newer version wrote it.
  public init(
    settings: GatewaySettings, outside: Outside, buses: [any BusObserver], log: Logger, version: String,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) throws(OutboxStoreError) {
    running = RunningConfiguration(settings)
    self.outside = outside
    self.buses = buses
    self.log = log
    self.random = random
    self.version = version
    catalogue = settings.catalogue
    catalogues = FrameCatalogues(first: catalogue)
    startedAt = outside.clock.wall()
    commands = CommandDesk(running)
    builder = FrameBuilder(catalogue: catalogue)
    rules = RuleEngine(rules: settings.rules, start: outside.clock.monotonic())
    alarms = AlarmBook(
      definitions: settings.alarmDefinitions, settings: settings.alarmBookSettings, now: outside.clock.monotonic())
    treatments = zip(catalogue.devices, settings.devices).map { ScanTreatment($0, $1.tags.map(\.treatment)) }
    staleWatch = StaleWatch(limits: settings.devices.map(\.staleLimits))
    computed = ComputedTags(
      settings.computedDevices(catalogue), catalogue: catalogue, wall: outside.clock.wall(),
      now: outside.clock.monotonic())
    outbox = OutboxMachine(policy: settings.outboxPolicy, space: settings.outboxSpace)
    outbox.heldSamples = outside.memory.samples
    publishing = PublishingState(
      settings, alarms: settings.rules.map(\.name) + [Self.capacityAlarm], floods: alarms.floodNames, version: version)
    rememberedTopics = Set(outside.topics?.load() ?? [])
    latest = Array(repeating: nil, count: catalogue.devices.count)
    newestTime = Array(repeating: Timestamp(milliseconds: .min), count: catalogue.devices.count)
    newestAlarm = Timestamp(milliseconds: .min)
    // A third of what the service manager allows, so that one late turn is no reason to be killed.
    watchdogPeriod = outside.supervisor.watchdogInterval.map { $0 / 3 }
    let now = outside.clock.monotonic()
    if watchdogPeriod != nil { nextWatchdog = now }
    lookAtSpace()
    restoreState(now: now)
    try openStore(now: now)
    watchDevices()
    lookAtClock(now: now)
    subscribe()
  }

  /// When something is to be done even if nothing happens.
  public var deadline: MonotonicTime {
    var next = min(outbox.deadline, nextStatus, nextWatchdog, nextStateSave)
    next = min(next, staleWatch.deadline, computed.deadline)
    if let delay = rules.deadline { next = min(next, delay) }
    next = min(next, alarms.deadline, nextShelfSave)
    return min(next, deliveryDeadline, publishDeadline, commands.machine.deadline)
  }

  var deliveryDeadline = MonotonicTime.zero
  var publishDeadline = MonotonicTime.never

  /// Takes one event; call ``turn()`` when all that wait have been taken.
  public func take(_ event: EngineEvent) {
    let now = outside.clock.monotonic()
    switch event {
    case .scan(let scan, let started, let fault): took(scan, started: started, fault: fault, now: now)
    case .bus(let index, let fault): busChanged(index, fault: fault, now: now)
    case .job(let result): jobFinished(result, now: now)
    case .central(let result): centralAnswered(result, now: now)
    case .broker(let state): brokerChanged(state, now: now)
    case .message(let message): received(message, now: now)
    case .subscriptionRefused(let filter, let text): subscriptionRefused(filter, text, now: now)
    case .request(let client, let line): answer(client, line, now: now)
    case .viewerLeft(let client): tails[client] = nil
    case .reconfigure(let new): reconfigure(new, now: now)
    case .centralReplaced(let new): replaceCentral(.replaced(new.link))
    case .stateSaved(let failure): stateSaved(failure, now: now)
    case .storeReady: if isStoreOpening { tryOpening(now: now) }
    case .stop: isStopping = true
    }
  }

  /// What is due whatever the events were.
  public func turn() {
    let now = outside.clock.monotonic()
    if let delay = rules.deadline, delay <= now {
      let changes = rules.expire(now: now, time: outside.clock.wall(), minuteOfWeek: minuteOfWeek)
      raise(changes)
      act(on: changes, now: now)
    }
    expireAlarms(now: now)
    for scan in staleWatch.expire(now: now, wall: outside.clock.wall()) { tookStale(scan, now: now) }
    computeIfDue(now: now)
    // Also a read that could do without its answer may have found damage.
    if isStoreOpen, !outside.store.isOpen { isStoreOpen = false }
    commitIfDue(now: now)
    deliver(now: now)
    if isStoreOpen, !outside.store.isOpen { isStoreOpen = false }
    publishWaitingAlarms(now: now)
    expireCommands(now: now)
    repeatStatesIfDue(now: now)
    publishWaiting(now: now)
    publishDeadline =
      brokerState == .connected
      ? publishing.deadline(now: now, hasAlarms: !unpublishedAlarms.isEmpty) : .never
    if nextStatus <= now { renewStatus(now: now) }
    saveStateIfDue(now: now)
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
    outside.supervisor.feedWatchdog()
  }

  /// The last commit and the farewell, after the loop.
  public func finish() {
    let now = outside.clock.monotonic()
    if !isStoreOpen { tryOpening(now: now) }
    unsavedAlarms.formUnion(alarms.all.filter { $0.shelfEnd != nil }.map(\.name))
    if !commit(OutboxTransaction(), now: now), !isStoreOpen {
      // It found damage just now.
      tryOpening(now: now)
      commit(OutboxTransaction(), now: now)
    }
    // What memory had no room for is told behind all that waited.
    if memoryLoss != nil || alarmLoss != nil { commit(OutboxTransaction(), now: now) }
    finishState(now: now)
    let left =
      pendingFrames.reduce(builder.sampleCount + pendingAlarms.count) { $0 + $1.sampleCount }
      + waitingScans.reduce(0) { $0 + $1.scan.readings.count }
    if left > 0 {
      log.error("\(left) samples and alarm events could not be committed before the end and are lost")
    } else {
      log.notice("all that was read is in the outbox")
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
