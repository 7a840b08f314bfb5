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
