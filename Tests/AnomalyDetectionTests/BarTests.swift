import AnomalyDetection
import AnomalyTrials
import Testing

/// The bars of docs/anomalies.md, on fixed seeds: the detector is deterministic, so these pass always or never.
/// `Scripts/bench anomaly` prints the whole tables over more seeds.
@Suite("What the detector reaches")
struct BarTests {
  @Test(
    "At most 4 false alarms in 10,000 samples after row 5,000, 7 on heavy tails and random walks",
    arguments: SyntheticStream.allCases)
  func falseAlarms(_ stream: SyntheticStream) {
    let alarms = FalseAlarms(stream, seeds: 1..<4)
    #expect(alarms.late <= FalseAlarms.bar(for: stream))
    // A detector that says nothing would pass, too.
    #expect(alarms.early > alarms.late || stream == .dutyCycle)
  }

  @Test(
    "Faults are found as often as in the recipe, give or take 0.05; broken sensors practically always",
    arguments: [SyntheticStream.whiteNoise, .dailySine, .dutyCycle])
  func detections(_ stream: SyntheticStream) throws {
    let detections = Detections(of: PlantedFault.tabled, on: stream, seeds: 1..<13, row: 5_000)
    for fault in PlantedFault.tabled {
      let bar = try #require(fault.bar(on: stream))
      #expect(detections.found[fault] ?? 0 >= bar, "\(fault.name)")
    }
  }

  @Test("On a stream of a sample a minute alarms are as rare, counted by time")
  func fasterStreams() {
    let alarms = FalseAlarms(.whiteNoise, seeds: 1..<4, interval: .seconds(60), steps: 10_000)
    #expect(alarms.late <= 4)
    #expect(alarms.late > 0)
  }
}
