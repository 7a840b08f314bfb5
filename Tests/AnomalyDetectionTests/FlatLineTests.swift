import AnomalyDetection
import AnomalyTrials
import Testing

@Suite("Readings that do not change")
struct FlatLineTests {
  /// Row of the alarm after so many identical readings; nil when none is raised in 2,000.
  private func rowOfAlarm(longestBefore: Int) -> Int? {
    var rig = DetectorRig.settledOnNoise()
    rig.feed(Array(repeating: 100.25, count: longestBefore))
    rig.feed(SyntheticStream.whiteNoise.values(count: 200, seed: 11))
    return (0..<2_000).first { _ in rig.step(100.5)?.alarm?.cause == .flat }.map { $0 + 1 }
  }

  @Test(
    "Longer than 30 samples and than three times the longest run so far, they raise an alarm",
    arguments: [
      (1, 31), (10, 31), (11, 34), (29, 88), (100, 301),
    ])
  func limit(_ longest: Int, _ row: Int) {
    #expect(rowOfAlarm(longestBefore: longest) == row)
  }

  @Test("One run raises one alarm, however long it lasts, and stays unusual")
  func once() {
    var rig = DetectorRig.settledOnNoise()
    let verdicts = rig.feed(Array(repeating: 100.5, count: 3_000)).dropFirst(31)
    #expect(!verdicts.contains { $0.alarm?.cause == .flat })
    #expect(verdicts.last?.isUnusual == true)
  }

  @Test("An alarm shortly before does not hide it")
  func notHeldOff() {
    var rig = DetectorRig.settledOnNoise()
    #expect(rig.step(200)?.isAlarm == true)
    #expect(rig.feed(Array(repeating: 200, count: 31)).contains { $0.alarm?.cause == .flat })
  }

  @Test("It says for how long, counts a gap as four intervals, and what was longest before")
  func sentence() throws {
    var rig = DetectorRig.settledOnNoise()
    rig.feed(Array(repeating: 100.25, count: 9))
    rig.feed([99, 101])
    rig.feed(Array(repeating: 100.5, count: 16))
    rig.time += 86_400
    let alarm = try #require(rig.feed(Array(repeating: 100.5, count: 15)).last?.alarm)
    // 29 intervals of five minutes and one of twenty.
    #expect(
      alarm.sentence(tag: "supply_temp", unit: "°C", decimals: 1)
        == "supply_temp 100.5 °C; has not changed for 2 h 45 min, before at most for 40 min")
    #expect(alarm.signal == 31)
    #expect(alarm.usualHigh == 9)
  }

  @Test("On a fast stream the 30 samples are two hours and a half")
  func fast() {
    var rig = DetectorRig(interval: 60)
    rig.feed(SyntheticStream.whiteNoise.values(count: 3_000, seed: 2))
    let row = (0..<2_000).first { _ in rig.step(100.5)?.alarm?.cause == .flat }
    #expect(row == 150)
  }

  @Test("Told that it is normal, it waits three times as long")
  func normal() throws {
    var rig = DetectorRig.settledOnNoise()
    let alarm = try #require(rig.feed(Array(repeating: 100.5, count: 31)).last?.alarm)
    rig.detector.learn(alarm)
    rig.feed(SyntheticStream.whiteNoise.values(count: 100, seed: 12))
    let row = (0..<2_000).first { _ in rig.step(99.5)?.alarm?.cause == .flat }
    #expect(row == 93)
  }
}
