import AlarmStates
import BatchCodec
import FieldgateTestKit
import GatewayCore
import GatewayRuntime
import SQLite
import SQLiteOutbox
import SyncProtocol
import Telemetry
import Testing

/// Remembers what the engine asks of central.
final class AskedCentral: CentralLink {
  private(set) var requests: [HTTPRequest] = []
  func perform(_ request: HTTPRequest) { requests.append(request) }

  func takeQuestion(of lane: Lane) -> HTTPRequest? {
    guard let index = requests.firstIndex(where: { $0.method == .get && $0.path.contains("/\(lane.name)") }) else {
      return nil
    }
    return requests.remove(at: index)
  }
}

@Suite("An engine that compares what central has with its outbox")
struct DeliveryEngineTests {
  private static let yaml = """
    gateway: g
    broker: { host: 127.0.0.1 }
    buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1 }]
    devices: [{ name: first, bus: plc, unit: 1, every: 1s, tags: [{ name: value, holding: 0 }] }]
    central: { url: "https://central", authority: /ca.pem, certificate: /c.pem, key: /k.pem }
    """

  private func answer(_ text: String, to request: HTTPRequest, _ bench: EngineBench) {
    bench.engine.take(
      .central(
        HTTPResult(
          identifier: request.identifier, outcome: .answered(status: 200, body: Array(text.utf8), retryAfter: nil))))
    bench.engine.turn()
  }

  /// One batch of telemetry was cut and sent.
  private func benchWithBatch(_ central: AskedCentral) throws -> EngineBench {
    let bench = try EngineBench(Self.yaml, central: central)
    bench.wait(.seconds(1))
    for lane in Lane.allCases { answer(#"{"position":0}"#, to: try #require(central.takeQuestion(of: lane)), bench) }
    for value in 0..<3 {
      bench.scan(0, [Reading(.integer(Int64(value)))])
      bench.wait(.seconds(1))
    }
    bench.wait(.seconds(12))
    return bench
  }

  @Test("An outbox that cannot be read just then deletes nothing for another's batch; later it finds out")
  func unreadable() throws {
    let central = AskedCentral()
    let bench = try benchWithBatch(central)
    let epoch = bench.engine.outboxState.epoch
    #expect(bench.engine.outboxState[.telemetry].cutThrough == 1)
    let sent = try #require(central.requests.first { $0.method == .post && !$0.isUrgent })
    bench.readFaults.checksums = true
    answer(#"{"position":1,"at":1,"checksum":12345}"#, to: sent, bench)
    bench.wait(.seconds(8))
    #expect(bench.engine.outboxState[.telemetry].confirmedThrough == 0)
    #expect(bench.engine.outboxState[.telemetry].batchSamples == 3)
    bench.readFaults.checksums = false
    answer(#"{"position":0}"#, to: try #require(central.takeQuestion(of: .alarms)), bench)
    answer(#"{"position":1,"at":1,"checksum":12345}"#, to: try #require(central.takeQuestion(of: .telemetry)), bench)
    bench.wait(.seconds(2))
    #expect(bench.engine.outboxState.epoch != epoch && bench.engine.outboxState.samples(.telemetry) == 3)
  }

  @Test("A batch that was damaged while it was under way is confirmed only with a notice, since nobody can compare it")
  func damagedUnderWay() throws {
    let central = AskedCentral()
    let bench = try benchWithBatch(central)
    let epoch = bench.engine.outboxState.epoch
    let sent = try #require(central.requests.first { $0.method == .post && !$0.isUrgent })
    let disk = try SQLiteConnection(path: bench.temporary.path + "/outbox.db", mode: .readWrite)
    try disk.execute("UPDATE batches SET bytes = zeroblob(length(bytes)) WHERE lane = 2")
    disk.close()
    answer(#"{"position":1,"at":1,"checksum":12345}"#, to: sent, bench)
    #expect(bench.engine.outboxState[.telemetry].confirmedThrough == 0)
    answer(#"{"position":1,"at":1,"checksum":12345}"#, to: try #require(central.takeQuestion(of: .telemetry)), bench)
    bench.wait(.seconds(2))
    let lane = bench.engine.outboxState[.telemetry]
    #expect(lane.confirmedThrough == 1 && lane.cutThrough == 2 && lane.batchCount == 1)
    #expect(bench.engine.outboxState.epoch == epoch)
    // It goes on with the notice.
    answer(#"{"position":1,"at":1,"checksum":12345}"#, to: try #require(central.takeQuestion(of: .telemetry)), bench)
    let next = try #require(central.requests.last { $0.method == .post && !$0.isUrgent })
    #expect(next.identifier != sent.identifier)
    let batch = try BatchCodec.decode(next.body[...])
    guard case .telemetry(_, _, _, let losses) = batch.content else { throw TestKitError("no telemetry") }
    #expect(batch.header.number == 2 && losses.map(\.numbers) == [1...1])
  }
}
