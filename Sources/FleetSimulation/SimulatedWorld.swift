import GatewayRuntime
import SimulatedDisk
import Telemetry

/// Everything of one run.
final class SimulatedWorld {
  let scenario: Scenario
  let time = VirtualTime()
  let history: History
  let central: SimulatedCentral
  let link: SimulatedLink
  private(set) var gateways: [SimulatedGateway] = []
  private let bugs: PlantedBugs
  private var random: SeededRandom

  init(_ scenario: Scenario, bugs: PlantedBugs, isTracing: Bool) {
    self.scenario = scenario
    history = History(isTracing: isTracing)
    self.bugs = bugs
    random = SeededRandom(seed: scenario.seed &+ 0x5eed)
    central = SimulatedCentral(seed: random.next(), time: time, history: history, bugs: bugs)
    link = SimulatedLink(seed: random.next(), scenario: scenario, time: time, history: history, central: central)
    for index in 0..<scenario.gateways {
      let name = "g\(index + 1)"
      gateways.append(
        SimulatedGateway(
          name: name, series: name, disk: SimulatedDisk(seed: random.next()), scenario: scenario, seed: random.next(),
          time: time, history: history, bugs: bugs, link: link))
    }
  }

  /// A second gateway with the same certificate and a copy of the store, as from a copied SD card.
  func clone(_ original: SimulatedGateway, using random: inout SeededRandom) -> Bool {
    guard !history.cloned.contains(original.name), gateways.count < 10 else { return false }
    history.cloned.insert(original.name)
    original.crash(isPowerCut: true)
    let copy = SimulatedGateway(
      name: original.name, series: original.series + "b",
      disk: SimulatedDisk(copyOf: original.disk, seed: random.next()),
      scenario: scenario, seed: random.next(), time: time, history: history, bugs: bugs, link: link)
    // Damage is copied with the store.
    history.damagedAt[copy.series] = history.damagedAt[original.series]
    gateways.append(copy)
    original.restart()
    copy.restart()
    return true
  }

  /// Runs the scenario, lets all faults end, waits until everything has arrived, and judges.
  func run() {
    for gateway in gateways {
      if scenario.has(.noClock) { gateway.loseClock(for: random.seconds(20...200)) }
      time.after(random.milliseconds(0...5_000)) { gateway.start() }
    }
    let faults = FaultDriver(self, seed: random.next())
    faults.start()
    let end = time.now + scenario.length
    while time.now < end, history.anomalies.count < 20 { time.run(until: min(end, time.now + .seconds(60))) }
    faults.stop()
    heal()
    let limit = time.now + .seconds(3_600)
    // First everything must run again, then the buses stop, then all of it must arrive.
    time.run(until: time.now + .seconds(30))
    for gateway in gateways { gateway.isPolling = false }
    while time.now < limit, !gateways.allSatisfy(\.isDrained) {
      time.run(until: time.now + .seconds(5))
    }
    central.finish()
    Checker(Evidence(self), history).judge()
    takeApart()
  }

  /// What is still to happen keeps everything alive that it would happen to: thousands of worlds run in one process.
  private func takeApart() {
    time.forget()
    for gateway in gateways { gateway.takeApart() }
  }

  private func heal() {
    link.hasFaults = false
    link.cut.removeAll()
    for disk in gateways.map(\.disk) + [central.disk] {
      disk.clearFailures()
      disk.capacityBytes = nil
      disk.stop(afterOperations: nil)
    }
    if !central.isRunning { central.start() }
    for gateway in gateways {
      gateway.clock.heal()
      gateway.isBusDown = false
      for device in gateway.devices { device.isSilent = false }
      if !gateway.isRunning { gateway.restart() }
    }
  }
}
