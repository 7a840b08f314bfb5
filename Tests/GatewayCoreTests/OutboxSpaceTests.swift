import GatewayCore
import Telemetry
import Testing

@Suite("How much the outbox may hold")
struct OutboxSpaceTests {
  private static let mebibyte = 1 << 20

  private static func state(used: Int, spare: Int = 0) -> OutboxState {
    var state = OutboxState(epoch: Epoch(high: 0, low: 1))
    state.usedBytes = used
    state.spareBytes = spare
    return state
  }

  /// All in MiB: what the store holds, what is free in its file, what is free on the disk; the limit. The floor is 64.
  private struct Case: Sendable, CustomTestStringConvertible {
    var used: Int
    var spare: Int
    var free: Int?
    var capacity: Int?
    var limit: Int?
    var testDescription: String
  }

  @Test(
    "The limit is the capacity, or what file and disk have",
    arguments: [
      Case(used: 10, spare: 0, free: nil, capacity: nil, limit: nil, testDescription: "nothing is known"),
      Case(used: 10, spare: 0, free: nil, capacity: 50, limit: 50, testDescription: "only the capacity"),
      Case(used: 10, spare: 0, free: 500, capacity: nil, limit: 446, testDescription: "the disk above its floor"),
      Case(used: 10, spare: 0, free: 500, capacity: 50, limit: 50, testDescription: "the capacity is less"),
      Case(used: 10, spare: 30, free: 100, capacity: nil, limit: 76, testDescription: "pages free in the file count"),
      Case(used: 40, spare: 0, free: 0, capacity: nil, limit: 40, testDescription: "a full disk: the file as it is"),
      Case(used: 30, spare: 10, free: 0, capacity: nil, limit: 40, testDescription: "a full disk after dropping"),
      Case(used: 40, spare: 0, free: 20, capacity: nil, limit: 40, testDescription: "below the floor"),
      Case(used: 4, spare: 0, free: 10, capacity: nil, limit: 9, testDescription: "small: half of what is left"),
      Case(used: 4, spare: 0, free: 60, capacity: nil, limit: 16, testDescription: "it stays small"),
      Case(used: 40, spare: 0, free: 0, capacity: 20, limit: 20, testDescription: "the capacity was made less"),
    ])
  private func limits(_ row: Case) {
    var space = OutboxSpace(
      capacityBytes: row.capacity.map { $0 * Self.mebibyte }, diskFloorBytes: 64 * Self.mebibyte)
    space.diskFreeBytes = row.free.map { $0 * Self.mebibyte }
    let state = Self.state(used: row.used * Self.mebibyte, spare: row.spare * Self.mebibyte)
    #expect(space.limitBytes(of: state) == row.limit.map { $0 * Self.mebibyte })
  }

  @Test("On a disk without a free byte it drops what alarms need, and then nothing more")
  func fullDisk() {
    var space = OutboxSpace()
    space.diskFreeBytes = 0
    var state = Self.state(used: 40 * Self.mebibyte)
    let batch = 10_000
    state.droppableBatches = state.usedBytes / batch
    let before = state.droppableBatches
    // A dropped batch leaves free pages in the file, and nothing on the disk.
    while case .drop(let count, .outboxFull) = space.decide(state, wall: Timestamp(milliseconds: 0)) {
      state.droppableBatches -= count
      state.usedBytes -= count * batch
      state.spareBytes += count * batch
    }
    let dropped = before - state.droppableBatches
    #expect(dropped > 0 && dropped <= before / 16 + OutboxSpace.atOnce, "\(dropped) of \(before) batches were dropped")
  }
}
