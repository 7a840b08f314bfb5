import GatewayCore
import Telemetry
import Testing

/// Devices whose replies are no answers: damaged, of another unit, of another length.
@Suite("Replies that do not fit")
struct PollingUnfitRepliesTests {
  private static let live = PolledDevice(
    device: 0, unit: 1, pace: PollPace(interval: .seconds(1)), points: [PollingBusPollerTests.register(0)], retries: 1)
  private static let odd = PolledDevice(
    device: 1, unit: 7, pace: PollPace(interval: .seconds(1)),
    points: [0, 200, 400].map { PollingBusPollerTests.register($0) }, retries: 1)

  private struct Outcome {
    var poller: BusPoller
    var questions = 0
    var reasons: Set<Quality> = []
    var goodNeighbours = 0
  }

  /// Two devices for so long, of which unit 7 answers as told.
  private func run(
    for duration: Duration, _ reply: (ReadRequest) -> Result<[UInt16], FieldBusError>
  ) -> Outcome {
    var now = MonotonicTime(nanoseconds: 1_000_000_000)
    let end = now + duration
    var outcome = Outcome(poller: BusPoller(devices: [Self.live, Self.odd], seed: 1, now: now))
    while now < end {
      switch outcome.poller.next(now: now, wall: Timestamp(milliseconds: 0)) {
      case .open: outcome.poller.opened(.success(()), now: now)
      case .read(let request):
        now = now + .milliseconds(30)
        if request.unit == 7 { outcome.questions += 1 }
        outcome.poller.answered(request.unit == 7 ? reply(request) : .success([1]), now: now)
      case .deliver(let scan, _):
        if scan.device == 1 { outcome.reasons.formUnion(scan.readings.map(\.quality)) }
        if scan.device == 0, scan.readings[0].quality == .good { outcome.goodNeighbours += 1 }
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until): now = min(until, end)
      }
    }
    return outcome
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var error: FieldBusError
  }

  static let cases = [
    Case(
      testDescription: "another unit answers",
      error: FieldBusError(.malformedReply, "unit 71 answered", answeredBy: 71)),
    Case(testDescription: "nothing fits", error: FieldBusError(.malformedReply, "wrong length")),
    Case(testDescription: "every reply is damaged", error: FieldBusError(.checksum, "wrong check sum")),
  ]

  @Test("a device that never answers as it should is asked as rarely as a silent one", arguments: cases)
  func backsOff(_ one: Case) {
    let outcome = run(for: .seconds(300)) { _ in .failure(one.error) }
    // The first scans ask, and ask again; later there is a question each 30 s or so.
    #expect(outcome.questions < 50, "\(outcome.questions) questions in 300 s")
    #expect(outcome.reasons == [.bad(one.error.reason)])
    #expect(outcome.goodNeighbours >= 299)
    let health = outcome.poller.health(of: 1)
    #expect(health.isSilent && health.replies == 0)
    #expect(health.lastError == one.error.detail)
    if let unit = one.error.answeredBy {
      #expect(health.wrongUnit == unit && health.wrongUnitReplies == outcome.questions && health.damagedReplies == 0)
      #expect(outcome.poller.statistics.wrongUnitReplies == outcome.questions)
    } else {
      #expect(health.wrongUnit == nil && health.damagedReplies == outcome.questions)
      #expect(outcome.poller.statistics.wrongUnitReplies == 0)
    }
    #expect(outcome.poller.health(of: 0).damagedReplies == 0)
  }

  @Test("one read that is never answered rightly does not make the device silent, and its others stay good")
  func oneBlock() {
    let outcome = run(for: .seconds(60)) { request in
      request.address == 200 ? .failure(FieldBusError(.malformedReply, "wrong length")) : .success([1])
    }
    #expect(outcome.reasons == [.good, .bad(.malformedReply)])
    #expect(!outcome.poller.health(of: 1).isSilent)
    // Each scan asks for three, and once again for the one that does not fit.
    #expect(outcome.questions >= 59 * 4)
    #expect(outcome.poller.statistics.scansNotAsked == 0)
  }

  @Test("a device is back at its pace with its first right answer")
  func recovers() {
    var left = 12
    let outcome = run(for: .seconds(300)) { _ in
      left -= 1
      return left > 0 ? .failure(FieldBusError(.checksum, "wrong check sum")) : .success([1])
    }
    #expect(left < -100)
    #expect(outcome.poller.health(of: 1).isAnswering && !outcome.poller.health(of: 1).isSilent)
  }
}
