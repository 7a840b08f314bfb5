import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import HTTPClient
import JSONText
import MQTTBroker
import ModbusBus
import PKI
import SerialBus
import SerialPort
import SerialSensors
import Telemetry
import Threads

/// How single parts are made, at the start and when a reload replaces them.
extension GatewayParts {
  /// Connects in the background at once. Its news waits until the gate is released: when the engine has the connection.
  static func connectBroker(
    _ settings: GatewaySettings, version: String, _ events: Mailbox<EngineEvent>
  ) throws -> BrokerLink? {
    guard let broker = settings.broker else { return nil }
    // The broker publishes this when we vanish without a word.
    let will = MQTTEndpoint.Will(
      topic: MQTTTopics(settings).status,
      payload: JSONWriter.object { json in
        json.member("state", "offline")
        json.member("version", version)
      })
    let gate = NewsGate()
    let endpoint = try broker.endpoint(gateway: settings.gateway, will: will)
    let connection = try MQTTConnection(endpoint) { event in
      gate.pass {
        switch event {
        case .state(let state): events.send(.broker(state), always: true)
        // Past the queue's bound as well, because the connection counts how many wait.
        case .message(let message): events.send(.message(message), always: true)
        case .subscriptionRefused(let filter, let text):
          events.send(.subscriptionRefused(filter: filter, text), always: true)
        }
      }
    }
    return BrokerLink(connection: connection, gate: gate)
  }

  static func connectCentral(
    _ settings: GatewaySettings, _ events: Mailbox<EngineEvent>
  ) throws -> CentralConnection? {
    guard let central = settings.central, let files = central.filesInUse else { return nil }
    // A result that was lost would hold its place in the window for ever, so it goes past the queue's bound.
    return try CentralConnection(
      endpoint: CentralEndpoint(
        url: central.url, authority: files.authority, certificate: files.certificate, key: files.key,
        maximumBytesPerSecond: central.rateLimitBytes, proxy: central.proxy)
    ) { events.send(.central($0), always: true) }
  }

  /// - Parameter place: of the bus among the settings.
  static func worker(
    _ running: RunningConfiguration, _ place: Int, _ events: Mailbox<EngineEvent>, _ learned: LearnedReadsStore
  ) throws(FormatError) -> any BusThread {
    if case .serialLines(let line, let lines) = running.settings.buses[place].kind {
      return try serialWorker(running, place, line, lines, events)
    }
    if running.settings.buses[place].kind == .computed {
      return ComputedBusThread(index: running.busHandles[place], name: running.settings.buses[place].name)
    }
    return BusWorker(
      index: running.busHandles[place], name: running.settings.buses[place].name,
      devices: devices(running, ofBus: place), seed: .random(in: .min ... .max), events: events, learned: learned,
      makeBus: makeBus(running.settings.buses[place]))
  }

  private static func serialWorker(
    _ running: RunningConfiguration, _ place: Int, _ line: SerialLine, _ lines: SerialLinesSettings,
    _ events: Mailbox<EngineEvent>
  ) throws(FormatError) -> SerialWorker {
    let bus = running.settings.buses[place]
    let sensors = running.serialSensors(ofBus: place)
    let port = PortSettings(line, lines)
    let machine = try SerialBusMachine(
      sensors: sensors, line: SerialLineTraits(bus, lines, port), now: SystemClock.monotonic())
    let waker = PortWaker()
    return SerialWorker(
      index: running.busHandles[place], name: bus.name, machine: machine, devices: sensors.map(\.device),
      events: events, waker: waker
    ) { SerialBus(port, name: bus.name, waker: waker) }
  }

  static func devices(_ running: RunningConfiguration, ofBus place: Int) -> [BusWorker.NamedDevice] {
    running.polledDevices(ofBus: place).map { polled in
      let place = running.device(polled.device)
      return .init(name: place.map { running.settings.devices[$0].name } ?? "", polled: polled)
    }
  }

  static func makeBus(_ bus: BusSettings) -> BusWorker.MakeBus {
    {
      ModbusBus(
        endpoint: bus.endpoint, timeout: bus.timeout, silence: bus.pacing.silence, direction: bus.direction,
        name: bus.name)
    }
  }
}

/// The connection to the broker, and the gate that its news go through.
struct BrokerLink {
  var connection: MQTTConnection
  var gate: NewsGate
}
