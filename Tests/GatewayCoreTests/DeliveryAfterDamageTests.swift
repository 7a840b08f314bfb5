import GatewayCore
import SyncProtocol
import Telemetry
import Testing

extension DeliveryMachineTests {
  @Test(
    "What central confirmed of batches that damage took from the store is asked for anew, and deletes nothing later")
  func confirmedBeyondTheStore() throws {
    var machine = asked(10)
    guard case .send(let request, _, _, _) = machine.next(now: start) else { throw Unexpected("nothing to send") }
    machine.started(request: request, through: 10)
    machine.ended(request: request, ok(10), now: start, jitter: 0.5)
    #expect(machine.confirmations(beyond: stored(10)) == [telemetry: 10])
    machine.storeChanged(stored(6))
    #expect(machine.confirmations(beyond: stored(6)).isEmpty)
    #expect(machine.next(now: start) == .askPosition(request: request + 1, row: telemetry, at: 6))
    machine.storeChanged(stored(12))
    #expect(machine.confirmations(beyond: stored(12)).isEmpty, "11 and 12 were never sent")
  }

  /// A store with batches through 10, of which `confirmed` are gone and `damaged` cannot be compared; central has batches
  /// through `position`, from `foreign` on those of a copy.
  struct Case: Sendable, CustomTestStringConvertible {
    var confirmed: UInt64 = 0
    var damaged: Set<UInt64>
    var position: UInt64
    var foreign: UInt64 = .max
    /// Nil: the epoch is abandoned.
    var incomparable: ClosedRange<UInt64>?
    var asked: [UInt64]
    var testDescription: String { "damaged \(damaged.sorted()), central \(position), another's from \(foreign)" }

    func comparable(below number: UInt64) -> UInt64 {
      (confirmed..<max(number, confirmed)).last { $0 == confirmed || !damaged.contains($0) } ?? 0
    }
  }

  @Test(
    "A batch that is damaged here proves nothing: one further down is compared, and what stays unknown is named",
    arguments: [
      Case(damaged: [10], position: 10, incomparable: 10...10, asked: [10, 9]),
      Case(confirmed: 9, damaged: [10], position: 10, incomparable: 10...10, asked: [10, 9]),
      // Central confirmed 9 so long ago that its check sum is forgotten.
      Case(confirmed: 9, damaged: [9, 10], position: 10, incomparable: 10...10, asked: [10, 9]),
      Case(damaged: [8, 9, 10], position: 9, incomparable: 8...9, asked: [10, 7]),
      Case(damaged: [7, 9, 10], position: 10, incomparable: 9...10, asked: [10, 8]),
      Case(damaged: Set(2...10), position: 9, incomparable: 2...9, asked: [10, 1]),
      Case(damaged: Set(1...10), position: 10, incomparable: 1...10, asked: [10]),
      Case(damaged: Set(1...10), position: 1, incomparable: 1...1, asked: [10]),
      Case(confirmed: 4, damaged: [10], position: 12, incomparable: 10...10, asked: [10, 9]),
      Case(confirmed: 4, damaged: [10], position: 12, foreign: 5, asked: [10, 9]),
      Case(confirmed: 4, damaged: [7, 9, 10], position: 10, foreign: 7, asked: [10, 8]),
      Case(confirmed: 4, damaged: Set(5...10), position: 9, foreign: 4, asked: [10, 4]),
    ])
  func incomparable(_ given: Case) throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(10, confirmed: given.confirmed))
    var asked: [UInt64] = []
    for _ in 0..<30 {
      switch machine.next(now: start) {
      case .askPosition(let request, let row, let number):
        if row == telemetry { asked.append(number) }
        let at = row == telemetry ? min(number, given.position) : 0
        let theirs = UInt32(at >= given.foreign ? at + 1_000 : at)
        let answer =
          at > 0 ? SyncAnswer(position: given.position, at: at, checksum: theirs) : SyncAnswer(position: 0)
        machine.ended(
          request: request, .answer(status: 200, answer, retryAfter: nil),
          ownChecksum: given.damaged.contains(at) ? nil : UInt32(at), comparable: given.comparable(below: at),
          now: start, jitter: 0)
      case .settle(.incomparable(telemetry, let numbers)):
        #expect(numbers == given.incomparable && asked == given.asked)
        machine.settled(.incomparable(telemetry, numbers), now: start)
        #expect(machine.confirmedThrough(telemetry) == numbers.upperBound)
        return
      case .settle(.retire(.abandon, _)): return #expect(given.incomparable == nil && asked.starts(with: given.asked))
      case let other: throw Unexpected("\(other)")
      }
    }
    Issue.record("it asks without end")
  }

  @Test("A doubt ends with the way to central on which it arose, and with an answer to another question")
  func endOfDoubt() throws {
    for isReplaced in [true, false] {
      var machine = DeliveryMachine()
      machine.storeChanged(stored(10))
      func ask() throws -> (request: Int, number: UInt64) {
        while case .askPosition(let request, let row, let number) = machine.next(now: start) {
          if row == telemetry { return (request, number) }
          machine.ended(request: request, ok(0), now: start, jitter: 0)
        }
        throw Unexpected("no question")
      }
      func end(_ request: Int, at number: UInt64, own: UInt32?) {
        let answer = SyncAnswer(position: 10, at: number, checksum: UInt32(number))
        machine.ended(
          request: request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: own, comparable: 7, now: start,
          jitter: 1)
      }
      end(try ask().request, at: 10, own: nil)
      let question = try ask()
      #expect(question.number == 7)
      if isReplaced {
        machine.linkReplaced()
        #expect(try ask().number == 10)
      } else {
        end(question.request, at: 10, own: nil)
        guard case .refused = machine.link else { throw Unexpected("\(machine.link)") }
        #expect(machine.next(now: start) == .wait(until: start + .seconds(1)))
      }
      #expect(machine.confirmedThrough(telemetry) == 0)
    }
  }

  @Test("What was found of a store that was taken over since is asked anew")
  func takenOverSince() throws {
    for (cut, isAskedAnew) in [(UInt64(10), false), (9, true)] {
      var machine = DeliveryMachine()
      machine.storeChanged(stored(10, confirmed: 9))
      while case .askPosition(let request, let row, let number) = machine.next(now: start) {
        let answer =
          row == telemetry ? SyncAnswer(position: 10, at: number, checksum: UInt32(number)) : SyncAnswer(position: 0)
        machine.ended(
          request: request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: number == 10 ? nil : 9,
          comparable: 9, now: start, jitter: 0)
      }
      #expect(machine.next(now: start) == .settle(.incomparable(telemetry, 10...10)))
      machine.storeChanged(stored(cut, confirmed: 9))
      guard case .settle = machine.next(now: start) else {
        #expect(isAskedAnew)
        continue
      }
      #expect(!isAskedAnew)
    }
  }

  @Test("What central confirms of a batch that was damaged since it was sent is asked for, and not believed")
  func damagedAfterSending() throws {
    var machine = asked(10, position: 9)
    guard case .send(let request, telemetry, 10, 10) = machine.next(now: start) else { throw Unexpected("no send") }
    machine.started(request: request, through: 10)
    let answer = SyncAnswer(position: 10, at: 10, checksum: 77)
    machine.ended(
      request: request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: nil, now: start, jitter: 0)
    #expect(machine.confirmedThrough(telemetry) == 9)
    guard case .askPosition(_, telemetry, 10) = machine.next(now: start) else { throw Unexpected("no question") }
  }
}
