import GatewayCore
import SyncProtocol
import Telemetry
import Testing

@Suite("Delivery to central")
struct DeliveryMachineTests {
  let start = MonotonicTime(nanoseconds: 1_000_000_000)

  let epoch = Epoch(high: 0, low: 1)
  var alarms: EpochLane { EpochLane(epoch, .alarms) }
  var telemetry: EpochLane { EpochLane(epoch, .telemetry) }

  struct Unexpected: Error {
    var what: String
    init(_ what: String) { self.what = what }
  }

  func stored(_ telemetry: UInt64, confirmed: UInt64 = 0, alarms: UInt64 = 0) -> OutboxState {
    var stored = OutboxState(epoch: epoch)
    for (lane, through, done) in [(Lane.telemetry, telemetry, confirmed), (.alarms, alarms, 0)] {
      var state = OutboxState.LaneState()
      state.cutThrough = through
      state.confirmedThrough = done
      stored[lane] = state
    }
    return stored
  }

  /// A machine whose lanes both know their positions: alarms 0, telemetry `position`.
  func asked(_ telemetry: UInt64, position: UInt64 = 0, alarms: UInt64 = 0) -> DeliveryMachine {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(telemetry, alarms: alarms))
    var questions: [(request: Int, lane: Lane)] = []
    while case .askPosition(let request, let row, _) = machine.next(now: start) {
      questions.append((request, row.lane))
    }
    #expect(questions.map(\.lane) == [.alarms, .telemetry])
    for (request, lane) in questions {
      let answer = SyncAnswer(position: lane == .telemetry ? position : 0)
      machine.ended(request: request, .answer(status: 200, answer, retryAfter: nil), now: start, jitter: 0.5)
    }
    return machine
  }

  func ok(_ position: UInt64) -> DeliveryMachine.Reply {
    .answer(status: 200, SyncAnswer(position: position), retryAfter: nil)
  }

  private func refusal(
    _ status: Int, _ error: SyncAnswer.Refusal, position: UInt64? = nil, retryAfter: Duration? = nil
  ) -> DeliveryMachine.Reply {
    .answer(status: status, SyncAnswer(position: position, error: error, message: "no"), retryAfter: retryAfter)
  }

  @Test("Both lanes ask for their positions first, alarms before telemetry")
  func beginning() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(3))
    #expect(machine.next(now: start) == .askPosition(request: 1, row: alarms, at: 0))
    #expect(machine.next(now: start) == .askPosition(request: 2, row: telemetry, at: 3))
    #expect(machine.next(now: start) == .wait(until: .never))
    machine.ended(request: 2, ok(3), now: start, jitter: 0)
    #expect(machine.isOnline && machine.confirmedThrough(telemetry) == 3)
    #expect(machine.next(now: start) == .wait(until: .never))
  }

  @Test("Two telemetry requests are under way, one of alarms before them, each from where the last one ended")
  func pipelining() throws {
    var machine = asked(100, position: 2, alarms: 1)
    #expect(machine.next(now: start) == .send(request: 3, row: alarms, from: 1, through: 1))
    #expect(machine.next(now: start) == .send(request: 4, row: telemetry, from: 3, through: 66))
    machine.started(request: 4, through: 20)
    #expect(machine.next(now: start) == .send(request: 5, row: telemetry, from: 21, through: 84))
    #expect(machine.next(now: start) == .wait(until: .never))
    machine.ended(request: 4, ok(20), now: start, jitter: 0)
    #expect(machine.next(now: start) == .send(request: 6, row: telemetry, from: 85, through: 100))
    machine.ended(request: 5, ok(84), now: start, jitter: 0)
    machine.ended(request: 6, ok(100), now: start, jitter: 0)
    #expect(machine.confirmedThrough(telemetry) == 100 && machine.requestsInFlight == 1)
  }

  @Test("After a failure the lane waits, asks again and goes on from central's position")
  func failure() throws {
    var machine = asked(10)
    guard case .send(let request, telemetry, 1, 10) = machine.next(now: start) else { throw Unexpected("no send") }
    machine.ended(request: request, .failure("no route"), now: start, jitter: 1)
    #expect(machine.link == .offline("no route", retryAt: start + .seconds(1)) && !machine.isOnline)
    #expect(machine.next(now: start) == .wait(until: start + .seconds(1)))
    let later = start + .seconds(1)
    let question = try question(&machine, telemetry, now: later)
    // Central had committed six of them before the answer was lost.
    machine.ended(request: question, ok(6), now: later, jitter: 1)
    #expect(machine.confirmedThrough(telemetry) == 6)
    guard case .send(_, telemetry, 7, 10) = machine.next(now: later) else { throw Unexpected("no resend") }
  }

  @Test("Waits double to a minute, are shortened by at most half, and start anew after a success")
  func backoff() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(0))
    var now = start
    var longest: [Int64] = []
    for _ in 0..<8 {
      var requests: [Int] = []
      while case .askPosition(let request, _, _) = machine.next(now: now) { requests.append(request) }
      #expect(requests.count == 2)
      // Both lanes fail together; that is one failure of the link.
      for request in requests { machine.ended(request: request, .failure("down"), now: now, jitter: 1) }
      guard case .wait(let until) = machine.next(now: now) else { throw Unexpected("no wait") }
      longest.append((until - now).wholeMilliseconds)
      now = until
    }
    // The first failure waits 1 s, each next one twice as long.
    #expect(longest == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    guard case .askPosition(let request, _, _) = machine.next(now: now) else { throw Unexpected("no question") }
    machine.ended(request: request, .failure("down"), now: now, jitter: 0)
    guard case .wait(let until) = machine.next(now: now) else { throw Unexpected("no wait") }
    #expect(until - now == .seconds(30))
  }

  @Test("Retry-After is honoured, within an hour")
  func retryAfter() throws {
    for (seconds, expected) in [(Int64(120), Int64(120)), (100_000, 3_600)] {
      var machine = asked(1)
      guard case .send(let request, _, _, _) = machine.next(now: start) else { throw Unexpected("no send") }
      machine.ended(
        request: request, refusal(503, .busy, retryAfter: .seconds(seconds)), now: start, jitter: 0)
      #expect(machine.next(now: start) == .wait(until: start + .seconds(expected)))
    }
  }

  @Test("A gap is answered by going on from central's position, without a wait")
  func gap() throws {
    var machine = asked(10)
    guard case .send(let request, _, _, _) = machine.next(now: start) else { throw Unexpected("no send") }
    machine.ended(request: request, refusal(409, .gap, position: 4), now: start, jitter: 0)
    // Only an answer with a check sum confirms.
    #expect(machine.confirmedThrough(telemetry) == 0)
    guard case .askPosition(_, telemetry, _) = machine.next(now: start) else { throw Unexpected("no question") }
  }

  @Test(
    "A refusal that a person must look at is shown as such and tried again after a minute",
    arguments: [.badBatch, .badRequest, .tooLarge, .forbidden] as [SyncAnswer.Refusal])
  func refused(refusal kind: SyncAnswer.Refusal) throws {
    var machine = asked(10)
    guard case .send(let request, _, _, _) = machine.next(now: start) else { throw Unexpected("no send") }
    machine.ended(request: request, refusal(422, kind, position: 3), now: start, jitter: 0)
    #expect(machine.link == .refused("central answered 422: no", retryAt: start + .seconds(60)))
    #expect(machine.confirmedThrough(telemetry) == 0)
    #expect(machine.next(now: start) == .wait(until: start + .seconds(60)))
  }

  private func question(_ machine: inout DeliveryMachine, _ row: EpochLane, now: MonotonicTime? = nil) throws -> Int {
    let now = now ?? start
    while true {
      guard case .askPosition(let request, let asked, _) = machine.next(now: now) else {
        throw Unexpected("no question")
      }
      if asked == row { return request }
      machine.ended(request: request, ok(0), now: now, jitter: 0)
    }
  }

  private func at(_ position: UInt64, _ number: UInt64, _ checksum: UInt32) -> DeliveryMachine.Reply {
    .answer(status: 200, SyncAnswer(position: position, at: number, checksum: checksum), retryAfter: nil)
  }

  @Test(
    "A central that is ahead, with the same batches, means an old store: its epoch is closed and all it cut is there")
  func restoredStore() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(10, confirmed: 5))
    let request = try question(&machine, telemetry)
    machine.ended(request: request, at(12, 10, 77), ownChecksum: 77, now: start, jitter: 0)
    guard case .askPosition(let last, telemetry, 10) = machine.next(now: start) else { throw Unexpected("no question") }
    machine.ended(request: last, at(12, 10, 77), ownChecksum: 77, now: start, jitter: 0)
    guard case .settle(.retire(.close(let reason), gone: [:])) = machine.next(now: start) else {
      throw Unexpected("no retirement")
    }
    #expect(reason.contains("restored"))
    #expect(machine.confirmedThrough(telemetry) == 10)
    // It stands still until the store has a new epoch.
    guard case .settle(let finding) = machine.next(now: start) else { throw Unexpected("it went on") }
    machine.settled(finding, now: start)
    var next = OutboxState(epoch: Epoch(high: 0, low: 2))
    next[.telemetry].cutThrough = 1
    machine.storeChanged(next)
    let again = try question(&machine, EpochLane(next.epoch, .telemetry))
    machine.ended(request: again, ok(0), now: start, jitter: 0)
    guard case .send(_, EpochLane(next.epoch, .telemetry), 1, 1) = machine.next(now: start) else {
      throw Unexpected("no send")
    }
  }

  @Test(
    "Another batch under one of our numbers means a copy of this gateway: the epoch is abandoned, nothing is deleted")
  func clone() throws {
    for isQuestion in [true, false] {
      var machine = DeliveryMachine()
      machine.storeChanged(stored(10, confirmed: 5))
      var request = try question(&machine, telemetry)
      if !isQuestion {
        machine.ended(request: request, ok(5), now: start, jitter: 0)
        guard case .send(let sent, telemetry, 6, 10) = machine.next(now: start) else { throw Unexpected("no send") }
        request = sent
      }
      machine.ended(request: request, at(10, 10, 78), ownChecksum: 77, now: start, jitter: 0)
      // Whether central still has what it confirmed is asked first.
      guard case .askPosition(let last, telemetry, 5) = machine.next(now: start) else {
        throw Unexpected("no question")
      }
      machine.ended(request: last, at(10, 5, 79), ownChecksum: 79, now: start, jitter: 0)
      guard case .settle(.retire(.abandon, gone: [:])) = machine.next(now: start) else {
        throw Unexpected("no retirement")
      }
      #expect(machine.confirmedThrough(telemetry) == 5)
    }
  }

  @Test("The same batch under our number after a lost answer is simply confirmed")
  func lostAnswer() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(10, confirmed: 5))
    let request = try question(&machine, telemetry)
    machine.ended(request: request, at(8, 8, 77), ownChecksum: 77, now: start, jitter: 0)
    #expect(machine.confirmedThrough(telemetry) == 8)
    guard case .send(_, telemetry, 9, 10) = machine.next(now: start) else { throw Unexpected("no send") }
  }

  @Test("A central that forgot what it confirmed was restored: the store reports what is missing and goes on")
  func restoredCentral() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(10, confirmed: 5))
    let request = try question(&machine, telemetry)
    machine.ended(request: request, at(3, 3, 9), ownChecksum: nil, now: start, jitter: 0)
    let finding = DeliveryMachine.Finding.missing(telemetry, position: 3)
    #expect(machine.next(now: start) == .settle(finding))
    machine.settled(finding, now: start)
    machine.storeChanged(stored(10, confirmed: 3))
    #expect(machine.confirmedThrough(telemetry) == 3)
    let again = try question(&machine, telemetry)
    machine.ended(request: again, at(3, 3, 9), now: start, jitter: 0)
    guard case .send(_, telemetry, 4, 10) = machine.next(now: start) else { throw Unexpected("no send") }
  }

  @Test("A check sum proves nothing of batches that were cut while the question was under way: it is asked again")
  func cutWhileAsking() throws {
    for position: UInt64 in [11, 14] {
      var machine = DeliveryMachine()
      machine.storeChanged(stored(10, confirmed: 5))
      let request = try question(&machine, telemetry)
      machine.storeChanged(stored(12, confirmed: 5))
      machine.ended(request: request, at(position, 10, 77), ownChecksum: 77, now: start, jitter: 0)
      #expect(machine.confirmedThrough(telemetry) == 5)
      guard case .askPosition(_, telemetry, 12) = machine.next(now: start) else { throw Unexpected("no question") }
    }
  }

  @Test("An earlier epoch is delivered first, under its own numbers")
  func olderEpoch() throws {
    var machine = DeliveryMachine()
    var state = stored(4)
    let old = Epoch(high: 0, low: 9)
    var lane = OutboxState.LaneState()
    (lane.cutThrough, lane.confirmedThrough, lane.batchCount) = (7, 5, 2)
    state.retired = [.init(epoch: old, reason: "damaged", isMoving: false, lanes: [.telemetry: lane])]
    machine.storeChanged(state)
    let request = try question(&machine, EpochLane(old, .telemetry))
    machine.ended(request: request, ok(5), now: start, jitter: 0)
    guard case .send(let sent, EpochLane(old, .telemetry), 6, 7) = machine.next(now: start) else {
      throw Unexpected("no send")
    }
    machine.ended(request: sent, ok(7), now: start, jitter: 0)
    #expect(machine.confirmations(beyond: state) == [EpochLane(old, .telemetry): 7])
    state.retired = []
    machine.storeChanged(state)
    _ = try question(&machine, telemetry)
  }

  @Test("After a failure the lane that had nothing under way asks too, and finds that central was set back")
  func idleLaneAsks() throws {
    var machine = asked(10)
    machine.storeChanged(stored(10, alarms: 3))
    guard case .send(let alarm, alarms, 1, 3) = machine.next(now: start) else { throw Unexpected("no alarm") }
    machine.ended(request: alarm, ok(3), now: start, jitter: 0)
    guard case .send(let request, telemetry, 1, 10) = machine.next(now: start) else { throw Unexpected("no send") }
    machine.ended(request: request, .failure("no route"), now: start, jitter: 0)
    let later = start + .seconds(1)
    guard case .askPosition(let question, alarms, 3) = machine.next(now: later) else {
      throw Unexpected("no question")
    }
    machine.ended(request: question, ok(2), now: later, jitter: 0)
    #expect(machine.next(now: later) == .settle(.missing(alarms, position: 2)))
  }

  @Test("After quiet hours both lanes ask for their positions, once")
  func endOfQuietHours() throws {
    var machine = asked(0)
    machine.pauseTelemetry(until: nil)
    #expect(machine.next(now: start) == .wait(until: .never))
    machine.pauseTelemetry(until: start + .seconds(60))
    machine.pauseTelemetry(until: nil)
    var questions: [Lane] = []
    while case .askPosition(let request, let row, _) = machine.next(now: start) {
      questions.append(row.lane)
      machine.ended(request: request, ok(0), now: start, jitter: 0)
      machine.pauseTelemetry(until: nil)
    }
    #expect(questions == [.alarms, .telemetry])
  }

  @Test("In quiet hours alarms go and telemetry waits")
  func quietHours() throws {
    var machine = asked(5, alarms: 1)
    machine.pauseTelemetry(until: start + .seconds(60))
    guard case .send(_, alarms, 1, 1) = machine.next(now: start) else { throw Unexpected("no alarm") }
    #expect(machine.next(now: start) == .wait(until: start + .seconds(60)))
    guard case .send(_, telemetry, 1, 5) = machine.next(now: start + .seconds(60)) else { throw Unexpected("no send") }
  }

  @Test("The answer to a request from before the trouble confirms, but moves nothing")
  func staleAnswer() throws {
    var machine = asked(200)
    guard case .send(let first, _, 1, 64) = machine.next(now: start),
      case .send(let second, _, 65, 128) = machine.next(now: start)
    else { throw Unexpected("no sends") }
    machine.ended(request: first, .failure("cut off"), now: start, jitter: 0)
    let later = start + .seconds(5)
    // The second is still under way, so its lane asks no question yet.
    guard case .askPosition(_, alarms, 0) = machine.next(now: later) else { throw Unexpected("no question") }
    guard case .wait = machine.next(now: later) else { throw Unexpected("asked too early") }
    machine.ended(request: second, ok(128), now: later, jitter: 0)
    #expect(machine.confirmedThrough(telemetry) == 128)
    guard case .askPosition(_, telemetry, _) = machine.next(now: later) else { throw Unexpected("no question") }
  }

  @Test("An answer to nothing, or the second to one request, changes nothing")
  func unexpected() throws {
    var machine = asked(5)
    machine.ended(request: 99, ok(5), now: start, jitter: 0)
    machine.ended(request: 1, ok(5), now: start, jitter: 0)
    #expect(machine.confirmedThrough(telemetry) == 0 && machine.requestsInFlight == 0)
  }
}
