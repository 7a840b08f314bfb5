import FieldgateTestKit
import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import Logging
import SQLiteOutbox
import Telemetry
import YAMLParser

/// A real engine over a real store, with a broker and clocks of the test's own.
final class EngineBench {
  let temporary: TemporaryDirectory
  let clock: ManualClock
  let broker = RecordingBroker()
  let settings: GatewaySettings
  let buses: [any BusObserver]
  private let central: (any CentralLink)?
  let readFaults = ReadFaults()
  private let memory: EngineMemory
  /// Nil once another bench went on with its store.
  private(set) var engine: GatewayEngine!

  /// - Parameters:
  ///   - yaml: a whole configuration without `outbox` and `api`.
  ///   - directory: with a store that is there already; nil: a new one.
  init(
    _ yaml: String, topics: (any TopicMemory)? = nil, state: (any StateMemory)? = nil,
    directory: TemporaryDirectory? = nil, buses: [any BusObserver] = [], central: (any CentralLink)? = nil,
    isOpening: Bool = false, clock: ManualClock = ManualClock(), memory: EngineMemory = EngineMemory()
  ) throws {
    self.memory = memory
    readFaults.isOpening = isOpening
    self.clock = clock
    self.buses = buses
    self.central = central
    temporary = try directory ?? TemporaryDirectory("engine")
    let text = yaml + "\noutbox: { directory: \(temporary.path), disk-floor: 0B }\n"
    let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8)))
    guard let settings else { throw TestKitError("\(diagnostics)") }
    self.settings = settings
    try start(topics: topics, state: state)
  }

  /// As after a kill: another engine goes on with the same store and the same clock.
  ///
  /// - Parameter change: of the clock, before the other engine looks at it.
  func restarted(isOpening: Bool = false, _ change: (ManualClock) -> Void = { _ in }) throws -> EngineBench {
    stop()
    change(clock)
    let next = EngineBench(after: self)
    next.readFaults.isOpening = isOpening
    try next.start(topics: nil, state: nil)
    return next
  }

  /// As a kill; the store is free for others.
  func stop() { engine = nil }

  private init(after other: EngineBench) {
    temporary = other.temporary
    buses = other.buses
    central = other.central
    settings = other.settings
    clock = other.clock
    memory = other.memory
  }

  private func start(topics: (any TopicMemory)?, state: (any StateMemory)?) throws {
    let store = SQLiteOutbox(.machine(directory: temporary.path, boot: "boot"))
    try store.claimDirectory()
    var outside = GatewayEngine.Outside(
      clock: clock, store: UnreadableStore(store, readFaults), broker: broker, central: central,
      viewers: SilentViewers(), supervisor: SilentSupervisor(), topics: topics, state: state)
    outside.memory = memory
    engine = try GatewayEngine(
      settings: settings, outside: outside, buses: buses, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      version: "test",
      random: SplitMix64(seed: 1))
  }

  /// Another configuration for the running engine.
  func reload(_ yaml: String, broker: RecordingBroker? = nil) throws {
    let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(Array(complete(yaml).utf8)))
    guard let settings else { throw TestKitError("\(diagnostics)") }
    let next = RunningConfiguration(self.settings).followed(by: settings)
    engine.take(
      .reconfigure(
        Reconfiguration(configuration: next, buses: buses, broker: broker.map { .replaced($0) } ?? .kept) { _ in }))
    engine.turn()
  }

  private func complete(_ yaml: String) -> String {
    yaml + "\noutbox: { directory: \(temporary.path), disk-floor: 0B }\n"
  }

  func connect() {
    engine.take(.broker(.connected))
    engine.turn()
  }

  func disconnect() {
    engine.take(.broker(.disconnected("test")))
    engine.turn()
  }

  func scan(_ device: Int, _ readings: [Reading], fault: String? = nil) {
    engine.take(
      .scan(DeviceScan(device: device, time: clock.wall(), readings: readings), started: clock.now, fault: fault))
    engine.turn()
  }

  /// Lets time pass, with a turn at each deadline, as the engine's thread does.
  func wait(_ duration: Duration) {
    let end = clock.now + duration
    while engine.deadline < end {
      // A deadline that has passed is served at once.
      clock.now = max(clock.now + .microseconds(1), engine.deadline)
      engine.turn()
    }
    clock.now = max(clock.now, end)
    engine.turn()
  }
}
