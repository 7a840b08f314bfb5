import AlarmStates
import BatchCodec
import GatewayCore
import Telemetry
import Testing

@testable import FleetSimulation

/// The checker is not trusted: each anomaly is made by hand and must be flagged under its name and no other; the neighbour
/// beside it is legal and must pass.
@Suite("The checker of simulated fleets")
struct CheckerTests {
  struct Case: CustomTestStringConvertible {
    var kind: Anomaly.Kind
    var change: @Sendable (HandMadeRun) -> Void
    /// Why the same is legal.
    var excuse: String
    var neighbour: @Sendable (HandMadeRun) -> Void

    init(
      _ kind: Anomaly.Kind, _ change: @escaping @Sendable (HandMadeRun) -> Void, but excuse: String,
      _ neighbour: @escaping @Sendable (HandMadeRun) -> Void
    ) {
      (self.kind, self.change, self.excuse, self.neighbour) = (kind, change, excuse, neighbour)
    }

    var testDescription: String { "\(kind.rawValue), but \(excuse)" }
  }

  @Test("A run without faults is sound")
  func sound() { #expect(HandMadeRun().judged().isEmpty) }

  @Test("Every name has a case")
  func complete() { #expect(Set(Self.cases.map(\.kind)) == Set(Anomaly.Kind.allCases)) }

  @Test("Each anomaly is flagged under its name, and its legal neighbour is not", arguments: cases)
  func table(_ row: Case) {
    let (bad, legal) = (HandMadeRun(), HandMadeRun())
    row.change(bad)
    row.neighbour(legal)
    #expect(Set(bad.judged().map(\.kind)) == [row.kind])
    #expect(legal.judged().isEmpty)
  }

  static let cases: [Case] = [
    Case(.lost, { $0.forget(scan: 3) }, but: "a notice names it") {
      $0.forget(scan: 3)
      $0.add(losses: [$0.notice(.outboxFull, 3_000...3_000, samples: 3)])
    },
    Case(
      .lost,
      {
        $0.forget(scan: 3)
        $0.add(losses: [$0.notice(.outboxFull, 3_001...4_000, samples: 3)])
      }, but: "it is in an aggregate"
    ) {
      $0.forget(scan: 3)
      $0.add(aggregateOf: 2...4)
    },
    Case(
      .lost,
      {
        $0.forget(scan: 3)
        $0.add(losses: [$0.notice(.tooOld, 3_000...3_000, samples: 3)], keep: .seconds(20), received: 22_999)
      }, but: "it was too old when it was dropped"
    ) {
      $0.forget(scan: 3)
      $0.add(losses: [$0.notice(.tooOld, 3_000...3_000, samples: 3)], keep: .seconds(20), received: 23_000)
    },
    Case(.miscounted, { $0.add(losses: [$0.notice(.tooOld, 3_000...3_000, samples: 3)]) }, but: "values have an age") {
      $0.add(losses: [$0.notice(.tooOld, 3_000...3_000, samples: 3)], keep: .seconds(20), received: 23_000)
    },
    Case(.unaccountedGap, { $0.renumber(1, 3...3) }, but: "the batch stands for both numbers") {
      $0.renumber(1, 2...3)
    },
    Case(.duplicate, { $0.add(scans: [10]) }, but: "the gateway was copied") {
      $0.add(scans: [10])
      $0.history.cloned = ["g1"]
    },
    Case(.phantom, { $0.add(scans: [11]) }, but: "the device gave it, in a commit of unknown outcome") {
      $0.add(scans: [11])
      $0.history.scans["g1/d1"] = 11
    },
    Case(.corrupt, { $0.spoil(row: 1, by: 1) }, but: "the row is there again without values") { $0.addBadRow() },
    Case(.invertedOrder, { $0.shift(1, by: -6_000) }, but: "an equal time is not earlier") { $0.shift(1, by: -1_000) },
    Case(.invertedOrder, { $0.shift(1, by: -6_000) }, but: "the store was set back to a backup") {
      $0.shift(1, by: -6_000)
      $0.history.rollbacks["g1"] = [(.zero, .zero)]
    },
    Case(.staleGood, { $0.accept(scan: 10) }, but: "it is another scan") {
      $0.accept(scan: 11)
      $0.history.scans["g1/d1"] = 11
      $0.add(scans: [11])
    },
    Case(.lostAlarm, { $0.events.removeSubrange(2...3) }, but: "nobody knew whether their commit took effect") {
      $0.history.uncertainAlarms["g1"] = Array($0.events[2...3])
      $0.events.removeSubrange(2...3)
      $0.history.alarms["g1"]!.removeSubrange(2...3)
    },
    Case(.duplicateAlarm, { $0.events += $0.events.suffix(2) }, but: "a failed commit held them too") {
      $0.history.uncertainAlarms["g1"] = Array($0.events.suffix(2))
      $0.events += $0.events.suffix(2)
    },
    Case(.invertedAlarms, { $0.events.swapAt(1, 2) }, but: "central was restored, and all states are told again") {
      $0.events.swapAt(1, 2)
      $0.history.centralRestored = true
    },
    Case(.divergentAlarmState, { $0.evidence.gateways[0].activeAlarms = ["high_1"] }, but: "it was raised here too") {
      $0.evidence.gateways[0].activeAlarms = ["high_1"]
      $0.events.append($0.event("high_1", .raised))
      $0.history.alarms["g1"]!.append($0.event("high_1", .raised))
    },
    Case(
      .divergentAlarmState,
      { $0.evidence.gateways[0].standings = ["high_1": AlarmStanding(isUnacknowledged: true)] },
      but: "its return is at central too"
    ) {
      $0.evidence.gateways[0].standings = ["high_1": AlarmStanding(isUnacknowledged: true)]
      $0.events.append($0.event("high_1", .returned))
      $0.history.alarms["g1"]!.append($0.event("high_1", .returned))
    },
    Case(
      .reusedNumber, { for sum: UInt32 in [1, 2] { $0.history.stored("g1 e telemetry 1", checksum: sum) } },
      but: "it is the same batch"
    ) {
      for sum: UInt32 in [1, 1] { $0.history.stored("g1 e telemetry 1", checksum: sum) }
    },
    Case(.boundExceeded, { $0.judge(waiting: $0.mostSamples + 1, used: 0) }, but: "this is the limit") {
      $0.judge(waiting: $0.mostSamples, used: 0)
    },
    Case(.boundExceeded, { $0.judge(waiting: 0, alarms: $0.mostAlarms + 1, used: 0) }, but: "this is the limit") {
      $0.judge(waiting: 0, alarms: $0.mostAlarms, used: 0)
    },
    Case(.boundExceeded, { $0.judge(waiting: 0, used: 1_501) }, but: "this is the limit") {
      $0.judge(waiting: 0, used: 1_500)
    },
    Case(.noProgress, { $0.evidence.gateways[0].waiting = "one batch" }, but: "nothing waits") {
      $0.evidence.gateways[0].waiting = nil
    },
    Case(
      .miscounted,
      {
        for scan: Int64 in 3...4 { $0.forget(scan: scan) }
        $0.add(losses: [$0.notice(.outboxFull, 3_000...4_000, samples: 3)])
      }, but: "the notice counts both"
    ) {
      for scan: Int64 in 3...4 { $0.forget(scan: scan) }
      $0.add(losses: [$0.notice(.outboxFull, 3_000...4_000, samples: 6)])
    },
    Case(.miscounted, { $0.add(losses: [$0.notice(.memoryFull, 1...1, samples: 3)]) }, but: "there was so much") {
      $0.add(losses: [$0.notice(.memoryFull, 1...1, samples: 3)])
      $0.history.unheld["g1"] = (3, 0)
    },
    Case(
      .miscounted,
      {
        $0.history.unheld["g1"] = (3, 2)
        $0.evidence.gateways[0].unheld = (2, 1)
        $0.add(losses: [$0.notice(.memoryFull, 1...1, samples: 3)])
      }, but: "that was before the last start"
    ) {
      $0.history.unheld["g1"] = (3, 2)
      $0.evidence.gateways[0].unheld = (2, 0)
      $0.add(losses: [$0.notice(.memoryFull, 1...1, samples: 3)])
    },
    Case(.miscounted, { $0.add(losses: [$0.notice(.damagedStore, 1...1, samples: 0)]) }, but: "there was damage") {
      $0.add(losses: [$0.notice(.damagedStore, 1...1, samples: 0)])
      $0.history.damagedAt["g1"] = .zero
    },
    Case(.miscounted, { $0.add(losses: [$0.notice(.damagedStore, 1...1, samples: 0)]) }, but: "a page was unreadable") {
      $0.add(losses: [$0.notice(.damagedStore, 1...1, samples: 0)])
      $0.history.hadReadErrors = ["g1"]
    },
    Case(.damagedStore, { $0.evidence.problems = ["time of a device goes back"] }, but: "the gateway was copied") {
      $0.evidence.problems = ["time of a device goes back"]
      $0.history.cloned = ["g1"]
    },
  ]
}
