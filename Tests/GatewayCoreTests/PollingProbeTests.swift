import Foundation
import GatewayCore
import Telemetry
import Testing

/// A technician's questions in the gaps of the schedule, under virtual time, from a seed. A failing run prints its seed;
/// replay it alone with `POLLING_SEED=… swift test --filter PollingProbeTests`.
@Suite("Probes between the polls")
struct PollingProbeTests {
  static var seeds: [UInt64] {
    if let text = ProcessInfo.processInfo.environment["POLLING_SEED"], let seed = UInt64(text) { return [seed] }
    return Array(0..<60)
  }

  /// A line as the adapter keeps it, on which few answer probes: each question takes as long as it can.
  private struct Line {
    var character: Duration
    var silence: Duration
    var timeout: Duration
    var generator: PollingTestGenerator
    /// Units whose last question was not answered, and how many times in a row.
    var owing: [UInt8: Int] = [:]

    /// Silence, request and longest reply on the wire, the time-out, and listening until the line is quiet.
    private func longest(_ dataBytes: Int) -> Duration {
      silence + character * (8 + 5 + dataBytes) + timeout + max(.milliseconds(20), silence)
    }

    mutating func ask(_ request: RawRequest) -> (time: Duration, result: Result<[UInt8], FieldBusError>) {
      let failures = owing[request.unit, default: 0]
      // The fence is longer with each reply that is owed.
      let fence = failures == 0 ? Duration.zero : longest(2 + failures * 2)
      guard generator.chance(4) else {
        owing[request.unit] = min(failures + 1, 16)
        return (failures == 0 ? longest(2) : fence, .failure(FieldBusError(.timeout, "nobody")))
      }
      // It answers in the last moment, and the fence before it, too.
      owing[request.unit] = nil
      return (fence + longest(2), .success([3, 2, 0, 1]))
    }
  }

  /// A bus with some devices, and starts of scans in the order in which they came.
  private struct Run {
    var starts: [String] = []
    var asked = 0
    var reported = 0
    var answered = 0

    init(seed: UInt64, probing: Bool) {
      var generator = PollingTestGenerator(seed: seed)
      let baud = [1_200, 9_600, 19_200, 115_200].randomElement(using: &generator)!
      let costs = LineCosts.serial(baud: baud, bits: 11)
      var line = Line(
        character: .nanoseconds(11_000_000_000 / baud), silence: costs.silence,
        timeout: .milliseconds(Int.random(in: 20...300, using: &generator)),
        generator: PollingTestGenerator(seed: ~seed))
      let devices = (0..<Int.random(in: 1...5, using: &generator)).map { index in
        PolledDevice(
          device: index, unit: UInt8(index + 1),
          pace: PollPace(interval: .milliseconds(Int.random(in: 1_000...6_000, using: &generator))),
          points: [PollingBusPollerTests.register(0)], rules: ReadRules(costs: costs))
      }
      var now = MonotonicTime(nanoseconds: 1_000_000_000)
      let end = now + .seconds(120)
      var poller = BusPoller(devices: devices, seed: seed, now: now)
      var number = 0
      while now < end {
        if probing, number - reported < 2 {
          number += 1
          let unit = UInt8(100 + number % 11)
          let request = RawRequest(unit: unit, bytes: [3, 0, 0, 0, 1])!
          poller.submit(
            BusJob(number: number, work: .probe(request, timeout: line.timeout), deadline: now + .seconds(30)))
        }
        switch poller.next(now: now, wall: Timestamp(milliseconds: 0)) {
        case .open: poller.opened(.success(()), now: now)
        case .read:
          now = now + .milliseconds(20)
          poller.answered(.success([1]), now: now)
        case .deliver(let scan, let started): starts.append("\(scan.device) \(started.nanoseconds)")
        case .ask(let request, _):
          asked += 1
          let (time, result) = line.ask(request)
          if case .success = result { answered += 1 }
          now = now + time
          poller.replied(result, now: now)
        case .report: reported += 1
        case .jobRead, .write: Issue.record("nobody asked for that")
        case .wait(let until): now = min(until, end)
        }
      }
    }
  }

  @Test("no scan starts a moment later because of a probe, however long that takes", arguments: seeds)
  func undisturbed(seed: UInt64) {
    let alone = Run(seed: seed, probing: false)
    let probed = Run(seed: seed, probing: true)
    #expect(probed.starts == alone.starts, "seed \(seed)")
  }

  @Test("probes do get their turn, and some are answered")
  func reached() {
    let runs = Self.seeds.map { Run(seed: $0, probing: true) }
    #expect(runs.reduce(0) { $0 + $1.asked } > 0)
    #expect(runs.reduce(0) { $0 + $1.answered } > 0 || runs.count == 1)
  }
}
