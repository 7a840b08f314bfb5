import GatewayCore
import Telemetry
import Testing

@Suite("Commands whose bus goes away")
struct EndedJobsTests {
  static let now = MonotonicTime(nanoseconds: 1_000_000_000)

  static func write(_ number: Int) -> BusJob {
    let request = WriteRequest(unit: 9, table: .holdingRegister, address: UInt16(number), content: .single(5))
    return BusJob(number: number, work: .write(request), deadline: now + .seconds(60))
  }

  /// A poller with a bus that is open.
  static func poller() -> BusPoller {
    let point = RegisterPoint(table: .holdingRegister, address: 20, type: .uint16)
    var poller = BusPoller(
      devices: [PolledDevice(device: 0, unit: 9, scanInterval: .seconds(60), points: [point])], seed: 1, now: now)
    guard case .open = poller.next(now: now, wall: CommandFixture.wall) else { return poller }
    poller.opened(.success(()), now: now)
    return poller
  }

  @Test("whoever waits is told that nothing was written, and each once")
  func waiting() {
    var poller = Self.poller()
    for number in 1...3 { poller.submit(Self.write(number)) }
    let results = poller.endJobs()
    #expect(results.map(\.number) == [1, 2, 3])
    for result in results {
      guard case .failed(let error) = result.outcome else {
        Issue.record("\(result)")
        continue
      }
      #expect(error.reason == .busDown)
    }
    #expect(poller.endJobs() == [])
  }

  @Test("a write that has left is what it is; the one behind it was never sent")
  func underWay() throws {
    var poller = Self.poller()
    for number in 1...2 { poller.submit(Self.write(number)) }
    guard case .jobRead = poller.next(now: Self.now, wall: CommandFixture.wall) else {
      Issue.record("the old value is read first")
      return
    }
    poller.jobAnswered(.success([1]), now: Self.now)
    guard case .write = poller.next(now: Self.now, wall: CommandFixture.wall) else {
      Issue.record("then it is written")
      return
    }
    poller.wrote(.acknowledged, now: Self.now)
    let results = poller.endJobs()
    #expect(results.map(\.number) == [1, 2])
    #expect(results.first?.outcome == .write(WriteTrace(old: [1], result: .acknowledged)))
    guard case .failed = results.last?.outcome else {
      Issue.record("the second was not written")
      return
    }
  }
}
