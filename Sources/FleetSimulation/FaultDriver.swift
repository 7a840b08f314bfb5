import GatewayCore
import GatewayRuntime
import SimulatedDisk
import Telemetry

/// Lets the faults of a scenario happen: every few seconds of virtual time it throws the dice for each.
final class FaultDriver {
  private let scenario: Scenario
  private let time: VirtualTime
  private let history: History
  private let world: SimulatedWorld
  private var random: SeededRandom
  /// People have dice of their own, so that what they do leaves the faults of a seed as they were.
  private var people: SeededRandom
  private var isOver = false
  private var gatewaySnapshot: (gateway: SimulatedGateway, disk: SimulatedDisk.Snapshot, at: MonotonicTime)?
  private var centralSnapshot: SimulatedDisk.Snapshot?

  init(_ world: SimulatedWorld, seed: UInt64) {
    self.world = world
    scenario = world.scenario
    time = world.time
    history = world.history
    random = SeededRandom(seed: seed)
    people = SeededRandom(seed: seed ^ 0x5ead_0f0f)
  }

  func start() {
    time.after(.seconds(5)) { [self] in tick() }
    if people.chance(600) { time.after(.seconds(7)) { [self] in attend() } }
  }

  func stop() { isOver = true }

  private func tick() {
    guard !isOver else { return }
    for fault in Scenario.Fault.allCases {
      guard let rate = scenario.rates[fault], random.chance(rate) else { continue }
      if happen(fault) { history.count(fault) }
    }
    time.after(random.seconds(2...8)) { [self] in tick() }
  }

  /// Somebody looks at a gateway's alarms and does something about one.
  private func attend() {
    guard !isOver else { return }
    if let gateway = world.gateways.randomElement(using: &people), gateway.isRunning {
      let alarm = "high_\(Int.random(in: 1...2, using: &people))"
      let requests = [
        "\"acknowledge\",\"all\":true", "\"acknowledge\",\"alarm\":\"\(alarm)\",\"comment\":\"seen\"",
        "\"shelve\",\"alarm\":\"\(alarm)\",\"for\":\(Int.random(in: 5...120, using: &people))",
        "\"unshelve\",\"alarm\":\"\(alarm)\"", "\"comment\",\"alarm\":\"\(alarm)\",\"comment\":\"look here\"",
      ]
      let request = requests.randomElement(using: &people) ?? ""
      history.note("\(time.now.nanoseconds / 1_000_000) \(gateway.series) somebody asks to \(request)")
      gateway.engine?.take(.request(client: 1, Array("{\"request\":\(request)}".utf8)))
      for question in ["status", "outbox"] {
        gateway.engine?.take(.request(client: 2, Array("{\"request\":\"\(question)\"}".utf8)))
      }
      gateway.turn()
    }
    time.after(people.seconds(2...20)) { [self] in attend() }
  }

  private func happen(_ fault: Scenario.Fault) -> Bool {
    guard let gateway = world.gateways.randomElement(using: &random) else { return false }
    history.note("\(time.now.nanoseconds / 1_000_000) \(gateway.series) \(fault.rawValue)")
    switch fault {
    case .gatewayKill, .gatewayPowerCut:
      guard gateway.isRunning else { return false }
      if random.chance(500) {
        // At some disk operation from now on; the kind of end is drawn then.
        gateway.disk.stop(afterOperations: Int.random(in: 0...60, using: &random))
      } else {
        gateway.crash(isPowerCut: fault == .gatewayPowerCut)
        gateway.restart()
      }
    case .gatewayDiskError:
      guard let kind = failDisk(gateway.disk, [.write, .read, .open, .truncate], random.seconds(1...60)) else { break }
      if kind == .read { history.hadReadErrors.insert(gateway.series) }
    case .gatewaySyncError: failDisk(gateway.disk, [.sync], random.seconds(1...30))
    case .gatewayDiskFull: fill(gateway.disk)
    case .gatewayDamage, .liveDamage: return damage(gateway, isInUse: fault == .liveDamage)
    case .centralKill, .centralPowerCut:
      guard world.central.isRunning else { return false }
      world.central.stop(isPowerCut: fault == .centralPowerCut)
      time.after(random.seconds(1...60)) { [self] in if !world.central.isRunning { world.central.start() } }
    case .centralDiskError: failDisk(world.central.disk, [.write, .sync, .read], random.seconds(1...20))
    case .linkOutage: return cutLink(of: gateway, for: random.seconds(10...240))
    case .smallCapacity, .shortKeep:
      // It is counted when the store gives something up, which needs a long time without central.
      _ = cutLink(of: gateway, for: random.seconds(60...240))
      return false
    case .smallMemory:
      // It is counted when something is dropped.
      let length = random.seconds(20...240)
      guard gateway.disk.failureCount < SimulatedDisk.maximumFailures else { return false }
      gateway.disk.fail(.init(.sync, nth: 1, isForEver: true, code: .inputOutput))
      time.after(length) { gateway.disk.clearFailures() }
      return false
    case .slowOpening:
      guard gateway.isRunning else { return false }
      // It is counted when the store is opened again.
      gateway.crash(isPowerCut: false)
      gateway.restart()
      return false
    case .clockStep:
      gateway.clock.offset = random.chance(300) ? .zero : random.seconds(-900...900)
    case .busFault: silence(gateway)
    case .brokerAway:
      gateway.broker.isAway.toggle()
      gateway.engine?.take(.broker(gateway.broker.isAway ? .disconnected("away") : .connected))
    case .reload: return gateway.reload()
    case .restoredGateway: return restore(gateway)
    case .restoredCentral: return restoreCentral()
    case .clonedGateway: return world.clone(gateway, using: &random)
    case .noClock, .linkLoss, .answerLoss, .duplicateRequest, .slowAnswer, .cutRequest: return false
    }
    return true
  }

  private func cutLink(of gateway: SimulatedGateway, for length: Duration) -> Bool {
    guard world.link.cut.insert(gateway.name).inserted else { return false }
    time.after(length) { [self] in world.link.cut.remove(gateway.name) }
    return true
  }

  /// - Returns: the kind of calls that fail.
  @discardableResult
  private func failDisk(
    _ disk: SimulatedDisk, _ kinds: [SimulatedDisk.Operation], _ length: Duration
  ) -> SimulatedDisk.Operation? {
    guard disk.failureCount < SimulatedDisk.maximumFailures else { return nil }
    let isForEver = random.chance(400)
    let kind = kinds.randomElement(using: &random)
    disk.fail(
      .init(
        kind, nth: Int.random(in: 1...30, using: &random), isForEver: isForEver,
        code: random.chance(200) ? .full : .inputOutput))
    time.after(length) { disk.clearFailures() }
    return kind
  }

  private func fill(_ disk: SimulatedDisk) {
    disk.capacityBytes = disk.usedBytes + Int.random(in: 0...60_000, using: &random)
    time.after(random.seconds(5...90)) { disk.capacityBytes = nil }
  }

  private func silence(_ gateway: SimulatedGateway) {
    guard random.chance(700) else {
      gateway.isBusDown = true
      return time.after(random.seconds(5...60)) { gateway.isBusDown = false }
    }
    guard let device = gateway.devices.randomElement(using: &random) else { return }
    device.isSilent = true
    time.after(random.seconds(3...60)) { device.isSilent = false }
  }

  /// A page goes bad.
  private func damage(_ gateway: SimulatedGateway, isInUse: Bool) -> Bool {
    let path = "/outbox/outbox.db"
    guard let size = gateway.disk.bytes(of: path)?.count, size > 8_192 else { return false }
    if gateway.isRunning, !isInUse {
      gateway.crash(isPowerCut: false)
      gateway.restart()
    }
    let page = Int.random(in: 0..<size / 4_096, using: &random)
    for _ in 0..<Int.random(in: 1...200, using: &random) {
      _ = gateway.disk.corrupt(
        path: path, offset: page * 4_096 + Int.random(in: 0..<4_096, using: &random),
        mask: UInt8.random(in: 1...255, using: &random))
    }
    history.damagedAt[gateway.series] = time.now
    history.injuries[gateway.series, default: 0] += 1
    return true
  }

  /// The first time a backup is made, the second time it is put back.
  private func restore(_ gateway: SimulatedGateway) -> Bool {
    guard let backup = gatewaySnapshot else {
      gatewaySnapshot = (gateway, gateway.disk.snapshot(), time.now)
      return false
    }
    gatewaySnapshot = nil
    backup.gateway.crash(isPowerCut: true)
    backup.gateway.disk.restore(backup.disk)
    // A restored file has another inode; a restored disk image has not.
    if random.chance(500) { backup.gateway.files.identityMark += "'" }
    history.rollbacks[backup.gateway.series, default: []].append((backup.at, time.now))
    backup.gateway.restart()
    return true
  }

  private func restoreCentral() -> Bool {
    guard let backup = centralSnapshot else {
      centralSnapshot = world.central.disk.snapshot()
      return false
    }
    centralSnapshot = nil
    world.central.stop(isPowerCut: true)
    world.central.disk.restore(backup)
    history.centralRestored = true
    time.after(random.seconds(1...20)) { [self] in if !world.central.isRunning { world.central.start() } }
    return true
  }
}
