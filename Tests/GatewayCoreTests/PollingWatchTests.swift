import GatewayCore
import Telemetry
import Testing

@Suite("Devices that are watched closely")
struct PollingWatchTests {
  private static func device(_ handle: Int, every: Duration = .seconds(1), continuous: Bool = false) -> PolledDevice {
    PolledDevice(
      device: handle, unit: UInt8(handle), pace: PollPace(interval: every, isContinuous: continuous),
      points: [RegisterPoint(table: .holdingRegister, address: 0, type: .uint16)])
  }

  /// Times of the scans of each device until `end`, in nanoseconds.
  private static func starts(_ run: inout PollingRun, until end: MonotonicTime) -> [Int: [Int64]] {
    var starts: [Int: [Int64]] = [:]
    var isRead = true
    while run.now < end {
      switch run.step() {
      case .open: run.poller.opened(.success(()), now: run.now)
      case .read: run.poller.answered(.success([7]), now: run.now)
      case .deliver(let scan, let started): starts[scan.device, default: []].append(started.nanoseconds)
      case .wait(let until): run.now = min(until, end)
      default: isRead = false
      }
    }
    #expect(isRead, "nobody asked for a job")
    return starts
  }

  private static func steps(_ times: [Int64]?) -> Set<Int64> {
    let times = times ?? []
    return Set(zip(times, times.dropFirst()).map { ($1 - $0) / 1_000_000 })
  }

  @Test("One that is watched is scanned at that interval, others at their own; afterwards it is on its grid")
  func interval() {
    var run = PollingRun([Self.device(1), Self.device(2)])
    let before = Self.starts(&run, until: run.now + .seconds(5))
    run.watch([1: .milliseconds(200)])
    let during = Self.starts(&run, until: run.now + .seconds(5))
    #expect(Self.steps(during[1]) == [200] && during[1]?.count ?? 0 >= 24)
    #expect(Self.steps(during[2]) == [1_000])
    #expect(run.poller.health(of: 1).watchedInterval == .milliseconds(200))
    #expect(run.poller.health(of: 2).watchedInterval == nil)
    run.watch([:])
    let after = Self.starts(&run, until: run.now + .seconds(5))
    #expect(run.poller.health(of: 1).watchedInterval == nil)
    for device in [1, 2] {
      #expect(Self.steps((before[device] ?? []) + (after[device] ?? [])).isSubset(of: [1_000, 6_000]))
    }
    #expect(run.poller.statistics.scansSkipped == 0 && run.poller.statistics.scansLate == 0)
  }

  @Test(
    "What is no shorter than the device's own interval changes nothing, nor what is asked of a continuous device",
    arguments: [
      (Duration.seconds(1), false), (.seconds(3), false), (.milliseconds(1), true),
    ])
  func nothing(every: Duration, isContinuous: Bool) {
    let devices = [Self.device(1, continuous: isContinuous)]
    var plain = PollingRun(devices)
    var watched = PollingRun(devices)
    watched.watch([1: every, 9: every])
    #expect(
      Self.starts(&plain, until: plain.now + .seconds(5)) == Self.starts(&watched, until: watched.now + .seconds(5)))
    #expect(watched.poller.health(of: 1).watchedInterval == nil)
  }

  @Test("Watched devices together are held at half of what the bus can do")
  func floor() throws {
    var run = PollingRun((1...3).map { Self.device($0) })
    run.watch([1: .nanoseconds(1), 2: .nanoseconds(1), 3: .milliseconds(900)])
    let time = try #require(run.poller.readPlans.first).time
    let interval = try #require(run.poller.health(of: 1).watchedInterval)
    #expect(interval == time * 6 && run.poller.health(of: 2).watchedInterval == interval)
    #expect(run.poller.health(of: 3).watchedInterval == .milliseconds(900))
  }

  @Test("However often watches come and go, no device leaves its own grid", arguments: 1...50 as ClosedRange<UInt64>)
  func randomly(seed: UInt64) {
    var random = PollingTestGenerator(seed: seed)
    let own: [Int64] = (0..<4).map { _ in Int64.random(in: 50...5_000, using: &random) }
    let devices = own.enumerated().map { Self.device($0 + 1, every: .milliseconds($1)) }
    var run = PollingRun(devices, seed: seed)
    let grid = Self.starts(&run, until: run.now + .seconds(11)).mapValues { $0[0] }
    for _ in 0..<20 {
      var watches: [Int: Duration] = [:]
      for device in 1...4 where Bool.random(using: &random) {
        watches[device] = .milliseconds(Int64.random(in: 20...5_000, using: &random))
      }
      run.watch(watches)
      let watched = Self.starts(&run, until: run.now + .milliseconds(Int64.random(in: 0...3_000, using: &random)))
      for (device, times) in watched {
        guard let every = run.poller.health(of: device).watchedInterval else { continue }
        #expect(Self.steps(times).isSubset(of: [every.wholeMilliseconds]), "seed \(seed), device \(device)")
      }
    }
    run.watch([:])
    let after = Self.starts(&run, until: run.now + .seconds(11))
    for (index, every) in own.enumerated() {
      let times = after[index + 1] ?? []
      #expect(Self.steps(times).isSubset(of: [every]) && times.count >= 2, "seed \(seed), device \(index + 1)")
      for time in times {
        #expect((time - (grid[index + 1] ?? 0)) / 1_000_000 % every == 0, "seed \(seed), device \(index + 1)")
      }
    }
    #expect(run.poller.statistics.scansSkipped == 0 && run.poller.statistics.scansLate == 0)
  }
}

extension PollingRun {
  /// Every device that is named is watched, and no other.
  fileprivate mutating func watch(_ intervals: [Int: Duration]) {
    for device in poller.devices.map(\.device) {
      poller.watchClosely(device: device, every: intervals[device], now: now)
    }
  }
}
