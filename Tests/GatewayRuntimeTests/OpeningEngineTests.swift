import BatchCodec
import FieldgateTestKit
import GatewayCore
import GatewayRuntime
import SQLite
import SQLiteOutbox
import Telemetry
import Testing

@Suite("An engine whose outbox takes long to be opened")
struct OpeningEngineTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: press, bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }]
    rules: [{ name: hot, tag: press/value, above: 3 }]
    """

  private func scan(_ values: Range<Int64>, _ bench: EngineBench) {
    for value in values {
      bench.scan(0, [Reading(.integer(value))])
      bench.wait(.seconds(1))
    }
  }

  @Test("Meanwhile values are published and judged, and wait; then all of them are committed, in their order")
  func opening() throws {
    let bench = try EngineBench(Self.yaml, isOpening: true)
    bench.connect()
    scan(1..<6, bench)
    #expect(!bench.engine.isOutboxOpen && bench.engine.samplesWaiting == 5 && bench.engine.samplesDropped == 0)
    #expect(bench.broker.text("fieldgate/g/press")?.contains("\"value\":5") == true)
    #expect(bench.broker.text("fieldgate/g/alarms/hot")?.contains("\"active\":true") == true)
    bench.readFaults.isOpening = false
    // Not at the next attempt, which may be ten seconds away.
    bench.engine.take(.storeReady)
    #expect(bench.engine.isOutboxOpen)
    bench.wait(.seconds(1))
    #expect(bench.engine.samplesWaiting == 0 && bench.engine.outboxState.samples(.telemetry) == 5)
    #expect(bench.engine.outboxState.samples(.alarms) == 1)
    scan(6..<8, bench)
    #expect(bench.engine.outboxState.samples(.telemetry) == 7)
  }

  @Test("What waits is committed when the daemon ends just as the opening does")
  func ending() throws {
    let bench = try EngineBench(Self.yaml, isOpening: true)
    scan(1..<3, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.stop)
    bench.engine.finish()
    #expect(bench.engine.outboxState.samples(.telemetry) == 2 && bench.engine.samplesWaiting == 0)
  }

  @Test("An alarm that was active before the start stays so, and is not raised a second time")
  func knownAlarm() throws {
    let first = try EngineBench(Self.yaml)
    scan(5..<6, first)
    #expect(first.engine.outboxState.samples(.alarms) == 1)
    let bench = try first.restarted(isOpening: true)
    scan(5..<8, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.storeReady)
    bench.wait(.seconds(1))
    #expect(bench.engine.outboxState.samples(.alarms) == 1 && bench.engine.outboxState.samples(.telemetry) == 4)
  }

  /// All good samples of the telemetry lane, as they were cut.
  private func stored(_ bench: EngineBench) throws -> [(time: Int64, value: Int64)] {
    bench.wait(.seconds(3 * 3_700))
    let state = bench.engine.outboxState
    let store = SQLiteOutbox(.machine(directory: bench.temporary.path, boot: "boot"))
    bench.stop()
    _ = try store.open()
    defer { store.close() }
    var found: [(Int64, Int64)] = []
    let epochs = state.retired.map { ($0.epoch, $0.lanes[.telemetry]?.cutThrough ?? 0) }
    for (epoch, last) in epochs + [(state.epoch, state[.telemetry].cutThrough)] where last > 0 {
      let row = EpochLane(epoch, .telemetry)
      var rest = try store.batches(row, from: 1, through: last, maximumBytes: 1 << 20).bytes[...]
      while !rest.isEmpty {
        let length = try BatchCodec.readHeader(rest).length
        if case .telemetry(_, let blocks, _, _) = try BatchCodec.decode(rest.prefix(length)).content {
          for block in blocks {
            for (row, time) in block.times.enumerated() where block.columns[0].qualities[row] == .good {
              found.append((time.milliseconds, block.columns[0].bits[row]))
            }
          }
        }
        rest = rest.dropFirst(length)
      }
    }
    return found
  }

  @Test("A wall clock that turns out to be behind the store is not believed: values get their places once it is set")
  func clockBehind() throws {
    let first = try EngineBench(Self.yaml)
    scan(1..<3, first)
    let newest = first.clock.wall()
    let bench = try first.restarted(isOpening: true) {
      // A clock without a battery, at the time of its last saving.
      $0.isSynchronized = false
      $0.wallBegan = $0.wallBegan + .seconds(-3_600)
    }
    scan(3..<6, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.storeReady)
    #expect(!bench.engine.isTrustingClock)
    scan(6..<8, bench)
    bench.clock.isSynchronized = true
    bench.clock.wallBegan = bench.clock.wallBegan + .seconds(3_600)
    bench.wait(.seconds(40))
    #expect(bench.engine.isTrustingClock)
    let found = try stored(bench)
    #expect(found.map(\.value) == [1, 2, 3, 4, 5, 6, 7])
    let times = found.map { $0.time - newest.milliseconds }
    #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 1_000 }, "\(times)")
  }

  @Test("Alarms from before the clock was set get their times also while the store is not open")
  func alarmTimes() throws {
    let clock = ManualClock()
    clock.isSynchronized = false
    clock.wallBegan = Timestamp(milliseconds: 0)
    let bench = try EngineBench(Self.yaml, isOpening: true, clock: clock)
    bench.connect()
    scan(4..<5, bench)
    clock.isSynchronized = true
    clock.wallBegan = Timestamp(milliseconds: 1_800_000_000_000)
    scan(2..<3, bench)
    bench.readFaults.isOpening = false
    bench.engine.take(.storeReady)
    bench.wait(.seconds(2))
    let state = bench.engine.outboxState
    let store = SQLiteOutbox(.machine(directory: bench.temporary.path, boot: "boot"))
    bench.stop()
    _ = try store.open()
    defer { store.close() }
    let row = EpochLane(state.epoch, .alarms)
    let bytes = try store.batches(row, from: 1, through: state[.alarms].cutThrough, maximumBytes: 1 << 20).bytes
    guard case .alarms(let events, _) = try BatchCodec.decode(bytes[...]).content else {
      throw TestKitError("no alarms")
    }
    #expect(events.map(\.transition) == [.raised, .returned])
    #expect(events.map(\.time.milliseconds) == [1_800_000_001_000, 1_800_000_002_000])
  }

  @Test("People's commands are refused until the alarms of before are known", arguments: ["acknowledge", "unshelve"])
  func commands(action: String) throws {
    let first = try EngineBench(Self.yaml)
    scan(5..<6, first)
    let bench = try first.restarted(isOpening: true)
    bench.connect()
    let order = Array("{\"\(action)\":true,\"by\":\"anna\",\"id\":\"1\"}".utf8)
    func send() -> String? {
      bench.engine.take(.message(BrokerMessage(topic: "fieldgate/g/alarms/hot/set", payload: order)))
      bench.engine.turn()
      return bench.broker.text("fieldgate/g/alarms/hot/set/reply")
    }
    #expect(send()?.contains("\"reason\":\"busy\"") == true)
    bench.readFaults.isOpening = false
    bench.engine.take(.storeReady)
    #expect(send()?.contains("\"reason\":\"busy\"") == false)
  }

  @Test("A frame that changes on the disk closes the store, which is checked and goes on; nothing else is lost")
  func suspect() throws {
    let bench = try EngineBench(Self.yaml)
    scan(1..<4, bench)
    let other = try SQLiteConnection(path: bench.temporary.path + "/outbox.db", mode: .readWrite)
    try other.execute("UPDATE frames SET bytes = zeroblob(length(bytes)) WHERE sequence = 2")
    other.close()
    bench.wait(.seconds(3_600))
    scan(4..<7, bench)
    #expect(bench.engine.isOutboxOpen && bench.engine.outboxState.damagedFrames == 1)
    let values = try stored(bench).map(\.value)
    #expect(values == [1, 3, 4, 5, 6])
  }

  @Test("What waits while a damaged store is taken over is kept, though the notice of it takes the next number")
  func pendingOverSalvage() throws {
    let bench = try EngineBench(Self.yaml)
    scan(1..<3, bench)
    let path = bench.temporary.path + "/outbox.db"
    bench.readFaults.damage = {
      // Not as its copy says.
      let other = try? SQLiteConnection(path: path, mode: .readWrite)
      try? other?.execute("DROP TRIGGER copy_store_update; UPDATE store SET owes_alarm_states = 1")
      other?.close()
    }
    scan(3..<4, bench)
    scan(4..<6, bench)
    bench.wait(.seconds(10))
    #expect(
      bench.engine.isOutboxOpen && bench.engine.outboxState.lost[.damagedStore] != nil, "\(bench.engine.outboxState)")
    let values = try stored(bench).map(\.value)
    #expect(values == [1, 2, 3, 4, 5])
  }
}
