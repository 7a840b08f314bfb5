import Foundation
import GatewayCore
import Telemetry
import Testing

/// Whole buses under virtual time, from a seed. A failing run prints its seed; replay it alone with
/// `POLLING_SEED=… swift test --filter PollingSimulationTests`.
@Suite("Simulated buses")
struct PollingSimulationTests {
  static var seeds: [UInt64] {
    if let text = ProcessInfo.processInfo.environment["POLLING_SEED"], let seed = UInt64(text) { return [seed] }
    return Array(0..<60)
  }

  @Test("good readings are those of their own scan, and every due scan is delivered or counted", arguments: seeds)
  func run(seed: UInt64) {
    var simulation = PollingSimulation(seed: seed)
    simulation.run(for: .seconds(60))
    simulation.expectAllCounted()
  }

  @Test("the simulation reaches every kind of ending")
  func coverage() {
    var qualities: Set<Quality> = []
    var statistics = PollStatistics()
    for seed in Self.seeds {
      var simulation = PollingSimulation(seed: seed)
      simulation.run(for: .seconds(15))
      qualities.formUnion(simulation.seenQualities)
      statistics.scansSkipped += simulation.poller.statistics.scansSkipped
      statistics.scansLate += simulation.poller.statistics.scansLate
      statistics.scansNotAsked += simulation.poller.statistics.scansNotAsked
      statistics.reconnects += simulation.poller.statistics.reconnects
    }
    guard Self.seeds.count > 1 else { return }
    let reasons: [Quality.Reason] = [
      .timeout, .busDown, .checksum, .malformedReply, .undecodable, .inputOutput, .exception(4),
    ]
    #expect(qualities.isSuperset(of: [.good] + reasons.map { .bad($0) }))
    #expect(statistics.scansNotAsked > 0)
    #expect(statistics.scansSkipped > 0 && statistics.scansLate > 0 && statistics.reconnects > 0)
  }
}

/// One poller, one fake bus, and what the checks need to remember.
struct PollingSimulation {
  let seed: UInt64
  var poller: BusPoller
  var bus: PollingFakeBus
  var seenQualities: Set<Quality> = []
  private let devices: [PolledDevice]
  private var now: MonotonicTime
  private let origin: MonotonicTime
  /// What each tag of the device under scan must be: filled as the fake bus answers, emptied at each delivery.
  private var expected: [Int: Reading] = [:]
  private var readUnit: UInt8?
  private var isBroken = false
  /// When the delivered scans of each device started.
  private var started: [Int: [MonotonicTime]] = [:]
  private var calls: [MonotonicTime] = []

  init(seed: UInt64) {
    self.seed = seed
    var generator = PollingTestGenerator(seed: seed)
    origin = MonotonicTime(nanoseconds: .random(in: 0...1 << 50, using: &generator))
    now = origin
    bus = PollingFakeBus(generator: generator, trouble: [10, 40, 200, 100_000].randomElement(using: &generator)!)
    var tags: [UInt8: [PollingFakeBus.Tag]] = [:]
    var strictUnits: Set<UInt8> = []
    devices = (0..<Int.random(in: 1...12, using: &generator)).map { position in
      let unit = UInt8(position + 1)
      let points = Self.points(using: &generator)
      tags[unit] = points.map { PollingFakeBus.Tag(point: $0, value: nil) }
      if generator.chance(3) { strictUnits.insert(unit) }
      let interval = Duration.milliseconds(Int.random(in: 10...5_000, using: &generator))
      return PolledDevice(device: position * 3, unit: unit, scanInterval: interval, points: points)
    }
    bus.tags = tags
    bus.strictUnits = strictUnits
    poller = BusPoller(devices: devices, seed: seed, now: origin)
  }

  /// Points that do not overlap, in random order, with small and large gaps.
  private static func points(using generator: inout PollingTestGenerator) -> [RegisterPoint] {
    var next: [RegisterTable: Int] = [:]
    var points: [RegisterPoint] = []
    for _ in 0..<Int.random(in: 1...60, using: &generator) {
      let table = RegisterTable.allCases.randomElement(using: &generator)!
      let gap = generator.chance(3) ? Int.random(in: 0...100, using: &generator) : 0
      let address = next[table, default: 0] + gap
      let point = RegisterPoint(
        table: table, address: UInt16(address),
        type: table.isBits ? .bool : RegisterType.allCases.filter { $0 != .string }.randomElement(using: &generator)!,
        order: WordOrder.allCases.randomElement(using: &generator)!)
      next[table] = address + point.entryCount
      points.append(point)
    }
    return points.shuffled(using: &generator)
  }

  /// Ends between two scans, so that the counters are whole.
  mutating func run(for duration: Duration) {
    let end = origin + duration
    while !isBroken {
      // The wall clock counts calls, so that a scan's time tells exactly when it started.
      calls.append(now)
      switch poller.next(now: now, wall: Timestamp(milliseconds: Int64(calls.count - 1))) {
      case .open:
        check(!bus.isOpen, "an open bus was opened")
        poller.opened(bus.open(now: &now), now: now)
      case .read(let request):
        read(request)
      case .deliver(let scan, _):
        deliver(scan)
        if now >= end { return }
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until):
        if now >= end { return }
        check(until > now, "a wait that is over")
        now = until
      }
    }
  }

  private mutating func read(_ request: ReadRequest) {
    check(readUnit == nil || readUnit == request.unit, "two devices read within one scan")
    readUnit = request.unit
    let result = bus.read(request, now: &now)
    let first = Int(request.address)
    for (tag, held) in bus.tags[request.unit, default: []].enumerated() where held.point.table == request.table {
      let entries = Int(held.point.address)..<Int(held.point.address) + held.point.entryCount
      guard entries.clamped(to: first..<first + request.count) == entries else { continue }
      switch result {
      case .success(let reply) where reply.isEmpty: expected[tag] = .bad(.malformedReply)
      case .success: expected[tag] = held.value.map { Reading($0) } ?? .bad(.undecodable)
      // What was refused is asked for again in parts, and that may end in any other way.
      case .failure(let error):
        let isRefusal = error.reason == .exception(2) || error.reason == .exception(4)
        expected[tag] = isRefusal ? nil : .bad(error.reason)
      }
    }
    poller.answered(result, now: now)
  }

  private mutating func deliver(_ scan: DeviceScan) {
    guard let device = devices.first(where: { $0.device == scan.device }) else {
      return check(false, "a scan of device \(scan.device), which is not on this bus")
    }
    check(scan.readings.count == device.points.count, "\(scan.readings.count) readings")
    check(readUnit == nil || readUnit == device.unit, "replies of another unit delivered")
    for (tag, reading) in scan.readings.enumerated() {
      seenQualities.insert(reading.quality)
      if let held = expected[tag] {
        check(reading == held, "device \(scan.device) tag \(tag): \(reading) delivered, \(held) held")
      } else {
        let whenRead: [Quality] = [.bad(.busDown), .bad(.timeout), .bad(.exception(2)), .bad(.exception(4))]
        // What was not asked says what the device's last questions brought; a device of which nothing fits is given up.
        let unfit: [Quality] = [.bad(.checksum), .bad(.malformedReply)]
        let reasons = readUnit == nil ? [.bad(.busDown), .bad(.timeout)] + unfit : whenRead + unfit
        check(reasons.contains(reading.quality), "tag \(tag) was not read, but is \(reading.quality)")
      }
    }
    started[scan.device, default: []].append(calls[Int(scan.time.milliseconds)])
    expected = [:]
    readUnit = nil
  }

  /// Due scans = delivered + skipped, and each delivered one started in a slot of its device's grid of its own.
  func expectAllCounted() {
    var due = 0
    var late = 0
    for (position, first) in firstDues().enumerated() {
      let device = devices[position]
      let times = started[device.device, default: []]
      let slots = times.map { ($0 - first).wholeNanoseconds / device.scanInterval.wholeNanoseconds }
      #expect(times.allSatisfy { $0 >= first }, "seed \(seed): device \(device.device) was scanned too early")
      #expect(Set(slots).count == slots.count, "seed \(seed): device \(device.device) was scanned twice in a slot")
      #expect(slots == slots.sorted(), "seed \(seed): scans of device \(device.device) are out of order")
      due += slots.last.map { Int($0) + 1 } ?? 0
      late += zip(times, slots).filter { $0 - (first + device.scanInterval * Int($1)) > device.scanInterval / 10 }.count
    }
    let statistics = poller.statistics
    #expect(statistics.scansDelivered == started.values.reduce(0) { $0 + $1.count }, "seed \(seed)")
    #expect(statistics.scansDelivered + statistics.scansSkipped == due, "seed \(seed)")
    #expect(statistics.scansLate == late, "seed \(seed)")
  }

  /// The origin of each device's grid, from another schedule of the same seed that is never late.
  private func firstDues() -> [MonotonicTime] {
    var twin = PollSchedule(intervals: devices.map(\.scanInterval), seed: seed, now: origin)
    var first: [Int: MonotonicTime] = [:]
    while first.count < devices.count, let start = twin.start(now: twin.nextDue) {
      first[start.index] = first[start.index] ?? start.due
    }
    return devices.indices.map { first[$0] ?? .never }
  }

  private mutating func check(_ condition: Bool, _ message: String) {
    guard !condition else { return }
    isBroken = true
    Issue.record("seed \(seed), \((now - origin)): \(message)")
  }
}
