import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import HTTPClient
import MQTTBroker
import SerialSensors
import Synchronization
import Threads

/// Another configuration for the running parts (`docs/reload.md`). On the control thread only.
extension GatewayParts {
  /// Why nothing was changed, in one line.
  struct Refusal: Error, CustomStringConvertible { var description: String }

  /// What is left to do when the engine has switched and whoever asked has been answered.
  struct Rest {
    fileprivate var removed: [any BusThread] = []
    fileprivate var changed: [(worker: BusWorker, place: Int)] = []
    fileprivate var added: [(worker: any BusThread, place: Int)] = []
    fileprivate var broker: BrokerLink?
    fileprivate var central: CentralConnection?
  }

  /// Makes the new connections, lets the engine switch, and tells the buses whose line stays. Call ``finish(_:)`` afterwards.
  ///
  /// - Parameter isCredentialsChanged: the files of the certificates for central have other contents.
  func apply(_ settings: GatewaySettings, isCredentialsChanged: Bool) throws(Refusal) -> Rest {
    let old = running
    let next = old.followed(by: settings)
    var rest = Rest()
    var newWorkers: [any BusThread] = []
    var told: [(worker: BusWorker, place: Int)] = []
    for (place, bus) in next.settings.buses.enumerated() {
      guard let known = old.bus(next.busHandles[place]), !isReplaced(known, of: old, by: place, of: next) else {
        let worker: any BusThread
        do throws(FormatError) {
          worker = try Self.worker(next, place, events, learned)
        } catch {
          throw Refusal(description: "bus \(bus.name): \(error.message)")
        }
        rest.added.append((worker, place))
        newWorkers.append(worker)
        continue
      }
      newWorkers.append(workers[known])
      guard let worker = workers[known] as? BusWorker else { continue }
      if old.settings.buses[known] != bus {
        rest.changed.append((worker, place))
      } else if Self.devices(old, ofBus: known) != Self.devices(next, ofBus: place) {
        told.append((worker, place))
      }
    }
    rest.removed = workers.filter { old in !newWorkers.contains { $0 === old } }

    let oldBroker = broker.withLock { $0 }
    let (newBroker, newCentral) = try connections(old.settings, next.settings, isCredentialsChanged)
    let outcome = Mailbox<String?>(capacity: 1)
    events.send(
      .reconfigure(
        Reconfiguration(
          configuration: next, buses: newWorkers, broker: newBroker.map { $0?.connection },
          central: newCentral.map { $0 }
        ) { outcome.send($0) }), always: true)
    // Without a time-out: a reload whose outcome nobody knows would be worse, and the watchdog looks after the engine.
    if let refusal = outcome.receive(timeout: nil).first ?? nil {
      oldBroker?.gate.release()
      if case .replaced(let link?) = newBroker { link.connection.stop() }
      if case .replaced(let link?) = newCentral { link.stop() }
      throw Refusal(description: refusal)
    }
    running = next
    workers = newWorkers
    if old.settings.central != next.settings.central { identity.follow(next.settings.central) }
    for (worker, place) in told { worker.poll(Self.devices(next, ofBus: place)) }
    if case .replaced(let link) = newBroker {
      oldBroker?.gate.close()
      link?.gate.release()
      rest.broker = oldBroker
      broker.withLock { $0 = link }
    }
    if case .replaced(let link) = newCentral { (rest.central, central) = (central, link) }
    return rest
  }

  /// A bus of serial lines learns nothing that would be worth keeping: when something of it changes, a new one takes its place.
  private func isReplaced(
    _ known: Int, of old: RunningConfiguration, by place: Int, of next: RunningConfiguration
  ) -> Bool {
    let kinds = [old.settings.buses[known].kind, next.settings.buses[place].kind]
    guard kinds.contains(where: { if case .serialLines = $0 { true } else { false } }) else { return false }
    return old.settings.buses[known] != next.settings.buses[place]
      || old.serialSensors(ofBus: known) != next.serialSensors(ofBus: place)
  }

  /// Closes the lines that are gone or changed, then opens new ones: a port that moves from one bus to another is free by then.
  func finish(_ rest: Rest) {
    let ending = rest.removed + rest.changed.map { $0.worker as any BusThread }
    for worker in ending { worker.askToStop() }
    // They share no port with any other, so they need not wait for the request under way of a bus that ends.
    let isFree = { (place: Int) in if case .modbusTCP = self.running.settings.buses[place].kind { true } else { false }
    }
    for (worker, place) in rest.added where isFree(place) { worker.start() }
    retire(rest.broker, rest.central)
    for worker in ending { worker.join() }
    learned.keep(only: Set(running.settings.devices.map(\.name)))
    for (worker, place) in rest.changed {
      worker.restart(
        on: Self.makeBus(running.settings.buses[place]), devices: Self.devices(running, ofBus: place))
    }
    for (worker, place) in rest.added where !isFree(place) { worker.start() }
  }

  /// Goes on with the files that are in use now.
  func reconnectCentral() throws {
    let new = try Self.connectCentral(running.settings, events)
    let old = central
    central = new
    events.send(.centralReplaced(CentralReplacement(new)), always: true)
    retire(nil, old)
  }

  private func connections(
    _ old: GatewaySettings, _ new: GatewaySettings, _ isCredentialsChanged: Bool
  ) throws(Refusal) -> (Reconfiguration.Part<BrokerLink>, Reconfiguration.Part<CentralConnection>) {
    var newBroker = Reconfiguration.Part<BrokerLink>.kept
    let oldGate = broker.withLock { $0?.gate }
    do {
      if old.broker?.connectionSettings != new.broker?.connectionSettings {
        // Before the new connection is made: a broker that knows us already ends the old one for it.
        oldGate?.hold()
        newBroker = .replaced(try Self.connectBroker(new, version: version, events))
      }
      let isChanged = old.central?.connectionSettings != new.central?.connectionSettings
      guard isChanged || (new.central != nil && isCredentialsChanged) else { return (newBroker, .kept) }
      return (newBroker, .replaced(try Self.connectCentral(new, events)))
    } catch {
      oldGate?.release()
      if case .replaced(let link?) = newBroker { link.connection.stop() }
      throw Refusal(description: "\(error)")
    }
  }

  /// A thread of its own: a broker that does not answer holds its connection's thread for minutes.
  private func retire(_ broker: BrokerLink?, _ central: CentralConnection?) {
    guard broker != nil || central != nil else { return }
    let connection = broker?.connection
    let earlier = retirement
    retirement = NamedThread("retire") {
      earlier?.join()
      connection?.stop()
      central?.stop()
    }
  }
}

extension Reconfiguration.Part {
  fileprivate func map<Other>(_ body: (Connection?) -> Other?) -> Reconfiguration.Part<Other> {
    switch self {
    case .kept: .kept
    case .replaced(let connection): .replaced(body(connection))
    }
  }
}

extension BrokerSettings {
  /// What only another connection can change.
  fileprivate var connectionSettings: Self {
    var settings = self
    settings.messagesPerSecond = 0
    settings.publishing = PublishingSettings()
    return settings
  }
}

extension CentralSettings {
  /// What only another connection can change.
  fileprivate var connectionSettings: Self {
    var settings = self
    settings.batchInterval = .zero
    settings.offlineBatchInterval = .zero
    settings.quietHours = nil
    return settings
  }
}
