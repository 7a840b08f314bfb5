import GatewayCore
import Telemetry
import Testing

@Suite("Polling a bus")
struct PollingBusPollerTests {
  static func register(_ address: UInt16, _ type: RegisterType = .uint16) -> RegisterPoint {
    RegisterPoint(table: .holdingRegister, address: address, type: type)
  }

  /// One device with three tags in three requests, polled every second.
  static let device = PolledDevice(
    device: 4, unit: 17, scanInterval: .seconds(1), points: [register(0), register(200), register(400)])

  static func down(_ text: String = "the cable is out") -> FieldBusError { FieldBusError(.busDown, text) }

  @Test("the bus is opened before anything is due")
  func opensFirst() {
    var run = PollingRun([Self.device])
    #expect(run.step() == .open)
    run.poller.opened(.success(()), now: run.now)
    guard case .wait(let due) = run.step() else {
      Issue.record("nothing can be due yet")
      return
    }
    #expect(due > run.now && due <= run.now + .seconds(1))
    #expect(run.poller.statistics.isBusUp)
  }

  @Test("what was handed out is handed out again until its result is told")
  func repeats() {
    var run = PollingRun([Self.device])
    #expect(run.step() == .open)
    #expect(run.step() == .open)
    run.poller.answered(.success([1]), now: run.now)
    #expect(run.step() == .open)
  }

  @Test("a scan carries the wall clock's time at its start and the values of its replies")
  func goodScan() {
    var run = PollingRun([Self.device])
    run.wallAtOrigin = Timestamp(milliseconds: 1_700_000_000_000)
    let scan = run.scan(answers: [.success([1]), .success([2]), .success([3])])
    #expect(scan?.device == 4)
    #expect(scan?.time == run.scanStart)
    #expect(scan?.readings == [Reading(.integer(1)), Reading(.integer(2)), Reading(.integer(3))])
    #expect(run.poller.health(of: 4).isAnswering)
    #expect(run.poller.health(of: 4).lastGood == run.scanStart)
    #expect(run.poller.health(of: 0) == DeviceHealth())
  }

  struct Failure: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var answers: [Result<[UInt16], FieldBusError>]
    var qualities: [Quality]

    /// Errors, and replies that are not the one register asked for.
    var failedRequests: Int { answers.filter { (try? $0.get().count) != 1 }.count }

    init(_ name: String, _ answers: [Result<[UInt16], FieldBusError>], _ qualities: [Quality]) {
      (testDescription, self.answers, self.qualities) = (name, answers, qualities)
    }
  }

  static func failure(_ reason: Quality.Reason) -> Result<[UInt16], FieldBusError> {
    .failure(FieldBusError(reason, "test"))
  }

  static let failures: [Failure] = [
    Failure(
      "a time-out ends the scan", [.success([1]), failure(.timeout)], [.good, .bad(.timeout), .bad(.timeout)]),
    Failure(
      "an exception marks its own request only", [.success([1]), failure(.exception(4)), .success([3])],
      [.good, .bad(.exception(4)), .good]),
    Failure(
      "a refused address without a gap marks its own request only",
      [failure(.exception(2)), .success([2]), .success([3])], [.bad(.exception(2)), .good, .good]),
    Failure(
      "a wrong check sum marks its own request only", [failure(.checksum), .success([2]), .success([3])],
      [.bad(.checksum), .good, .good]),
    Failure(
      "a reply of the wrong length is malformed", [.success([1, 1]), .success([]), .success([3])],
      [.bad(.malformedReply), .bad(.malformedReply), .good]),
    Failure(
      "a lost bus ends the scan", [.success([1]), .failure(down())], [.good, .bad(.busDown), .bad(.busDown)]),
  ]

  @Test("a failure marks the tags that it concerns", arguments: failures)
  func failing(_ one: Failure) {
    var run = PollingRun([Self.device])
    let scan = run.scan(answers: one.answers)
    #expect(scan?.readings.map(\.quality) == one.qualities)
    #expect(run.poller.statistics.requests == one.answers.count)
    #expect(run.poller.statistics.failedRequests == one.failedRequests)
    #expect(run.poller.health(of: 4).lastError != nil)
  }

  @Test("a value that is not a number is bad, its neighbours are good, and the error names its address")
  func notANumber() {
    let points = [Self.register(10, .float32), Self.register(12, .float32)]
    var run = PollingRun([PolledDevice(device: 0, unit: 1, scanInterval: .seconds(1), points: points)])
    let scan = run.scan(answers: [.success([0x7fc0, 0, 0x42f6, 0xe979])])
    #expect(scan?.readings == [.bad(.undecodable), Reading(.float32(123.456))])
    #expect(run.poller.health(of: 0).lastError?.contains("holding register 10") == true)
    #expect(run.poller.health(of: 0).isAnswering)
  }

  @Test("while the bus is down every scan is delivered at its pace, bad, and opening is tried less and less often")
  func outage() {
    var run = PollingRun([Self.device])
    var scans: [DeviceScan] = []
    var openings: [MonotonicTime] = []
    let start = run.now
    while run.now < start + .seconds(100) {
      switch run.step() {
      case .open:
        openings.append(run.now)
        run.poller.opened(.failure(Self.down("no such device")), now: run.now)
      case .read: Issue.record("a closed bus cannot be read")
      case .deliver(let scan, _): scans.append(scan)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    #expect(scans.count == 100)
    #expect(scans.allSatisfy { $0.readings == Array(repeating: .bad(.busDown), count: 3) })
    #expect(zip(scans, scans.dropFirst()).allSatisfy { $1.time - $0.time == .seconds(1) })
    #expect((7...12).contains(openings.count), "\(openings.count)")
    #expect(openings.first == start)
    #expect(run.poller.statistics.failedOpenings == openings.count)
    #expect(run.poller.health(of: 4).lastError == "no such device")
    #expect(!run.poller.statistics.isBusUp)
  }

  @Test("while the bus is down its next try is known")
  func nextTry() {
    var run = PollingRun([Self.device])
    #expect(run.step() == .open && run.poller.statistics.retryAt == nil)
    run.poller.opened(.failure(Self.down()), now: run.now)
    let retryAt = run.poller.statistics.retryAt ?? .never
    #expect(retryAt > run.now && retryAt <= run.now + .seconds(1))
    run.now = retryAt
    while run.step() != .open {}
    run.poller.opened(.success(()), now: run.now)
    #expect(run.poller.statistics.retryAt == nil)
  }

  @Test("after an outage scans are good again and the reconnection is counted")
  func recovers() {
    var run = PollingRun([Self.device])
    _ = run.scan(answers: [.failure(Self.down())])
    #expect(!run.poller.statistics.isBusUp)
    var last: DeviceScan?
    repeat {
      last = run.scan(answers: [.success([1]), .success([2]), .success([3])])
    } while last?.readings.first?.quality == .bad(.busDown)
    #expect(last?.readings.map(\.quality) == [.good, .good, .good])
    #expect(run.poller.statistics.reconnects == 1)
    #expect(run.poller.health(of: 4).failedScansInARow == 0)
    #expect(run.poller.health(of: 4).lastError == "the cable is out")
  }

  @Test("without devices the bus stays closed")
  func noDevices() {
    var run = PollingRun([])
    #expect(run.step() == .wait(until: .never))
  }

  @Test("a device without tags delivers empty scans")
  func noTags() {
    var run = PollingRun([PolledDevice(device: 2, unit: 1, scanInterval: .seconds(1), points: [])])
    #expect(run.scan(answers: [])?.readings == [])
  }

  @Test("a silent device is asked less and less often, and is back at its pace with its first reply")
  func silence() {
    let interval = Duration.seconds(1)
    let devices = (0..<2).map { index in
      PolledDevice(device: index, unit: UInt8(index + 1), scanInterval: interval, points: [Self.register(0)])
    }
    var run = PollingRun(devices)
    let start = run.now
    let recovery = start + .seconds(200)
    var questions: [MonotonicTime] = []
    var scans: [Int: [DeviceScan]] = [:]
    while run.now < start + .seconds(300) {
      switch run.step() {
      case .open: run.poller.opened(.success(()), now: run.now)
      case .read(let request) where request.unit == 2 && run.now < recovery:
        questions.append(run.now)
        run.now = run.now + .milliseconds(500)
        run.poller.answered(Self.failure(.timeout), now: run.now)
      case .read:
        run.now = run.now + .milliseconds(10)
        run.poller.answered(.success([7]), now: run.now)
      case .deliver(let scan, _): scans[scan.device, default: []].append(scan)
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    // Three at the scan's pace, then after pauses of 5, 10, 20 s, then every 32 s.
    let pauses = zip(questions, questions.dropFirst()).map { ($1 - $0).wholeMilliseconds / 1_000 }
    #expect(pauses.prefix(6).elementsEqual([1, 1, 6, 11, 21, 33], by: { abs($0 - $1) <= 1 }), "\(pauses)")
    #expect(pauses.allSatisfy { $0 <= 34 }, "\(pauses)")
    #expect(scans[0]?.count == 300 && scans[0]?.allSatisfy { $0.readings == [Reading(.integer(7))] } == true)
    #expect(scans[1]?.count == 300)
    let good = scans[1]?.filter { $0.readings.first?.quality == .good } ?? []
    #expect(scans[1]?.filter { $0.readings == [.bad(.timeout)] }.count == 300 - good.count)
    #expect((64...100).contains(good.count), "\(good.count)")
    #expect(scans[1]?.suffix(good.count) == good[...])
    #expect(run.poller.statistics.scansNotAsked == 300 - good.count - questions.count)
    #expect(!run.poller.health(of: 1).isSilent)
  }

  @Test("a silent device that has its bus for itself is asked at every scan")
  func silentAlone() {
    var run = PollingRun([Self.device])
    for _ in 0..<10 {
      let scan = run.scan(answers: [Self.failure(.timeout)])
      #expect(scan?.readings.map(\.quality) == Array(repeating: .bad(.timeout), count: 3))
    }
    #expect(run.poller.statistics.requests == 10)
    #expect(run.poller.statistics.scansNotAsked == 0)
  }

  @Test("requests, replies, response times and the bus's load are counted")
  func figures() {
    var run = PollingRun([Self.device])
    for _ in 0..<100 { _ = run.scan(answers: [.success([1]), Self.failure(.exception(4)), Self.failure(.checksum)]) }
    let health = run.poller.health(of: 4)
    #expect(health.requests == 300 && health.replies == 200)
    #expect(health.successRate.map { abs($0 - 2.0 / 3) < 0.001 } == true)
    #expect(health.responses.percentile(50).map { $0 >= .milliseconds(3) && $0 < .milliseconds(4) } == true)
    #expect(run.poller.statistics.busyTime == .milliseconds(900))
    // 9 ms of each second.
    #expect(abs(run.poller.statistics.load - 0.009) < 0.001)
  }

  @Test(
    "a read that is never answered costs its own tags and a time-out now and then, wherever it stands", arguments: 0..<3
  )
  func ignoredRead(position: Int) {
    let other = PolledDevice(device: 5, unit: 1, scanInterval: .seconds(1), points: [Self.register(0)])
    var run = PollingRun([Self.device, other])
    let ignored = UInt16(position * 200)
    var asked = 0
    var scans: [DeviceScan] = []
    let start = run.now
    while run.now < start + .seconds(300) {
      switch run.step() {
      case .open: run.poller.opened(.success(()), now: run.now)
      case .read(let request) where request.unit == 17 && request.address == ignored:
        asked += 1
        run.now = run.now + .milliseconds(500)
        run.poller.answered(Self.failure(.timeout), now: run.now)
      case .read(let request):
        run.now = run.now + .milliseconds(5)
        run.poller.answered(.success([request.address]), now: run.now)
      case .deliver(let scan, _): if scan.device == 4 { scans.append(scan) }
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    #expect(asked < 20, "\(asked)")
    #expect(scans.count == 300)
    for scan in scans.dropFirst(10) {
      for (tag, reading) in scan.readings.enumerated() {
        #expect(reading == (tag == position ? .bad(.timeout) : Reading(.integer(Int64(tag * 200)))))
      }
    }
    #expect(run.poller.health(of: 4).isAnswering && !run.poller.health(of: 4).isSilent)
    let plan = run.poller.readPlans[0]
    #expect(plan.unanswered.map(\.address) == [ignored])
    #expect(plan.time == plan.plan.time(plan.rules) * 2 / 3)
    #expect(run.poller.readPlans[1].unanswered.isEmpty)
  }

  @Test("the plan moves on when a read begins to go unanswered, and when it is answered again")
  func unansweredPlan() {
    var run = PollingRun([Self.device])
    var revisions: [Int] = []
    var unanswered: [Int] = []
    for round in 0..<4 {
      let third: Result<[UInt16], FieldBusError> = round < 2 ? Self.failure(.timeout) : .success([3])
      _ = run.scan(answers: [.success([1]), .success([2]), third])
      revisions.append(run.poller.planRevision)
      unanswered.append(run.poller.readPlans[0].unanswered.count)
    }
    #expect(unanswered == [0, 1, 0, 0], "\(revisions)")
    #expect(revisions[1] > revisions[0] && revisions[2] > revisions[1] && revisions[3] == revisions[2])
  }

  @Test("a continuous device is scanned as often as the line allows, and tells once a second that it cannot be asked")
  func continuous() {
    let device = PolledDevice(
      device: 0, unit: 1, pace: PollPace(interval: .milliseconds(10), isContinuous: true), points: [Self.register(0)])
    var run = PollingRun([device])
    let start = run.now
    var good = 0
    var bad = 0
    while run.now < start + .seconds(20) {
      let isDown = run.now >= start + .seconds(10)
      switch run.step() {
      case .open: run.poller.opened(isDown ? .failure(Self.down()) : .success(()), now: run.now)
      case .read:
        run.now = run.now + .milliseconds(40)
        run.poller.answered(isDown ? .failure(Self.down()) : .success([1]), now: run.now)
      case .deliver(let scan, _): if scan.readings[0].quality == .good { good += 1 } else { bad += 1 }
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): run.now = until
      }
    }
    #expect((248...251).contains(good), "\(good)")
    #expect((9...12).contains(bad), "\(bad)")
  }
}
