import GatewayCore
import Telemetry
import Testing

@Suite("Times of commands")
struct CommandTimeTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var isClockTrusted = true
    var timeToLive: Duration?
    /// Relative to the gateway's wall clock.
    var time: Duration?
    var expires: Duration?
    /// How long it may still be sent; nil: refused for its clock, zero: expired.
    var left: Duration?
  }

  static let cases: [Case] = [
    Case(testDescription: "no times", left: .seconds(10)),
    Case(testDescription: "ttl", timeToLive: .seconds(2), left: .seconds(2)),
    Case(testDescription: "given 3 s ago", time: .seconds(-3), left: .seconds(7)),
    Case(testDescription: "given 3 s ago with a ttl of 2 s", timeToLive: .seconds(2), time: .seconds(-3), left: .zero),
    Case(testDescription: "given an hour ago", time: .seconds(-3_600), left: .zero),
    Case(testDescription: "given exactly a ttl ago", time: .seconds(-10), left: .zero),
    Case(testDescription: "a little ahead", time: .seconds(1), left: .seconds(10)),
    Case(testDescription: "an hour ahead", time: .seconds(3_600), left: nil),
    Case(testDescription: "expires in 4 s", expires: .seconds(4), left: .seconds(4)),
    Case(testDescription: "expires in an hour", expires: .seconds(3_600), left: .seconds(10)),
    Case(testDescription: "expired", expires: .seconds(-1), left: .zero),
    Case(
      testDescription: "an untrusted clock cannot tell the age", isClockTrusted: false, time: .seconds(-3_600),
      left: .seconds(10)),
    Case(
      testDescription: "an untrusted clock cannot tell the end", isClockTrusted: false, expires: .seconds(3_600),
      left: nil),
  ]

  @Test("an old command is never sent", arguments: cases)
  func times(_ one: Case) {
    var run = CommandRun()
    run.isClockTrusted = one.isClockTrusted
    var command = CommandFixture.command([("pump", .flag(true))])
    command.timeToLive = one.timeToLive
    command.time = one.time.map { CommandFixture.wall + $0 }
    command.expires = one.expires.map { CommandFixture.wall + $0 }
    let effects = run.send(command)
    switch one.left {
    case nil: #expect(effects.replies.map(\.refusal) == [.clock])
    case .zero?: #expect(effects.replies.map(\.outcome) == [.expired])
    case let left?: #expect(effects.job?.deadline == run.now + left)
    }
  }

  @Test(
    "a time to live is 100 ms to 5 minutes", arguments: [Duration.zero, .milliseconds(99), .seconds(301), .seconds(-1)])
  func bounds(_ timeToLive: Duration) {
    var run = CommandRun()
    var command = CommandFixture.command([("pump", .flag(true))])
    command.timeToLive = timeToLive
    #expect(run.send(command).replies.map(\.refusal) == [.badCommand])
  }
}
