import GatewayCore
import Telemetry
import Testing

/// A device that does not have every register, asked until the poller knows it.
@Suite("Refused reads")
struct PollingRefusalTests {
  struct Device: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var points: [RegisterPoint]
    /// Holding registers that it has.
    var has: Set<Int>
    var exception: UInt8 = 2
    var mostRegisters = 125
    /// Addresses of the requests once everything is learned.
    var requests: [String]
    var refused: Set<Int> = []

    init(
      _ name: String, tags: [Int], has: [Int], exception: UInt8 = 2, mostRegisters: Int = 125, requests: [String],
      refused: Set<Int> = []
    ) {
      testDescription = name
      points = tags.map { PollingBusPollerTests.register(UInt16($0)) }
      self.has = Set(has)
      (self.exception, self.mostRegisters, self.requests, self.refused) = (exception, mostRegisters, requests, refused)
    }
  }

  static let devices: [Device] = [
    Device(
      "a gap that it does not have", tags: [0, 1, 2, 5, 6], has: [0, 1, 2, 5, 6], requests: ["0+3", "5+2"]),
    Device(
      "one gap of several", tags: [0, 3, 6, 9, 12, 15], has: Array(0..<20).filter { $0 != 7 },
      requests: ["0+7", "9+7"]),
    Device(
      "one register in the middle", tags: Array(0..<60), has: Array(0..<60).filter { $0 != 37 },
      requests: ["0+37", "38+22"], refused: [37]),
    Device("the first and the last", tags: Array(0..<60), has: Array(1..<59), requests: ["1+58"], refused: [0, 59]),
    Device(
      "device failure where a register is missing", tags: Array(0..<30), has: Array(0..<30).filter { $0 != 3 },
      exception: 4, requests: ["0+3", "4+26"], refused: [3]),
    Device(
      "illegal data value where a request is too long", tags: Array(0..<100), has: Array(0..<100), exception: 3,
      mostRegisters: 50, requests: ["0+50", "50+50"]),
    Device(
      "neighbours that are both missing", tags: Array(0..<16), has: [0, 1, 2] + Array(5..<16),
      requests: ["0+3", "5+11"], refused: [3, 4]),
  ]

  private func answer(_ request: ReadRequest, _ device: Device) -> Result<[UInt16], FieldBusError> {
    let wanted = Int(request.address)..<Int(request.address) + request.count
    guard request.count <= device.mostRegisters, wanted.allSatisfy(device.has.contains) else {
      return .failure(FieldBusError(.exception(device.exception), "refused"))
    }
    return .success(wanted.map { UInt16($0) })
  }

  /// One scan and the requests that it took.
  private func scan(_ run: inout PollingRun, _ device: Device) -> (DeviceScan, [ReadRequest])? {
    var requests: [ReadRequest] = []
    for _ in 0..<2_000 {
      switch run.step() {
      case .open: run.poller.opened(.success(()), now: run.now)
      case .read(let request):
        requests.append(request)
        run.now = run.now + .milliseconds(3)
        run.poller.answered(answer(request, device), now: run.now)
      case .deliver(let scan, _): return (scan, requests)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    return nil
  }

  private func run(_ device: Device, learned: [LearnedReads] = []) -> PollingRun {
    let polled = PolledDevice(
      device: 0, unit: 1, pace: PollPace(interval: .seconds(1)), points: device.points,
      rules: PollingReadPlanTests.line)
    return PollingRun([polled], learned: learned)
  }

  @Test("what a device refuses is found, and all else is good from the first scan on", arguments: devices)
  func finds(_ device: Device) throws {
    var run = run(device)
    for round in 0..<4 {
      let (scan, requests) = try #require(scan(&run, device))
      for (tag, reading) in scan.readings.enumerated() {
        let address = Int(device.points[tag].address)
        let expected =
          device.refused.contains(address)
          ? Reading.bad(.exception(device.exception)) : Reading(.integer(Int64(address)))
        #expect(reading == expected, "scan \(round), register \(address)")
      }
      if round == 0 { #expect(requests.count <= 40, "\(requests.count) requests") }
      guard round > 2 else { continue }
      #expect(requests.map { "\($0.address)+\($0.count)" } == device.requests)
    }
  }

  @Test("what was learned holds after a restart", arguments: devices)
  func remembers(_ device: Device) throws {
    var first = run(device)
    for _ in 0..<3 { _ = scan(&first, device) }
    #expect(first.poller.planRevision > 0)
    var second = run(device, learned: first.poller.readPlans.map(\.learned))
    let (_, requests) = try #require(scan(&second, device))
    #expect(requests.map { "\($0.address)+\($0.count)" } == device.requests)
  }

  @Test("a refused register is asked for after a minute, then more rarely, and is good again when it is there")
  func retries() throws {
    var device = Self.devices[2]
    var run = run(device)
    var asked: [Duration] = []
    let start = run.now
    while run.now < start + .seconds(3 * 3_600) {
      let (_, requests) = try #require(scan(&run, device))
      if requests.contains(where: { $0.address == 37 && $0.count == 1 }) { asked.append(run.now - start) }
    }
    let minutes = zip(asked, asked.dropFirst()).map { ($1 - $0).wholeMilliseconds / 60_000 }
    #expect(minutes == [1, 2, 4, 8, 16, 32, 60], "\(minutes)")
    device.has.insert(37)
    while run.now < start + .seconds(5 * 3_600) { _ = try #require(scan(&run, device)) }
    let (last, requests) = try #require(scan(&run, device))
    #expect(last.readings.allSatisfy { $0.quality == .good })
    #expect(requests.map { "\($0.address)+\($0.count)" } == ["0+60"])
  }

  @Test("a device that refuses everything teaches nothing, and is not searched at every scan")
  func refusesAll() throws {
    var device = Self.devices[2]
    let has = device.has
    device.has = []
    var run = run(device)
    var requests = 0
    for _ in 0..<50 {
      let (scan, asked) = try #require(scan(&run, device))
      #expect(scan.readings.allSatisfy { $0 == .bad(.exception(2)) })
      requests += asked.count
    }
    #expect(requests < 80, "\(requests)")
    #expect(run.poller.readPlans[0].learned.isEmpty)
    device.has = has
    run.now = run.now + .seconds(3_600)
    let (scan, _) = try #require(scan(&run, device))
    #expect(scan.readings.count { $0.quality == .good } == 59)
  }

  @Test("a refusal that comes once costs one search and changes no plan")
  func once() throws {
    var device = Self.devices[5]
    var run = run(device)
    device.mostRegisters = 99
    _ = try #require(scan(&run, device))
    device.mostRegisters = 125
    for _ in 0..<3 {
      let (_, requests) = try #require(scan(&run, device))
      #expect(requests.map { "\($0.address)+\($0.count)" } == ["0+100"])
    }
    #expect(run.poller.readPlans[0].learned.isEmpty)
  }

  @Test("a device without every second register is learned in several scans, none of which holds the bus for long")
  func manyFaults() throws {
    let device = Device("", tags: Array(0..<100), has: stride(from: 0, to: 100, by: 2).map { $0 }, requests: [])
    var run = run(device)
    var most = 0
    for _ in 0..<20 { most = max(most, try #require(scan(&run, device)).1.count) }
    let (last, requests) = try #require(scan(&run, device))
    for (tag, reading) in last.readings.enumerated() {
      #expect(reading == (tag % 2 == 0 ? Reading(.integer(Int64(tag))) : .bad(.exception(2))))
    }
    #expect(requests.count == 50)
    #expect(most <= 50 + RefusalLimits.refusals + 1, "\(most)")
  }

  /// As in the search itself.
  private enum RefusalLimits { static let refusals = 24 }
}
