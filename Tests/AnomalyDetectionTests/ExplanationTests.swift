import AnomalyDetection
import AnomalyTrials
import Testing

@Suite("Why an alarm was raised")
struct ExplanationTests {
  @Test("A value: what it is, the nearest known one and the usual range")
  func value() throws {
    var rig = DetectorRig()
    // 48 to 66 in steps of 1.2.
    rig.feed((0..<600).map { 48 + Double($0 * 7 % 16) * 1.2 })
    let alarm = try #require(rig.step(71.3)?.alarm)
    #expect(alarm.cause == .value)
    #expect(alarm.usualLow == 48 && alarm.usualHigh == 66)
    #expect((alarm.nearestKnown - 66).magnitude < 1e-5)
    #expect(
      alarm.sentence(tag: "supply_temp", unit: "°C", decimals: 1)
        == "supply_temp 71.3 °C; not seen before, nearest known 66 °C, usual range 48 to 66 °C")
  }

  @Test("A season: what is usual at this hour")
  func season() throws {
    var rig = DetectorRig()
    rig.feed(SyntheticStream.dailySine.values(count: 288 * 10, seed: 4))
    // At six in the morning the sine is at its top, and the night's 97 is well within the range.
    rig.feed(SyntheticStream.dailySine.values(count: 72, seed: 5))
    let alarm = try #require(rig.feed(Array(repeating: 97.1, count: 12)).compactMap(\.alarm).first)
    guard case .season(let hour, let mean, let spread) = alarm.context else {
      Issue.record("the alarm is \(alarm)")
      return
    }
    #expect(hour == 6)
    #expect((103...105).contains(mean))
    #expect((0.5...2).contains(spread))
    #expect(alarm.signal < alarm.usualLow)
    let sentence = alarm.sentence(tag: "supply_temp", unit: "°C", decimals: 1)
    #expect(sentence.hasPrefix("supply_temp 97.1 °C; unusual for this hour of day: usual is 10"), "\(sentence)")
    #expect(sentence.hasSuffix(" °C at 06:00"), "\(sentence)")
  }

  @Test("A shift: how far the mean has moved, and how far it usually does")
  func shift() throws {
    var rig = DetectorRig(AnomalySettings(holdOff: .zero))
    rig.hasClock = false
    let values = SyntheticStream.whiteNoise.values(count: 4_000, seed: 8)
    rig.feed(values.prefix(3_000))
    let alarms = rig.feed(values.dropFirst(3_000).map { $0 + 1.5 }).compactMap(\.alarm)
    let alarm = try #require(alarms.first { $0.cause == .shift })
    guard case .shift(let recent, let longTerm) = alarm.context else { return }
    #expect((recent - longTerm - alarm.signal).magnitude < 1e-9)
    #expect(alarm.signal > alarm.usualHigh)
    let sentence = alarm.sentence(tag: "flow", unit: "", decimals: 1)
    #expect(
      sentence
        == "flow 102.4; has moved up by 0.87 (100.83 of late, 99.96 over a longer time); usual is -0.67 to 0.8")
  }

  private static func explanation(_ context: AnomalyExplanation.Context, _ value: Double = 71.3) -> AnomalyExplanation {
    AnomalyExplanation(
      value: value, score: 2, context: context, signal: 6.25, nearestKnown: 64.8, usualLow: 48, usualHigh: 66)
  }

  @Test(
    "Sentences",
    arguments: [
      (explanation(.value), 1, "°C", "t 71.3 °C; not seen before, nearest known 64.8 °C, usual range 48 to 66 °C"),
      (explanation(.value), 0, "", "t 71; not seen before, nearest known 65, usual range 48 to 66"),
      (
        explanation(.value, 71.3456), nil, "bar",
        "t 71.3 bar; not seen before, nearest known 64.8 bar, usual range 48 to 66 bar"
      ),
      (
        explanation(.season(hour: 14, mean: 50.2, spread: 1.05)), 1, "°C",
        "t 71.3 °C; unusual for this hour of day: usual is 48.1 to 52.3 °C at 14:00"
      ),
      (
        explanation(.season(hour: 7, mean: 71, spread: 0.5)), 1, "°C",
        "t 71.3 °C; readings of late were unusual for this hour of day: usual is 70 to 72 °C at 07:00"
      ),
      (
        explanation(.shift(recent: 68.1, longTerm: 61.85)), 1, "°C",
        "t 71.3 °C; has moved up by 6.3 °C (68.1 °C of late, 61.9 °C over a longer time); usual is 48 to 66 °C"
      ),
      (
        explanation(.flat(seconds: 93_784, longestBefore: 0)), 1, "°C", "t 71.3 °C; has not changed for 1 d 2 h"
      ),
      (
        explanation(.flat(seconds: 2_700, longestBefore: 59)), 1, "°C",
        "t 71.3 °C; has not changed for 45 min, before at most for 59 s"
      ),
    ] as [(AnomalyExplanation, Int?, String, String)])
  func sentences(_ alarm: AnomalyExplanation, _ decimals: Int?, _ unit: String, _ expected: String) {
    #expect(alarm.sentence(tag: "t", unit: unit, decimals: decimals) == expected)
  }

  @Test("Told that it is normal, the same value raises nothing, nor does it hold others off")
  func normal() throws {
    var rig = DetectorRig.settledOnNoise()
    let alarm = try #require(rig.step(130)?.alarm)
    rig.feed(SyntheticStream.whiteNoise.values(count: 20, seed: 21))
    rig.detector.learn(alarm)
    let again = rig.step(130)
    #expect(again?.alarm?.cause != .value)
    rig.detector.learn(value: 130)
    #expect(rig.step(160)?.alarm?.cause == .value, "nothing holds it off")
  }

  @Test("A value can be taught before it ever came")
  func taught() {
    var rig = DetectorRig.settledOnNoise()
    rig.detector.learn(value: 130)
    rig.detector.learn(value: .nan)
    // That the mean moved and that the hour is unusual is news all the same.
    #expect(rig.step(130)?.alarm?.cause != .value)
    var other = DetectorRig.settledOnNoise()
    #expect(other.step(130)?.alarm?.cause == .value)
    var fresh = AnomalyDetector()
    fresh.learn(value: 3)
    #expect(fresh.save() == AnomalyDetector().save())
  }
}
