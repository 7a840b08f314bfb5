import SyncProtocol
import Telemetry
import Testing

@testable import GatewayCore

@Suite("Epochs that are over are asked for when central may have been set back")
struct LookingBackTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)
  private let current = Epoch(high: 0, low: 9)
  private let old = EpochLane(Epoch(high: 0, low: 1), .telemetry)
  private let older = EpochLane(Epoch(high: 0, low: 2), .alarms)

  private func stored(cut: UInt64, ended: [EpochLane: UInt64]) -> OutboxState {
    var state = OutboxState(epoch: current)
    state[.telemetry].cutThrough = cut
    state[.telemetry].batchCount = Int(cut)
    state.ended = ended.sorted { $0.key.epoch.low > $1.key.epoch.low }.map {
      .init(epoch: $0.key.epoch, confirmed: [$0.key.lane: $0.value])
    }
    return state
  }

  /// Lets the machine do what it can without waiting; central has nothing of the current epoch, of others as `central` says.
  ///
  /// - Returns: numbers asked for by row, what was sent, and how it ended.
  private func run(
    _ machine: inout DeliveryMachine, at now: MonotonicTime, central: [EpochLane: UInt64] = [:]
  ) -> (asked: [EpochLane: [UInt64]], sent: Int, end: DeliveryMachine.Action) {
    var asked: [EpochLane: [UInt64]] = [:]
    var sent = 0
    for _ in 0..<1_000 {
      switch machine.next(now: now) {
      case .askPosition(let request, let row, let number):
        asked[row, default: []].append(number)
        let position = central[row] ?? 0
        let at = min(number, position)
        let answer = at > 0 ? SyncAnswer(position: position, at: at, checksum: UInt32(at)) : SyncAnswer(position: 0)
        machine.ended(
          request: request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: answer.at.map { UInt32($0) },
          now: now, jitter: 0)
      case .send(let request, _, _, let through):
        sent += 1
        machine.started(request: request, through: through)
        machine.ended(
          request: request,
          .answer(status: 200, SyncAnswer(position: through, at: through, checksum: 1), retryAfter: nil),
          ownChecksum: 1, now: now, jitter: 0)
      case let end: return (asked, sent, end)
      }
    }
    return (asked, sent, .wait(until: .never))
  }

  @Test("At the start, after the positions are known, once; then hourly; sooner after a failure, but not without pause")
  func occasions() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cut: 3, ended: [old: 7, older: 4]))
    #expect(machine.mustLookBack)
    let central = [old: UInt64(9), older: 4]
    let first = run(&machine, at: start, central: central)
    #expect(first.asked[old] == [7] && first.asked[older] == [4] && first.sent == 1)
    #expect(first.end == .wait(until: start + .seconds(3_600)) && !machine.mustLookBack)

    let early = run(&machine, at: start + .seconds(3_599), central: central)
    #expect(early.asked.isEmpty)
    let hourly = run(&machine, at: start + .seconds(3_600), central: central)
    #expect(hourly.asked[old] == [7] && hourly.asked[older] == [4])

    // A failure is a sign; within a minute of the last time it waits.
    let now = start + .seconds(3_610)
    machine.storeChanged(stored(cut: 4, ended: [old: 7, older: 4]))
    guard case .send(let request, _, _, _) = machine.next(now: now) else {
      throw DeliveryMachineTests.Unexpected("no send")
    }
    machine.ended(request: request, .failure("link down"), now: now, jitter: 1)
    #expect(machine.mustLookBack)
    let after = central.merging([EpochLane(current, .telemetry): 4]) { $1 }
    let soon = run(&machine, at: now + .seconds(2), central: after)
    #expect(soon.asked[old] == nil && soon.end == .wait(until: start + .seconds(3_660)))
    #expect(run(&machine, at: start + .seconds(3_660), central: after).asked[old] == [7])
    #expect(!machine.mustLookBack)
  }

  @Test("What central has no more is named, once, and sending goes on")
  func gone() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cut: 2, ended: [old: 7, older: 4]))
    let central = [old: UInt64(5), older: 4]
    let first = run(&machine, at: start, central: central)
    let finding = DeliveryMachine.Finding.gone([old: 6...7])
    #expect(first.end == .settle(finding))
    machine.settled(finding, now: start)
    machine.storeChanged(stored(cut: 3, ended: [old: 5, older: 4]))
    let second = run(&machine, at: start + .seconds(1), central: central)
    #expect(second.sent > 0 && second.asked[old] == nil)
    let third = run(&machine, at: start + .seconds(60), central: central)
    #expect(third.asked[old] == [5] && third.end == .wait(until: start + .seconds(3_660)))
  }

  @Test("A failure in between begins it anew; quiet hours put it off")
  func interruptions() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cut: 0, ended: [old: 7]))
    machine.pauseTelemetry(until: start + .seconds(30))
    let quiet = run(&machine, at: start, central: [old: 7])
    #expect(quiet.asked[old] == nil && machine.mustLookBack)
    machine.pauseTelemetry(until: nil)
    for _ in 0..<5 {
      var asked: Int?
      while case .askPosition(let request, let row, _) = machine.next(now: start + .seconds(40)) {
        guard row != old else {
          asked = request
          break
        }
        machine.ended(
          request: request, .answer(status: 200, SyncAnswer(position: 0), retryAfter: nil), now: start, jitter: 0)
      }
      machine.ended(
        request: try #require(asked), .answer(status: 503, SyncAnswer(position: nil, error: .busy), retryAfter: .zero),
        now: start + .seconds(40), jitter: 0)
      #expect(machine.mustLookBack)
    }
    #expect(run(&machine, at: start + .seconds(100), central: [old: 7]).asked[old] == [7])
    #expect(!machine.mustLookBack)
  }

  @Test("Alarms and telemetry are sent while the answer to such a question is awaited, which is asked one at a time")
  func besides() throws {
    var machine = DeliveryMachine()
    var state = stored(cut: 0, ended: [old: 7, older: 4])
    machine.storeChanged(state)
    var questions: [EpochLane] = []
    for _ in 0..<20 {
      guard case .askPosition(let request, let row, _) = machine.next(now: start) else { break }
      if row.epoch == current {
        machine.ended(
          request: request, .answer(status: 200, SyncAnswer(position: 0), retryAfter: nil), now: start, jitter: 0)
      } else {
        questions.append(row)
      }
    }
    #expect(questions.count == 1)
    state[.alarms].cutThrough = 1
    state[.telemetry].cutThrough = 3
    machine.storeChanged(state)
    var sent: Set<Lane> = []
    while case .send(_, let row, _, _) = machine.next(now: start) { sent.insert(row.lane) }
    #expect(sent == [.alarms, .telemetry])
    #expect(machine.next(now: start) == .wait(until: .never))
  }

  @Test("A gateway of one epoch asks for nothing else")
  func usual() {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cut: 3, ended: [:]))
    let result = run(&machine, at: start)
    #expect(Set(result.asked.keys.map(\.epoch)) == [current] && result.end == .wait(until: .never))
    #expect(!machine.mustLookBack)
  }
}
