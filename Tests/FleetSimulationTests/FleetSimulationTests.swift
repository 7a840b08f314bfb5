import FleetSimulation
import Foundation
import Telemetry
import Testing

/// A few seeds with the ordinary tests; `Scripts/simulate` runs a thousand with every change, and more at night.
@Suite("Fleets under virtual time")
struct FleetSimulationTests {
  static let regressions: [Scenario] = {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("regressions.txt")
    return Scenario.regressions(in: (try? String(contentsOf: file, encoding: .utf8)) ?? "")
  }()

  /// The same each time: a change is judged by what it changed. New ones are for `Scripts/simulate --nightly`.
  static let usual: ClosedRange<UInt64> = 1...30

  @Test("Seeds that failed once hold now", arguments: regressions)
  func regression(scenario: Scenario) { expectSound(scenario) }

  @Test("Seeds from before there was a fault stay as they were, others are marked")
  func oldSeeds() throws {
    let younger: [Scenario.Fault] = [.shortKeep, .smallMemory, .slowOpening, .liveDamage]
    let seed = try #require((1...3_000 as ClosedRange<UInt64>).first { younger.allSatisfy(Scenario(seed: $0).has) })
    let read = Scenario.regressions(in: "\(seed)  was wrong\n\(seed)k the same\n\(seed)kmod\tonce more\n# nothing\n")
    #expect(read.map(\.seed) == [seed, seed, seed])
    #expect(
      younger.map { fault in read.map { $0.has(fault) } } == [[false, true, true]]
        + Array(repeating: [false, false, true], count: 3))
    #expect(read[2] == Scenario(seed: seed))
  }

  @Test(
    "Whatever fails, central holds what was accepted once and in order, or a notice says what is missing",
    arguments: usual)
  func random(seed: UInt64) { expectSound(Scenario(seed: seed)) }

  private func expectSound(_ scenario: Scenario) {
    let (run, seed) = (SimulationRun(scenario), scenario.seed)
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

  /// Each with the one or two names that fit it.
  static let bugs: [(PlantedBugs, Set<Anomaly.Kind>)] = [
    (.ignoresFailedCommits, [.lost]), (.gatewayIgnoresSync, [.lost]), (.centralIgnoresSync, [.lost]),
    (.acknowledgesFirst, [.lost]), (.dropsBatches, [.lost]), (.storesTwice, [.duplicate]), (.changesValues, [.corrupt]),
    (.swapsAlarms, [.invertedAlarms, .divergentAlarmState]), (.repeatsOldValues, [.staleGood]),
    (.stopsAnswering, [.noProgress]), (.losesNotices, [.lost]),
  ]

  @Test("All planted faults have a case")
  func complete() { #expect(Set(Self.bugs.map(\.0.rawValue)) == Set(PlantedBugs.names.map(\.bug.rawValue))) }

  @Test("Each planted fault is found within 500 seeds, and under a name that fits it", arguments: bugs)
  func planted(bug: PlantedBugs, names: Set<Anomaly.Kind>) {
    for seed in 1...500 as ClosedRange<UInt64> {
      let found = Set(SimulationRun(Scenario(seed: seed), bugs: bug).anomalies.map(\.kind))
      if !found.isDisjoint(with: names) { return }
    }
    Issue.record("500 seeds did not find it")
  }
}
