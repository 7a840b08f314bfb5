import FleetSimulation
import Foundation
import Telemetry
import Testing

/// A few seeds with every change; `Scripts/simulate` runs a thousand and more.
@Suite("Fleets under virtual time")
struct FleetSimulationTests {
  static let regressions: [UInt64] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("regressions.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { UInt64($0.prefix { $0.isNumber }) }
  }()

  /// New ones each time, printed with the failure.
  static let fresh: [UInt64] = (0..<12).map { _ in .random(in: 1_000...1_000_000_000) }

  @Test("Seeds that failed once hold now", arguments: regressions)
  func regression(seed: UInt64) { expectSound(seed) }

  @Test(
    "Whatever fails, central holds what was accepted once and in order, or a notice says what is missing",
    arguments: fresh)
  func random(seed: UInt64) { expectSound(seed) }

  private func expectSound(_ seed: UInt64) {
    let run = SimulationRun(Scenario(seed: seed))
    for anomaly in run.anomalies {
      Issue.record(
        "seed \(seed): \(anomaly.kind.rawValue): \(anomaly.text); replay: Scripts/simulate --seed \(seed) --trace")
    }
    #expect(run.acceptedSamples > 0)
  }

  @Test("The same seed gives the same run")
  func determinism() {
    let (first, second) = (
      SimulationRun(Scenario(seed: 33), isTracing: true), SimulationRun(Scenario(seed: 33), isTracing: true)
    )
    #expect(
      first.trace == second.trace && first.acceptedSamples == second.acceptedSamples && first.faults == second.faults)
  }

  static let bugs: [(PlantedBugs, Set<Anomaly.Kind>)] = [
    (.dropsBatches, [.lost, .noProgress]), (.storesTwice, [.duplicate, .lost, .invertedOrder, .corrupt, .noProgress]),
    (.changesValues, [.corrupt, .noProgress]),
    (.swapsAlarms, [.invertedAlarms, .lostAlarm, .duplicateAlarm, .divergentAlarmState, .damagedStore, .noProgress]),
    (.repeatsOldValues, [.staleGood]), (.stopsAnswering, [.noProgress]),
    (.acknowledgesFirst, [.lost, .unaccountedGap, .noProgress]),
  ]

  @Test("Each planted fault is found, and under a name that fits it", arguments: bugs)
  func planted(bug: PlantedBugs, names: Set<Anomaly.Kind>) {
    for seed in 1...200 as ClosedRange<UInt64> {
      let found = Set(SimulationRun(Scenario(seed: seed), bugs: bug).anomalies.map(\.kind))
      if !found.isDisjoint(with: names) { return }
    }
    Issue.record("200 seeds did not find it")
  }
}
