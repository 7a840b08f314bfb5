import Foundation
import GatewayCore
import Telemetry
import Testing

/// Live devices beside dead ones, under virtual time, from a seed. A failing run prints its seed; replay it alone with
/// `POLLING_SEED=… swift test --filter PollingDeadlineTests`.
///
/// The bound: a live device starts each scan at the latest one round after it was due, plus two questions in vain, plus one
/// request that is under way, plus one question in vain for each device that stopped answering meanwhile. A round is one scan of every device that answers.
@Suite("Deadlines of live devices")
struct PollingDeadlineTests {
  static var seeds: [UInt64] {
    if let text = ProcessInfo.processInfo.environment["POLLING_SEED"], let seed = UInt64(text) { return [seed] }
    return Array(0..<100)
  }

  /// A bus with live, dead, sleeping and waking devices, on which the live ones need at most half of the time.
  private struct Bus {
    var devices: [PolledDevice] = []
    /// Units that answer; the others are dead at times.
    var live: Set<UInt8> = []
    var answerTime = Duration.zero
    var timeout = Duration.zero
    var round: Duration { answerTime * devices.count }
    var bound: Duration { round + timeout * 2 + answerTime }

    init(using generator: inout PollingTestGenerator) {
      answerTime = .milliseconds(Int.random(in: 5...60, using: &generator))
      timeout = .milliseconds(Int.random(in: 100...1_000, using: &generator))
      let count = Int.random(in: 2...20, using: &generator)
      let dead = Int.random(in: 1..<count, using: &generator)
      for index in 0..<count {
        if index >= dead { live.insert(UInt8(index + 1)) }
        // The live ones keep the bus busy for half of the time at most, and have time for the bound.
        let least = answerTime * count * 2 + timeout * 4
        let interval = least * Int.random(in: 1...6, using: &generator)
        devices.append(
          PolledDevice(
            device: index, unit: UInt8(index + 1), pace: PollPace(interval: interval),
            points: [RegisterPoint(table: .holdingRegister, address: 0, type: .uint16)],
            retries: Int.random(in: 0...1, using: &generator)))
      }
    }
  }

  @Test("a live device is never later than its bound, whatever the dead ones do", arguments: seeds)
  func run(seed: UInt64) {
    var generator = PollingTestGenerator(seed: seed)
    let bus = Bus(using: &generator)
    let origin = MonotonicTime(nanoseconds: 1_000_000_000)
    var now = origin
    var poller = BusPoller(devices: bus.devices, seed: seed, now: now)
    var dueTimes = Self.firstDues(bus, seed: seed, origin: origin)
    var wakesAt: [UInt8: MonotonicTime] = [:]
    var failing: Set<UInt8> = []
    var deaths: [MonotonicTime] = []
    while now < origin + .seconds(600) {
      switch poller.next(now: now, wall: Timestamp(milliseconds: 0)) {
      case .open: poller.opened(.success(()), now: now)
      case .read(let request):
        if bus.live.contains(request.unit) {
          now = now + bus.answerTime
          poller.answered(.success([1]), now: now)
        } else if let end = wakesAt[request.unit], end > now {
          // Awake for a while.
          failing.remove(request.unit)
          now = now + bus.answerTime
          poller.answered(.success([1]), now: now)
        } else {
          if failing.insert(request.unit).inserted { deaths.append(now) }
          now = now + bus.timeout
          if generator.chance(12) { wakesAt[request.unit] = now + .seconds(Int.random(in: 1...60, using: &generator)) }
          poller.answered(.failure(FieldBusError(.timeout, "dead")), now: now)
        }
      case .deliver(let scan, let started):
        let interval = bus.devices[scan.device].pace.interval
        guard bus.live.contains(bus.devices[scan.device].unit) else { continue }
        #expect(scan.readings[0].quality == .good)
        let late = started - dueTimes[scan.device]
        let due = dueTimes[scan.device]
        // A question to a device that has just died is repeated, so it may take two time-outs.
        let died = deaths.count { $0 + bus.timeout * 2 > due && $0 < started }
        #expect(late >= .zero, "seed \(seed): too early by \(late)")
        #expect(
          late <= bus.bound + bus.timeout * 2 * died,
          "seed \(seed), \(started - origin): late by \(late), the bound is \(bus.bound), \(died) died")
        dueTimes[scan.device] = due + interval * Int(late / interval + 1)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): now = until
      }
    }
    #expect(poller.statistics.scansNotAsked > 0)
  }

  private static func firstDues(_ bus: Bus, seed: UInt64, origin: MonotonicTime) -> [MonotonicTime] {
    var twin = PollSchedule(paces: bus.devices.map(\.pace), seed: seed, now: origin)
    var first: [Int: MonotonicTime] = [:]
    while first.count < bus.devices.count, let start = twin.start(now: twin.nextDue) {
      first[start.index] = first[start.index] ?? start.due
    }
    return bus.devices.indices.map { first[$0] ?? .never }
  }
}
