import CentralCore
import Foundation
import SampleTelemetry
import SyncProtocol
import Telemetry
import Testing

/// Gateways that send over two connections, lose requests and answers, and go on as the protocol says; a store whose commits
/// fail, sometimes after they took effect. All under virtual time, from a seed.
@Suite("Ingest, simulated")
struct IngestSimulationTests {
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = state
      mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
      return mixed ^ mixed >> 31
    }
  }

  static let seeds: [UInt64] = {
    if let text = ProcessInfo.processInfo.environment["FIELDGATE_SEED"], let seed = UInt64(text) { return [seed] }
    return (0..<40).map { _ in .random(in: 0...UInt64.max) }
  }()

  @Test("Whatever is lost, doubled, reordered or fails, each batch is stored once and in order", arguments: seeds)
  func simulate(seed: UInt64) throws {
    var random = Generator(state: seed)
    let keys = (0..<4).map { BatchFactory.key("gateway-\($0)", lane: $0 == 0 ? .alarms : .telemetry) }
    let total: UInt64 = 40
    var stored: [LaneKey: [UInt64]] = [:]
    var confirmed: [LaneKey: UInt64] = [:]
    var machine = IngestMachine()
    var now = MonotonicTime(nanoseconds: 0)
    var open: [Int: LaneKey] = [:]
    var identifier = 0
    var steps = 0
    while keys.contains(where: { confirmed[$0, default: 0] < total }) {
      steps += 1
      try #require(
        steps < 20_000, "seed \(seed): no progress; replay: FIELDGATE_SEED=\(seed) swift test --filter IngestSimulation"
      )
      now = now + .milliseconds(Int.random(in: 0...400, using: &random))
      let key = keys.randomElement(using: &random) ?? keys[0]
      let first = confirmed[key, default: 0] + 1
      if first <= total {
        // Sometimes an older range again, sometimes the second request before the first.
        let from = max(1, Int(first) + Int.random(in: -3...3, using: &random))
        let through = min(Int(total), from + Int.random(in: 0...5, using: &random))
        if from <= through {
          identifier += 1
          open[identifier] = key
          machine.submit(try BatchFactory.submission(identifier, key, UInt64(from)...UInt64(through)), now: now)
        }
      }
      for key in machine.unknownLanes {
        machine.learned(key, LaneHead(position: stored[key]?.last ?? 0, checksum: nil))
      }
      if let group = machine.nextGroup(now: now) {
        let fate = Int.random(in: 0..<10, using: &random)
        if fate != 0 {
          for (key, batch) in group.batches {
            #expect(batch.number == (stored[key]?.last ?? 0) + 1, "seed \(seed)")
            stored[key, default: []].append(batch.number)
          }
        }
        // 0: nothing was stored; 1: it was, but the commit reported an error.
        if fate < 2 { machine.failed(group, "simulated") } else { machine.committed(group) }
      }
      for (identifier, answer) in machine.takeAnswers() {
        guard let key = open.removeValue(forKey: identifier) else {
          Issue.record("seed \(seed): two answers to one request")
          continue
        }
        if let position = answer.body.position {
          #expect(position <= stored[key]?.last ?? 0, "seed \(seed): a position was told before its data was stored")
          // One answer in ten is lost on its way.
          if Int.random(in: 0..<10, using: &random) != 0 { confirmed[key] = max(confirmed[key, default: 0], position) }
        }
      }
      // Central restarts: the machine forgets everything, open requests fail.
      if Int.random(in: 0..<100, using: &random) == 0 {
        machine = IngestMachine()
        open.removeAll()
      }
    }
    for key in keys { #expect(stored[key] == Array(1...total), "seed \(seed)") }
  }
}
