import BatchCodec
import GatewayCore
import Telemetry
import Testing

@testable import SQLiteOutbox

@Suite("Looking into the outbox")
struct OutboxLookingTests {
  let scratch: OutboxScratch
  let store: SQLiteOutbox
  let id: Int
  private static let ever = Timestamp(milliseconds: .min)..<Timestamp(milliseconds: .max)

  init() throws {
    scratch = try OutboxScratch()
    store = try scratch.open()
    id = try store.register(scratch.catalogue)
  }

  private struct Look {
    /// Times of the rows of what is cut, and of what is not.
    var cut: [Int64] = []
    var uncut: [Int64] = []
    var parts = 0
  }

  /// All of it, as a client puts it together.
  ///
  /// - Parameter between: is called before each call but the first.
  private func look(
    _ range: Range<Timestamp> = ever, bytes: Int = 1 << 18, between: (Int) throws -> Void = { _ in }
  ) throws -> Look {
    var look = Look()
    var position = StoredTelemetryPosition()
    var partial: [UInt8] = []
    var isCut = true
    while let part = try store.telemetry(after: position, in: range, maximumBytes: bytes) {
      #expect(part.bytes.count <= bytes && part.next != position)
      look.parts += 1
      position = try #require(StoredTelemetryPosition(text: part.next.text))
      if part.isCut != isCut { partial = [] }
      isCut = part.isCut
      partial += part.bytes
      if part.isLast, !partial.isEmpty {
        let batch = try BatchCodec.decode(partial[...])
        partial = []
        guard case .telemetry(_, let blocks, _, _) = batch.content else { throw OutboxScratch.Impossible() }
        let times = blocks.flatMap(\.times).map(\.milliseconds)
        if part.isCut {
          look.cut += times
          look.uncut = []
        } else {
          look.uncut += times
        }
      }
      try between(look.parts)
    }
    return look
  }

  private func times(_ frames: [PendingFrame]) -> [Int64] {
    frames.flatMap { stride(from: $0.firstTime.milliseconds, through: $0.lastTime.milliseconds, by: 1_000) }
  }

  private func frames(_ rows: Int...) throws -> [PendingFrame] {
    try rows.map { try scratch.telemetry(rows: $0, catalogueID: id) }
  }

  @Test(
    "Batches come in their order, then what is not cut yet, in parts of any size; nothing is changed",
    arguments: [1, 50, 1 << 18])
  func whole(bytes: Int) throws {
    let first = try frames(5, 3)
    let second = try frames(7)
    _ = try store.commit(.with(first, cut: [.telemetry]))
    _ = try store.commit(.with(second + [scratch.alarm("hot", .raised)], cut: [.telemetry, .alarms]))
    let third = try frames(2, 4)
    let state = try store.commit(.with(third))
    let found = try look(bytes: bytes)
    #expect(found.cut == times(first + second) && found.uncut == times(third))
    #expect(bytes > 1_000 ? found.parts < 8 : found.parts > 8)
    #expect(try store.state() == state)
  }

  @Test("An empty store has nothing")
  func empty() throws {
    let found = try look()
    #expect(found.cut.isEmpty && found.uncut.isEmpty)
  }

  @Test("Batches of another time are passed over, more of them than one call looks at")
  func bounded() throws {
    let all = try (0..<150).map { _ in try scratch.telemetry(rows: 2, catalogueID: id) }
    for frame in all { _ = try store.commit(.with([frame], cut: [.telemetry])) }
    let wanted = all[130]
    let found = try look(wanted.firstTime..<Timestamp(milliseconds: wanted.lastTime.milliseconds + 1))
    #expect(found.cut == times([wanted]))
    #expect(found.parts < 10, "\(found.parts)")
  }

  @Test("What is cut while somebody looks comes as a batch, and its frames are void")
  func cutMeanwhile() throws {
    let first = try frames(5)
    let second = try frames(6)
    let third = try frames(3)
    _ = try store.commit(.with(first, cut: [.telemetry]))
    _ = try store.commit(.with(second))
    var isDone = false
    let found = try look(bytes: 40) { parts in
      // In the middle of what is not cut.
      guard !isDone, parts >= 6 else { return }
      isDone = true
      _ = try store.commit(.with(third, cut: [.telemetry]))
    }
    #expect(isDone && found.cut == times(first + second + third) && found.uncut.isEmpty)
  }

  @Test("A batch that central confirms in the middle of it is not whole")
  func deliveredMeanwhile() throws {
    let first = try frames(500)
    _ = try store.commit(.with(first, cut: [.telemetry]))
    let row = EpochLane(try store.state().epoch, .telemetry)
    // The first call finds the epoch, the second the batch.
    let epoch = try #require(try store.telemetry(after: .init(), in: Self.ever, maximumBytes: 50))
    let part = try #require(try store.telemetry(after: epoch.next, in: Self.ever, maximumBytes: 50))
    #expect(part.bytes.count == 50 && !part.isLast)
    _ = try store.commit(.with(confirmed: [row: 1]))
    let rest = try #require(try store.telemetry(after: part.next, in: Self.ever, maximumBytes: 50))
    #expect(rest.bytes.isEmpty && rest.isLast)
    #expect(try store.telemetry(after: rest.next, in: Self.ever, maximumBytes: 50) == nil)
  }

  @Test("Frames without a trusted clock are left out, and those behind them")
  func withoutClock() throws {
    let early = try scratch.telemetry(rows: 3, catalogueID: id, bootTimesFrom: 5_000)
    _ = try store.commit(.with([early]))
    _ = try store.commit(.with(try frames(2)))
    #expect(try look().uncut.isEmpty)
  }

  @Test(
    "A position is only what one was",
    arguments: ["", "1-2-3-4", "1-2-3-4-x", "-1-2-3-4-5", "1-2-3-4-9223372036854775807"])
  func positions(text: String) {
    #expect(StoredTelemetryPosition(text: text) == nil)
  }
}
