import GatewayCore
import Telemetry
import Testing

@Suite("A poller that is given other devices")
struct PollingReconfigureTests {
  private static func device(_ handle: Int, every milliseconds: Int64 = 1_000, unit: UInt8? = nil) -> PolledDevice {
    PolledDevice(
      device: handle, unit: unit ?? UInt8(handle), scanInterval: .milliseconds(milliseconds),
      points: [RegisterPoint(table: .holdingRegister, address: 0, type: .uint16)])
  }

  @Test("Goes on with an unchanged device on its grid, with its health, and without opening the line")
  func unchanged() throws {
    var run = PollingRun([Self.device(1), Self.device(2)])
    var starts: [Int: MonotonicTime] = [:]
    for _ in 0..<4 { if let scan = run.scan(answers: [.success([7])]) { starts[scan.device] = run.now } }
    let health = run.poller.health(of: 1)
    run.poller.reconfigure(devices: [Self.device(3), Self.device(1)], seed: 9, now: run.now)
    #expect(run.poller.health(of: 1) == health && health.lastGood != nil)
    #expect(run.poller.health(of: 2) == DeviceHealth() && run.poller.health(of: 3) == DeviceHealth())
    var devices: Set<Int> = []
    for _ in 0..<6 {
      let next = run.scan(answers: [.success([8])])
      let scan = try #require(next)
      devices.insert(scan.device)
      if scan.device == 1 { #expect((run.now - starts[1]!).wholeMilliseconds % 1_000 == 0) }
    }
    #expect(devices == [1, 3])
    #expect(run.poller.statistics.reconnects == 0 && run.poller.statistics.isBusUp)
  }

  @Test("A device that is watched closely stays so, on its grid or on a new one, until it is told otherwise")
  func closeWatch() throws {
    var run = PollingRun([Self.device(1)])
    _ = run.scan(answers: [.success([7])])
    run.poller.watchClosely(device: 1, every: .milliseconds(100), now: run.now)
    run.poller.watchClosely(device: 4, every: .milliseconds(100), now: run.now)
    for devices in [[Self.device(1)], [Self.device(1, every: 2_000)], [Self.device(1, every: 2_000)]] {
      let begin = run.now
      for _ in 0..<10 { _ = run.scan(answers: [.success([7])]) }
      #expect((run.now - begin).wholeMilliseconds <= 1_000)
      run.poller.reconfigure(devices: devices, seed: 9, now: run.now)
    }
    run.poller.watchClosely(device: 1, every: nil, now: run.now)
    _ = run.scan(answers: [.success([7])])
    let begin = run.now
    for _ in 0..<10 { _ = run.scan(answers: [.success([7])]) }
    #expect((run.now - begin).wholeMilliseconds == 20_000)
  }

  @Test("A late result for a device that is gone is ignored, whatever comes next")
  func lateResult() throws {
    var run = PollingRun([Self.device(1)])
    while true {
      let action = run.step()
      if case .open = action { run.poller.opened(.success(()), now: run.now) }
      if case .wait(let until) = action { run.now = until }
      if case .read = action { break }
    }
    run.poller.reconfigure(devices: [Self.device(2, unit: 1)], seed: 9, now: run.now)
    run.poller.answered(.success([666]), now: run.now)
    let next = run.scan(answers: [.success([7])])
    let scan = try #require(next)
    #expect(scan.device == 2 && scan.readings == [Reading(.integer(7))])
    #expect(run.poller.statistics.scansSkipped == 1)
  }

  @Test("The scan under way of a device that stays is finished under its handle, wherever it stands now")
  func scanUnderWay() throws {
    var run = PollingRun([Self.device(1), Self.device(2)])
    var reading: UInt8?
    while reading == nil {
      let action = run.step()
      if case .open = action { run.poller.opened(.success(()), now: run.now) }
      if case .wait(let until) = action { run.now = until }
      if case .read(let request) = action { reading = request.unit }
    }
    let device = Int(try #require(reading))
    run.poller.reconfigure(
      devices: [Self.device(5), Self.device(6), Self.device(device, every: 300)], seed: 9, now: run.now)
    run.poller.answered(.success([7]), now: run.now)
    guard case .deliver(let scan, _) = run.step() else {
      Issue.record("the scan was lost")
      return
    }
    #expect(scan.device == device && scan.readings == [Reading(.integer(7))])
  }

  @Test("Another line is opened at once, and keeps what is known of the devices")
  func anotherLine() throws {
    var run = PollingRun([Self.device(1)])
    _ = run.scan(answers: [.success([7])])
    let health = run.poller.health(of: 1)
    run.poller.lineChanged(now: run.now)
    #expect(run.poller.health(of: 1) == health && !run.poller.statistics.isBusUp)
    let action = run.step()
    #expect(action == .open)
  }

  @Test("No devices at all: the poller waits, and starts again when there are some")
  func none() throws {
    var run = PollingRun([Self.device(1)])
    _ = run.scan(answers: [.success([7])])
    run.poller.reconfigure(devices: [], seed: 9, now: run.now)
    let action = run.step()
    #expect(action == .wait(until: .never))
    run.poller.reconfigure(devices: [Self.device(2)], seed: 9, now: run.now)
    let scan = run.scan(answers: [.success([7])])
    #expect(scan?.device == 2)
  }

  /// Two devices stay through everything; others come, go and change their pace at random moments, also between a request and
  /// its answer.
  @Test("Unchanged devices miss no scan and keep their grid over many reloads", arguments: 0..<40 as Range<UInt64>)
  func simulation(seed: UInt64) {
    var random = PollingTestGenerator(seed: seed)
    let kept = [Self.device(1, every: 500), Self.device(2, every: 2_000)]
    var others: [PolledDevice] = []
    var nextHandle = 3
    var run = PollingRun(kept, seed: seed)
    var starts: [Int: [MonotonicTime]] = [:]
    let begin = run.now
    while run.now - begin < .seconds(120) {
      if random.chance(60) {
        if random.chance(2), others.count < 6 {
          others.append(Self.device(nextHandle, every: [300, 1_000, 5_000].randomElement(using: &random)!))
          nextHandle += 1
        } else if let index = others.indices.randomElement(using: &random) {
          if random.chance(2) {
            others.remove(at: index)
          } else {
            others[index].pace = PollPace(interval: .milliseconds(700))
          }
        }
        run.poller.reconfigure(devices: (kept + others).shuffled(using: &random), seed: random.next(), now: run.now)
      }
      switch run.step() {
      case .open: run.poller.opened(.success(()), now: run.now)
      case .read(let request):
        // The order to go on with others may come while the answer is awaited.
        if random.chance(30), !others.isEmpty {
          others.removeFirst()
          run.poller.reconfigure(devices: others + kept, seed: random.next(), now: run.now)
        }
        run.now = run.now + .milliseconds(3)
        run.poller.answered(.success([UInt16(request.unit)]), now: run.now)
      case .deliver(let scan, let started):
        #expect(scan.readings == [Reading(.integer(Int64(scan.device)))], "seed \(seed)")
        #expect((kept + others).contains { $0.device == scan.device }, "seed \(seed)")
        starts[scan.device, default: []].append(started)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    for device in kept {
      let times = starts[device.device] ?? []
      let interval = device.scanInterval.wholeMilliseconds
      #expect(Int64(times.count) >= 120_000 / interval - 5, "seed \(seed), device \(device.device)")
      for (before, after) in zip(times, times.dropFirst()) {
        // At most the scans of all other devices come before it.
        #expect(abs((after - before).wholeMilliseconds - interval) <= 40, "seed \(seed), device \(device.device)")
      }
    }
  }
}
