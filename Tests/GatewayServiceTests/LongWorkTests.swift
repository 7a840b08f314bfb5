import FieldgateTestKit
import Synchronization
import Telemetry
import Testing

@testable import GatewayService

@Suite("Work on the whole outbox under a service manager")
struct LongWorkTests {
  private final class Calls: Sendable {
    let all = Mutex<[(what: String, time: Duration)]>([])
    var count: Int { all.withLock { $0.count } }
  }

  @Test("It is told at once and again and again until it is over, also when some of it is within another")
  func tells() async throws {
    let calls = Calls()
    let work = LongWork(interval: .milliseconds(20)) { what, time in calls.all.withLock { $0.append((what, time)) } }
    work.begins("checking")
    work.begins("taking over")
    work.ended()
    _ = try await eventually("some calls") { calls.count > 3 ? true : nil }
    work.ended()
    let all = calls.all.withLock { $0 }
    #expect(all[0].time == .zero && all[1...].allSatisfy { $0.time > .zero })
    #expect(all.last?.what == "checking")
    try await Task.sleep(for: .milliseconds(100))
    let end = calls.count
    #expect(end <= all.count + 1)
    try await Task.sleep(for: .milliseconds(100))
    #expect(calls.count == end, "it is over")
    work.begins("checking again")
    _ = try await eventually("a call") { calls.count > end ? true : nil }
    work.ended()
  }

  @Test("A disk that hangs is not covered for ever")
  func bounded() async throws {
    let calls = Calls()
    let work = LongWork(interval: .milliseconds(10), limit: .milliseconds(50)) { what, time in
      calls.all.withLock { $0.append((what, time)) }
    }
    work.begins("checking")
    try await Task.sleep(for: .milliseconds(300))
    #expect(calls.all.withLock { $0.allSatisfy { $0.time <= .milliseconds(50) } })
    let end = calls.count
    try await Task.sleep(for: .milliseconds(100))
    #expect(calls.count == end)
    work.ended()
  }
}
