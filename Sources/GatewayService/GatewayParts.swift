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
  func minuteOfDay(_ time: Timestamp) -> Int { SystemClock.minuteOfDay(time) }
}

/// systemd, where it started us; otherwise nothing happens.
final class SystemdSupervisor: ServiceSupervisor {
  var watchdogInterval: Duration? { SystemdNotify.watchdogInterval }
  func feedWatchdog() { SystemdNotify.watchdog() }
  func show(_ status: String) { SystemdNotify.status(status) }
}

/// The running parts of one gateway: adapters, threads, and the engine between them.
final class GatewayParts: @unchecked Sendable {  // built by one thread, then only started and stopped, in turn
  private let settings: GatewaySettings
  private let events = Mailbox<EngineEvent>(capacity: EngineLimits.waitingEvents)
  private let store: SQLiteOutbox
  private let broker: MQTTConnection?
  private let central: CentralConnection?
  private let api: LocalAPIServer
  private let workers: [BusWorker]
  private let engine: GatewayEngine
  private var engineThread: NamedThread?

  init(settings: GatewaySettings, log: Logger, version: String) throws {
    self.settings = settings
    let events = events
    store = SQLiteOutbox(.machine(directory: settings.outbox.directory, boot: SystemClock.bootName))
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
      broker = try Self.connect(settings, version: version, events)
      // A result that was lost would hold its place in the window for ever, so it goes past the queue's bound.
      central = try settings.central.map { central in
        try CentralConnection(
          endpoint: CentralEndpoint(
            url: central.url, authority: central.authority, certificate: central.certificate, key: central.key,
            maximumBytesPerSecond: central.rateLimitBytes)
        ) { events.send(.central($0), always: true) }
      }
    } catch {
      throw GatewayDaemon.StartError(description: "\(error)", exitCode: 71)
    }
    let learned = LearnedReadsStore(directory: settings.outbox.directory, log: log)
    learned.keep(only: Set(settings.devices.map(\.name)))
    workers = settings.buses.indices.map { index in
      let bus = settings.buses[index]
      return BusWorker(
        index: index, settings: settings, seed: .random(in: .min ... .max), events: events, learned: learned
      ) {
        ModbusBus(
          endpoint: bus.endpoint, timeout: bus.timeout, silence: bus.pacing.silence, direction: bus.direction,
          name: bus.name)
      }
    }
    do {
      engine = try GatewayEngine(
        settings: settings,
        outside: .init(
          clock: MachineClock(), store: store, broker: broker, central: central, viewers: api,
          supervisor: SystemdSupervisor(), topics: TopicFile(directory: settings.outbox.directory)),
        buses: workers, log: log, version: version)
    } catch {
      throw GatewayDaemon.StartError(description: "\(error)", exitCode: 74)
    }
  }

  var summary: String {
    "\(settings.buses.count) buses, \(settings.devices.count) devices, \(settings.catalogue.tagCount) tags, "
      + "\(settings.rules.count) rules; outbox in \(settings.outbox.directory)"
  }

  func start() {
    engineThread = NamedThread("engine") { [self] in run() }
    for worker in workers { worker.start() }
  }

  /// The engine's thread.
  private func run() {
    while !engine.isStopping {
      let wait = engine.deadline - SystemClock.monotonic()
      for event in events.receive(timeout: wait) {
        if case .message = event { broker?.messageTaken() }
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
    events.send(.stop, always: true)
    engineThread?.join()
    broker?.stop()
    central?.stop()
    api.stop()
    store.close()
  }

  private static func connect(
    _ settings: GatewaySettings, version: String, _ events: Mailbox<EngineEvent>
  ) throws -> MQTTConnection? {
    guard let broker = settings.broker else { return nil }
    // The broker publishes this when we vanish without a word.
    let will = MQTTEndpoint.Will(
      topic: MQTTTopics(settings).status,
      payload: JSONWriter.object { json in
        json.member("state", "offline")
        json.member("version", version)
      })
    let endpoint = try broker.endpoint(gateway: settings.gateway, will: will)
    return try MQTTConnection(endpoint) { event in
      switch event {
      case .state(let state): events.send(.broker(state), always: true)
      // Past the queue's bound as well, because the connection counts how many wait.
      case .message(let message): events.send(.message(message), always: true)
      case .subscriptionRefused(let filter, let text):
        events.send(.subscriptionRefused(filter: filter, text), always: true)
      }
    }
  }
}

extension BusSettings {
  /// As the adapter takes it.
  var endpoint: ModbusEndpoint {
    switch kind {
    case .modbusTCP(let host, let port): .tcp(host: host, port: port)
    case .serialLines: preconditionFailure("a bus of serial lines has no Modbus endpoint")
    case .modbusRTU(let line):
      .rtu(device: line.device, baud: line.baud, parity: line.parity.modbus, stopBits: line.stopBits)
    }
  }
}

extension BusSettings {
  fileprivate var direction: RS485Direction? {
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
