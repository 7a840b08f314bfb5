import GatewayCore
import SyncProtocol
import Telemetry
import Testing

@Suite("Delivery beside a copy of the gateway")
struct DeliveryOfCopiesTests {
  private let row = EpochLane(Epoch(high: 0, low: 1), .telemetry)
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  /// - Parameter isRetired: whether the store meanwhile began a new epoch.
  private func stored(cutThrough: UInt64, isRetired: Bool = false) -> OutboxState {
    var lane = OutboxState.LaneState()
    lane.cutThrough = cutThrough
    lane.batchCount = Int(cutThrough)
    guard isRetired else {
      var state = OutboxState(epoch: row.epoch)
      state[.telemetry] = lane
      return state
    }
    var state = OutboxState(epoch: Epoch(high: 0, low: 2))
    state.retired = [.init(epoch: row.epoch, reason: "copied", isMoving: false, lanes: [.telemetry: lane])]
    return state
  }

  private func question(_ machine: inout DeliveryMachine) -> (request: Int, at: UInt64)? {
    while case .askPosition(let request, let asked, let at) = machine.next(now: start) {
      if asked == row { return (request, at) }
      machine.ended(
        request: request, .answer(status: 200, SyncAnswer(position: 0), retryAfter: nil), now: start, jitter: 0)
    }
    return nil
  }

  @Test(
    "A position that was asked for before the first batch was cut confirms nothing: it is the other's",
    arguments: [false, true])
  func firstBatch(isRetired: Bool) throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cutThrough: 0))
    let first = try #require(question(&machine))
    #expect(first.at == 0)
    machine.storeChanged(stored(cutThrough: 1, isRetired: isRetired))
    let answer = SyncAnswer(position: 11, at: 11, checksum: 77)
    machine.ended(
      request: first.request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: nil, now: start, jitter: 0)
    #expect(machine.confirmedThrough(row) == 0)
    #expect(try #require(question(&machine)).at == 1)
  }

  @Test("Nor does one for batches of an epoch that ended while it was asked for")
  func retiredWhileAsking() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored(cutThrough: 1))
    let first = try #require(question(&machine))
    machine.storeChanged(stored(cutThrough: 3, isRetired: true))
    let answer = SyncAnswer(position: 11, at: 1, checksum: 77)
    machine.ended(
      request: first.request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: 77, now: start, jitter: 0)
    #expect(machine.confirmedThrough(row) == 0)
    #expect(try #require(question(&machine)).at == 3)
  }
}

/// A store and a central in miniature: the check sum of a batch is its number, of another's batch a thousand more.
@Suite("What a copied gateway had delivered when central was set back")
struct DeliveryOfForgottenPastTests {
  private let epoch = Epoch(high: 0, low: 1)
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)
  private var telemetry: EpochLane { EpochLane(epoch, .telemetry) }
  private var alarms: EpochLane { EpochLane(epoch, .alarms) }

  struct Central {
    /// Of each row: through which number it has this store's batches, and through which any.
    var rows: [EpochLane: (common: UInt64, position: UInt64)] = [:]

    func answer(_ row: EpochLane, at number: UInt64) -> SyncAnswer {
      let (common, position) = rows[row] ?? (0, 0)
      let at = min(number, position)
      guard at > 0 else { return SyncAnswer(position: position) }
      return SyncAnswer(position: position, at: at, checksum: UInt32(at <= common ? at : at + 1_000))
    }
  }

  private func stored(_ lanes: [Lane: (cut: UInt64, confirmed: UInt64)], isRetired: Bool = false) -> OutboxState {
    var held: [Lane: OutboxState.LaneState] = [:]
    for (lane, (cut, confirmed)) in lanes {
      var state = OutboxState.LaneState()
      (state.cutThrough, state.confirmedThrough, state.batchCount) = (cut, confirmed, Int(cut - confirmed))
      held[lane] = state
    }
    var state = OutboxState(epoch: isRetired ? Epoch(high: 0, low: 2) : epoch)
    if isRetired {
      state.retired = [.init(epoch: epoch, reason: "restored", isMoving: false, lanes: held)]
    } else {
      state.lanes = held
    }
    return state
  }

  /// Runs until something is to be settled; own check sums are known of all numbers.
  private func finding(_ machine: inout DeliveryMachine, _ central: Central) -> DeliveryMachine.Finding? {
    for _ in 0..<200 {
      switch machine.next(now: start) {
      case .askPosition(let request, let row, let at):
        let answer = central.answer(row, at: at)
        machine.ended(
          request: request, .answer(status: 200, answer, retryAfter: nil), ownChecksum: answer.at.map { UInt32($0) },
          now: start, jitter: 0)
      case .settle(let finding): return finding
      case .send, .wait: return nil
      }
    }
    return nil
  }

  @Test("Is found out though nothing new was cut, and named", arguments: [false, true])
  func allFilled(isRetired: Bool) throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored([.telemetry: (isRetired ? 7 : 6, 6), .alarms: (4, 4)], isRetired: isRetired))
    let central = Central(rows: [telemetry: (2, 9), alarms: (3, 4)])
    let gone = [telemetry: UInt64(3)...6, alarms: UInt64(4)...4]
    switch finding(&machine, central) {
    case .retire(.abandon, let found)? where !isRetired: #expect(found == gone)
    case .abandon(epoch, let found)? where isRetired: #expect(found == gone)
    case let other: Issue.record("\(String(describing: other))")
    }
  }

  @Test("Of a lane where the other did not come as far, all behind the fork is named")
  func partlyFilled() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored([.telemetry: (9, 6), .alarms: (4, 4)]))
    let found = finding(&machine, Central(rows: [telemetry: (2, 4), alarms: (4, 4)]))
    guard case .retire(.abandon, let gone)? = found else { throw DeliveryMachineTests.Unexpected("\(found as Any)") }
    #expect(gone == [telemetry: 3...6])
  }

  @Test("Where only what was not confirmed is another's, nothing is gone")
  func nothingGone() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored([.telemetry: (9, 6), .alarms: (4, 4)]))
    let found = finding(&machine, Central(rows: [telemetry: (6, 12), alarms: (4, 4)]))
    guard case .retire(.abandon, let gone)? = found else { throw DeliveryMachineTests.Unexpected("\(found as Any)") }
    #expect(gone.isEmpty)
  }

  @Test("A link that fails while it is looked for begins the search again, and it ends")
  func failures() throws {
    var machine = DeliveryMachine()
    machine.storeChanged(stored([.telemetry: (9, 6), .alarms: (4, 4)]))
    let central = Central(rows: [telemetry: (2, 9), alarms: (3, 4)])
    var now = start
    var asked = 0
    while true {
      switch machine.next(now: now) {
      case .askPosition(let request, let row, let at):
        asked += 1
        // Fails less and less often.
        let fails = asked < 60 && asked % (3 + asked / 10) == 0
        let answer = central.answer(row, at: at)
        machine.ended(
          request: request, fails ? .failure("link down") : .answer(status: 200, answer, retryAfter: nil),
          ownChecksum: answer.at.map { UInt32($0) }, now: now, jitter: 0)
      case .wait(let until):
        try #require(until != .never && asked < 500)
        now = until
      case .settle(let finding):
        guard case .retire(.abandon, let gone) = finding else { throw DeliveryMachineTests.Unexpected("\(finding)") }
        #expect(gone == [telemetry: 3...6, alarms: 4...4] && asked > 8)
        return
      case .send: throw DeliveryMachineTests.Unexpected("it sent batches of a past that is not central's")
      }
    }
  }
}
