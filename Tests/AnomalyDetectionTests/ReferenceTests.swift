import AnomalyDetection
import AnomalyTrials
import FieldgateTestKit
import Telemetry
import Testing

@Suite("The detector beside the recipe")
struct ReferenceTests {
  @Test(
    "Every sample of random streams with faults is judged as the recipe says",
    arguments: SyntheticStream.allCases)
  func agreement(_ stream: SyntheticStream) {
    var random = SplitMix64.announced(for: "ReferenceTests")
    var values = stream.values(count: 4_500, seed: random.next() >> 32)
    for _ in 0..<4 {
      let fault = PlantedFault.tabled.randomElement(using: &random) ?? .stuck
      let begin = Int.random(in: 60..<4_400, using: &random)
      let first = values[begin]
      for index in begin..<min(begin + fault.window, values.count) {
        values[index] = fault.apply(to: values[index], at: index - begin, first: first, sigma: stream.sigma)
      }
    }
    let settings =
      [AnomalySettings(), AnomalySettings(forgetting: nil), AnomalySettings(forgetting: .seconds(600_000))]
      .randomElement(using: &random) ?? AnomalySettings()
    var detector = AnomalyDetector(settings)
    var reference = ReferenceDetector()
    reference.forgetting = settings.forgetting.map { Int($0 / .seconds(300)) }
    for (row, value) in values.enumerated() {
      let hour = row / 12 % 24
      let found = detector.step(value, at: MonotonicTime(nanoseconds: Int64(row) * 300_000_000_000), hourOfDay: hour)
      let expected = reference.step(value, hour: hour)
      let isSame = found.map {
        $0.cause == expected.cause && $0.isAlarm == expected.isAlarm
          && ($0.score - expected.score).magnitude <= 1e-9 * max(1, expected.score)
      }
      guard isSame == true else {
        Issue.record("row \(row), \(value): the detector says \(String(describing: found)), the recipe \(expected)")
        return
      }
    }
  }
}
