import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import Logging
import RuleEngine
import SQLiteOutbox
import SimulatedDisk
import Telemetry

/// One gateway: the real poller, engine, machines and store, with simulated devices, disk, clock and link around them. It can
/// be killed at any point and started again.
final class SimulatedGateway {
  /// As central knows it; a clone has the same.
  let name: String
  /// What its devices' values are made from; a clone has its own.
  let series: String
  let disk: SimulatedDisk
  let files: SimulatedFiles
  /// A reload changes it; after a kill what was reloaded stands in the file.
  var running: RunningConfiguration
  var settings: GatewaySettings { running.settings }
  let original: GatewaySettings
  /// All that are wired to the bus, by unit; a reload may take some out of the configuration.
  let devices: [SimulatedFieldDevice]
  let clock: SimulatedClock
  let time: VirtualTime
  let history: History
  private let bugs: PlantedBugs
  private let link: SimulatedLink
  var random: SeededRandom
  let scenario: Scenario

  // One life of the process.
  private(set) var engine: GatewayEngine?
  private(set) var store: ObservedStore?
  var poller: BusPoller?
  var life = 0
  var boots = 0
  private var lastEntries: [Int: [UInt16]] = [:]
  let broker = SimulatedBroker()
  var isPolling = true
  var isBusDown = false

  init(
    name: String, series: String, disk: SimulatedDisk, scenario: Scenario, seed: UInt64, time: VirtualTime,
    history: History, bugs: PlantedBugs, link: SimulatedLink
  ) {
    self.name = name
    self.series = series
    self.disk = disk
    self.scenario = scenario
    self.time = time
    self.history = history
    self.bugs = bugs
    self.link = link
    random = SeededRandom(seed: seed)
    disk.ignoresSync = bugs.contains(.gatewayIgnoresSync)
    files = SimulatedFiles(disk, identity: "inode 1")
    clock = SimulatedClock(time)
    original = Self.settings(name, scenario, &random)
    running = RunningConfiguration(original)
    devices = original.devices.map { SimulatedFieldDevice(key: "\(series)/\($0.name)", seed: scenario.seed) }
  }

  private static func settings(_ name: String, _ scenario: Scenario, _ random: inout SeededRandom) -> GatewaySettings {
    let devices = (0..<scenario.devices).map { index in
      DeviceSettings(
        name: "d\(index + 1)", bus: 0, unit: UInt8(index + 1), scanInterval: scenario.scanInterval,
        tags: zip(SimulatedFieldDevice.definitions, SimulatedFieldDevice.points).map {
          TagSettings(definition: $0, source: .register($1))
        })
    }
    let rules = devices.indices.map { index in
      AlarmRule(
        name: "high_\(index + 1)",
        condition: .compare(
          RuleTag(TagIndex(device: index, tag: 2), name: "d\(index + 1)/level"), .above, limit: 80, hysteresis: 5),
        onDelay: index == 0 ? .zero : .seconds(2), severity: .high)
    }
    var outbox = OutboxSettings(directory: "/outbox")
    outbox.diskFloorBytes = 0
    // The empty tables alone take 4,096 bytes each; a technician may ask for no less than 10 MB.
    if scenario.has(.smallCapacity) { outbox.capacityBytes = Int.random(in: 88_096...116_096, using: &random) }
    outbox.keep = scenario.keep
    let central = CentralSettings(
      url: "https://central", authority: "", certificate: "", key: "",
      batchInterval: .seconds(Int.random(in: 1...10, using: &random)),
      offlineBatchInterval: .seconds(Int.random(in: 10...60, using: &random)))
    return GatewaySettings(
      gateway: name, broker: BrokerSettings(), central: central,
      buses: [BusSettings(name: "bus", kind: .modbusTCP(host: "sim", port: 502), timeout: .seconds(1))],
      devices: devices, rules: rules, outbox: outbox, api: LocalAPISettings())
  }

  var isRunning: Bool { engine != nil }

  // MARK: Lives

  func start() {
    guard engine == nil else { return }
    life += 1
    unheld = (0, 0)
    isMiscounted = false
    let life = life
    let store = ObservedStore(
      SQLiteOutbox(place()), gateway: series, history: history, time: time, bugs: bugs, slowness: slowness(life))
    let way = GatewayWay { [self] request in
      link.send(request, from: name) { [self] result in
        guard self.life == life, let engine else { return }
        history.note("\(milliseconds) \(series) \(request.method) \(request.path): \(Self.text(result.outcome))")
        engine.take(.central(result))
        turn()
      }
    }
    do throws(OutboxStoreError) {
      var outside = GatewayEngine.Outside(
        clock: clock, store: store, broker: broker, central: way, viewers: NoViewers(), supervisor: NoSupervisor())
      outside.memory = scenario.memory
      let made = try GatewayEngine(
        settings: settings, outside: outside, buses: [], log: Self.log, version: "simulated",
        random: SeededRandom(seed: random.next()))
      self.way = way
      self.store = store
      engine = made
    } catch {
      history.report(.noProgress, "\(series): the daemon refuses to start: \(error)")
      return
    }
    engine?.take(.broker(broker.isAway ? .disconnected("away") : .connected))
    running = RunningConfiguration(settings)
    poller = BusPoller(devices: running.polledDevices(ofBus: 0), seed: random.next(), now: time.now)
    turn()
    poll()
  }

  private static func text(_ outcome: HTTPResult.Outcome) -> String {
    switch outcome {
    case .failed(let text): text
    case .answered(let status, let body, _): "\(status) \(String(decoding: body, as: UTF8.self))"
    }
  }

  private var way: GatewayWay?

  private static let log = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  /// - Parameter isPowerCut: the machine went down with the process; the boot clock goes on, but it is another boot.
  func crash(isPowerCut: Bool) {
    guard engine != nil || disk.isStopped else { return }
    history.note("\(milliseconds) \(series) \(isPowerCut ? "power cut" : "killed")")
    life += 1
    engine = nil
    poller = nil
    way = nil
    if isPowerCut {
      disk.powerCut()
      boots += 1
      if scenario.has(.noClock) { loseClock(for: random.seconds(20...200)) }
    } else {
      disk.kill()
    }
    store?.close()
    store = nil
  }

  /// For good: the engine and its way out hold each other through this gateway.
  func takeApart() {
    life += 1
    engine = nil
    poller = nil
    way = nil
    store?.close()
    store = nil
  }

  var milliseconds: Int64 { time.now.nanoseconds / 1_000_000 }

  /// The engine's loop: what is due now, and a wake-up for what is due later.
  func turn() {
    guard let engine else { return }
    engine.turn()
    check(engine)
    if disk.isStopped {
      // The process was to end at this disk operation.
      crash(isPowerCut: random.chance(500))
      return restart()
    }
    let life = life
    let due = max(engine.deadline, time.now + .milliseconds(1))
    guard due < .never, due != wakeAt || wakeLife != life else { return }
    (wakeAt, wakeLife) = (due, life)
    time.at(due) { [self] in
      guard self.life == life, wakeAt == due else { return }
      wakeAt = .never
      turn()
    }
  }

  private var wakeAt = MonotonicTime.never
  private var wakeLife = -1

  func restart() {
    time.after(random.seconds(1...20)) { [self] in start() }
  }

  // For `SimulatedGateway+checks.swift`.
  /// Samples thinned or dropped for want of room, as the store last told.
  var givenUp: UInt64 = 0
  /// Samples dropped for their age.
  var outlived: UInt64 = 0
  /// What memory had no room for in this life, as the engine last told.
  var unheld = (samples: 0, alarms: 0)
  /// It is full, and nothing has left it since.
  var isUnheld = false
  /// Its samples did not add up in this life; once is enough.
  var isMiscounted = false
  /// Since when something droppable is too old.
  var tooOldSince: MonotonicTime?

  /// As a boot without a battery: nobody knows the time for so long.
  func loseClock(for length: Duration) {
    history.count(.noClock)
    clock.loseTime(until: time.now + length)
  }

  // MARK: The bus

  private func poll() {
    guard poller != nil else { return }
    let life = life
    func later(_ delay: Duration, _ body: @escaping () -> Void) {
      time.after(delay) { [self] in
        guard self.life == life, poller != nil else { return }
        body()
        poll()
      }
    }
    while poller != nil {
      switch poller!.next(now: time.now, wall: clock.wall()) {
      case .open:
        let isDown = isBusDown
        return later(.milliseconds(3)) { [self] in
          poller?.opened(isDown ? .failure(FieldBusError(.busDown, "down")) : .success(()), now: time.now)
        }
      case .read(let request):
        return read(request, later)
      case .deliver(let scan, let started):
        guard isPolling else { continue }
        engine?.take(.scan(scan, started: started, fault: nil))
        turn()
        guard self.life == life else { return }
      case .jobRead, .write, .ask, .report: preconditionFailure("nobody asked for a job")
      case .wait(let until):
        guard until < .never else { return }
        // A reload may bring a device that is due before.
        let longest = scenario.has(.reload) ? Duration.milliseconds(200) : .seconds(86_400)
        return later(min(max(until - time.now, .milliseconds(1)), longest)) {}
      }
    }
  }

  private func read(_ request: ReadRequest, _ later: (Duration, @escaping () -> Void) -> Void) {
    let index = Int(request.unit) - 1
    guard !isBusDown else {
      return later(.milliseconds(20)) { [self] in
        poller?.answered(.failure(FieldBusError(.busDown, "down")), now: time.now)
      }
    }
    if devices[index].isSilent {
      let old = bugs.contains(.repeatsOldValues) ? lastEntries[index] : nil
      return later(.seconds(1)) { [self] in
        poller?.answered(old.map { .success($0) } ?? .failure(FieldBusError(.timeout, "silent")), now: time.now)
      }
    }
    later(random.milliseconds(4...60)) { [self] in
      let entries = devices[index].answer()
      lastEntries[index] = entries
      history.scans[devices[index].key] = devices[index].scan
      poller?.answered(.success(entries), now: time.now)
    }
  }

  /// Nothing waits for central any more.
  var isDrained: Bool {
    guard let engine, engine.isOutboxOpen, engine.samplesWaiting == 0, engine.alarmsWaiting == 0 else { return false }
    let state = engine.outboxState
    return state.retired.isEmpty && !engine.mustLookBack
      && Lane.allCases.allSatisfy { lane in
        state[lane].batchCount == 0 && (state.frames[lane]?.count ?? 0) == 0
      }
  }
}

/// The gateway's two clocks: the boot clock is the simulation's time, the wall clock may be wrong.
final class SimulatedClock: EngineClock {
  let time: VirtualTime
  /// Added to the right wall-clock time.
  var offset = Duration.zero
  private var isLostUntil = MonotonicTime.zero

  init(_ time: VirtualTime) { self.time = time }

  func monotonic() -> MonotonicTime { time.now }

  func wall() -> Timestamp {
    let right = Timestamp(milliseconds: SimulatedCentral.wall(time.now))
    guard time.now >= isLostUntil else { return Timestamp(milliseconds: time.now.nanoseconds / 1_000_000 + 60_000) }
    return right + offset
  }

  var isSynchronized: Bool { time.now >= isLostUntil && offset == .zero }
  // 1970 began on a Thursday.
  func minuteOfWeek(_ time: Timestamp) -> Int { Int((time.milliseconds / 60_000 + 3 * 1_440) % 10_080) }

  /// As after a boot without a battery: 1970, until a time server answers.
  func loseTime(until end: MonotonicTime) { isLostUntil = end }
  func heal() {
    offset = .zero
    isLostUntil = .zero
  }
}

/// The engine's way out; its answers come back as events.
final class GatewayWay: CentralLink {
  private let body: (HTTPRequest) -> Void
  init(_ body: @escaping (HTTPRequest) -> Void) { self.body = body }
  func perform(_ request: HTTPRequest) { body(request) }
}

final class SimulatedBroker: MessageBroker, @unchecked Sendable {  // the simulation has one thread
  var isAway = false
  func publish(_ message: OutgoingMessage) -> PublishOutcome { isAway ? .notConnected : .accepted }
  func subscribe(to filters: [TopicFilter]) {}
  var statistics: BrokerStatistics { BrokerStatistics() }
}

final class NoViewers: LocalAPIReplies {
  func send(_ line: [UInt8], to client: Int) -> Bool { true }
}

final class NoSupervisor: ServiceSupervisor {
  var watchdogInterval: Duration? { nil }
  func feedWatchdog() {}
  func show(_ status: String) {}
}
