import GatewayConfiguration
import GatewayCore
public import GatewayRuntime
public import HTTPClient
import JSONText
public import LocalAPI
import Logging
import MQTTBroker
import ModbusBus
import SQLiteOutbox
import Synchronization
import SystemdNotify
import Telemetry
import Threads

extension CentralConnection: CentralLink {}
extension LocalAPIServer: LocalAPIReplies {}

/// The clocks of this machine.
final class MachineClock: EngineClock {
  func monotonic() -> MonotonicTime { SystemClock.monotonic() }
  func wall() -> Timestamp { SystemClock.wall() }
  var isSynchronized: Bool { SystemClock.isSynchronized }
  func minuteOfWeek(_ time: Timestamp) -> Int { SystemClock.minuteOfWeek(time) }
  var bootName: String { SystemClock.bootName }
}

/// systemd, where it started us; otherwise nothing happens.
final class SystemdSupervisor: ServiceSupervisor {
  var watchdogInterval: Duration? { SystemdNotify.watchdogInterval }
  func feedWatchdog() { SystemdNotify.watchdog() }
  func show(_ status: String) { SystemdNotify.status(status) }
}

/// The running parts of one gateway: adapters, threads, and the engine between them.
final class GatewayParts: @unchecked Sendable {  // built by one thread, then only started and stopped, in turn
  var running: RunningConfiguration
  let events = Mailbox<EngineEvent>(capacity: EngineLimits.waitingEvents)
  private let store: BackgroundOutbox
  /// The engine's thread, too, has to do with it.
  let broker: Mutex<BrokerLink?>
  var central: CentralConnection?
  let identity: IdentityKeeper
  let api: LocalAPIServer
  /// In the order of the settings.
  var workers: [any BusThread]
  /// Ends what a reload replaced; at most one at a time.
  var retirement: NamedThread?
  let version: String
  let learned: LearnedReadsStore
  private let engine: GatewayEngine
  private var engineThread: NamedThread?

  /// - Parameter onIdentityChange: called on another thread when central is to be reached with other files.
  init(
    settings: GatewaySettings, log: Logger, version: String, keeper: any ConfigurationKeeper,
    onIdentityChange: @escaping @Sendable () -> Void
  ) throws {
    identity = IdentityKeeper(
      gateway: settings.gateway, settings: settings.central, log: log, onChange: onIdentityChange)
    running = RunningConfiguration(settings)
    self.version = version
    let events = events
    store = BackgroundOutbox(.machine(directory: settings.outbox.directory, boot: SystemClock.bootName)) {
      events.send(.storeReady, always: true)
    }
    do throws(OutboxStoreError) {
      try store.claimDirectory()
    } catch  where error.kind == .held {
      throw GatewayDaemon.StartError(description: error.description, exitCode: 74)
    } catch {
      // A directory that cannot be used now may be usable later; until then values wait in memory.
      log.error("\(error)")
    }
    do {
      api = try LocalAPIServer(path: settings.api.socket) { event in
        switch event {
        case .line(let client, let line): events.send(.request(client: client, line))
        case .closed(let client): events.send(.viewerLeft(client: client), always: true)
        }
      }
      let link = try Self.connectBroker(settings, version: version, events)
      link?.gate.release()
      broker = Mutex(link)
      central = try Self.connectCentral(settings, events)
    } catch {
      throw GatewayDaemon.StartError(description: "\(error)", exitCode: 71)
    }
    let learned = LearnedReadsStore(directory: settings.outbox.directory, log: log)
    learned.keep(only: Set(settings.devices.map(\.name)))
    self.learned = learned
    do {
      workers = try settings.buses.indices.map { [running] in try Self.worker(running, $0, events, learned) }
    } catch {
      throw GatewayDaemon.StartError(description: "\(error)", exitCode: 78)
    }
    do {
      engine = try GatewayEngine(
        settings: settings,
        outside: .init(
          clock: MachineClock(), store: store, broker: broker.withLock { $0?.connection }, central: central,
          viewers: api, supervisor: SystemdSupervisor(), topics: TopicFile(directory: settings.outbox.directory),
          state: StateFile(directory: settings.outbox.directory) { events.send(.stateSaved($0), always: true) },
          keeper: keeper, identity: identity),
        buses: workers, log: log, version: version)
    } catch {
      throw GatewayDaemon.StartError(description: "\(error)", exitCode: 74)
    }
  }

  var summary: String {
    let settings = running.settings
    return "\(settings.lineCount) buses, \(settings.devices.count) devices, \(settings.catalogue.tagCount) tags, "
      + "\(settings.rules.count) rules; outbox in \(settings.outbox.directory)"
  }

  func start() {
    engineThread = NamedThread("engine") { [self] in run() }
    for worker in workers { worker.start() }
    identity.start()
  }

  /// The engine's thread.
  private func run() {
    while !engine.isStopping {
      let wait = engine.deadline - SystemClock.monotonic()
      for event in events.receive(timeout: wait) {
        if case .message = event { broker.withLock { $0?.connection.messageTaken() } }
        engine.take(event)
      }
      engine.turn()
    }
    engine.finish()
  }

  /// First the sources, then the engine, which commits what they gave, then the ways out.
  func stop() {
    for worker in workers { worker.askToStop() }
    for worker in workers { worker.join() }
    identity.stop()
    store.willEnd()
    events.send(.stop, always: true)
    engineThread?.join()
    broker.withLock { $0 }?.connection.stop()
    central?.stop()
    api.stop()
    store.close()
    retirement?.join()
  }
}

extension BusSettings {
  /// As the adapter takes it.
  var endpoint: ModbusEndpoint {
    switch kind {
    case .modbusTCP(let host, let port): .tcp(host: host, port: port)
    case .serialLines, .computed: preconditionFailure("bus \(name) has no Modbus endpoint")
    case .modbusRTU(let line):
      .rtu(device: line.device, baud: line.baud, parity: line.parity.modbus, stopBits: line.stopBits)
    }
  }
}

extension BusSettings {
  var direction: RS485Direction? {
    guard case .modbusRTU(let line) = kind, let settings = line.rs485 else { return nil }
    return RS485Direction(
      isRTSHighWhenSending: settings.isRTSHighWhenSending, delayBeforeSending: settings.delayBeforeSending,
      delayAfterSending: settings.delayAfterSending)
  }
}

extension SerialLine.Parity {
  var modbus: ModbusEndpoint.Parity {
    switch self {
    case .none: .none
    case .even: .even
    case .odd: .odd
    }
  }
}
