import AnomalyDetection
import AnomalyTrials
import Testing

@Suite("The detector of a tag")
struct DetectorTests {
  @Test("It tells its phase, and raises nothing before its learning time is over")
  func phases() {
    var rig = DetectorRig()
    var phases: [AnomalyPhase: Int] = [:]
    for (row, value) in SyntheticStream.whiteNoise.values(count: 5_010, seed: 3).enumerated() {
      let verdict = rig.step(row == 200 ? 1_000 : value)
      phases[verdict?.phase ?? .warmUp, default: 0] += 1
      if row < 50 { #expect(verdict?.score == 0) }
      if row == 200 {
        #expect(verdict?.isUnusual == true)
        #expect(rig.detector.progress > 0.69 && rig.detector.progress < 0.7)
      }
      if row < 288 { #expect(verdict?.isAlarm == false) }
    }
    #expect(phases == [.warmUp: 50, .learning: 238, .settling: 4_712, .settled: 10])
    #expect(rig.detector.progress == 1)
  }

  @Test("Alarms that were not raised while learning hold others off all the same")
  func learningHoldsOff() {
    var rig = DetectorRig()
    rig.feed(SyntheticStream.whiteNoise.values(count: 280, seed: 3))
    #expect(rig.step(1_000)?.isAlarm == false)
    rig.feed(SyntheticStream.whiteNoise.values(count: 10, seed: 4))
    // Unusual, but less than three times as much as the 1,000 was.
    #expect(rig.step(-900)?.isAlarm == false)
  }

  @Test("Within the hold-off only a score three times the highest since the alarm raises another")
  func escalation() {
    var rig = DetectorRig.settledOnNoise()
    let first = rig.step(106)
    #expect(first?.isAlarm == true)
    let score = first?.score ?? 0
    #expect(rig.step(110)?.isAlarm == false, "the score is below three times \(score)")
    #expect(rig.step(0)?.isAlarm == true)
    #expect(rig.step(60_000)?.isAlarm == false, "nothing is three times the cap of the score")
    rig.feed(SyntheticStream.whiteNoise.values(count: 87, seed: 5))
    #expect(rig.step(-50_000)?.isAlarm == false)
    #expect(rig.step(200_000)?.isAlarm == true, "90 samples are over")
  }

  @Test("The hold-off is a time: the same on a stream of a sample a minute")
  func holdOffInTime() {
    var rig = DetectorRig(interval: 60)
    rig.feed(SyntheticStream.whiteNoise.values(count: 6_000, seed: 2))
    rig.feed(Array(repeating: 100, count: 450))
    #expect(rig.step(200)?.isAlarm == true)
    rig.feed(SyntheticStream.whiteNoise.values(count: 445, seed: 6))
    #expect(rig.step(300)?.isAlarm == false)
    rig.feed(SyntheticStream.whiteNoise.values(count: 10, seed: 7))
    #expect(rig.step(500)?.isAlarm == true)
  }

  @Test(
    "What is no number is refused and leaves no trace",
    arguments: [
      Double.nan, .infinity, -.infinity, 1e19, .signalingNaN,
    ])
  func refused(_ value: Double) {
    var rig = DetectorRig.settledOnNoise()
    let before = rig.detector.save()
    #expect(rig.step(value) == nil)
    #expect(rig.detector.save() == before)
    var fresh = DetectorRig()
    #expect(fresh.step(value) == nil)
    #expect(fresh.step(1)?.phase == .warmUp)
  }

  @Test("Numbers at the ends of what is taken break nothing")
  func extremes() throws {
    var rig = DetectorRig(AnomalySettings(learning: .zero))
    for row in 0..<400 {
      let value = [1e18, -1e18, 0, 1e-307, 1e-300, -0.0][row * row % 6]
      let verdict = rig.step(value)
      #expect(verdict?.score.isFinite == true)
    }
    _ = try AnomalyDetector(restoring: rig.detector.save())
  }

  @Test("Without a trusted clock the season signal stands still, and the others go on")
  func noClock() {
    var rig = DetectorRig()
    rig.hasClock = false
    var causes: Set<AnomalyCause> = []
    for value in SyntheticStream.dailySine.values(count: 3_000, seed: 1) {
      if let cause = rig.step(value)?.cause { causes.insert(cause) }
    }
    #expect(causes == [.value, .shift])
    // Weeks later the clock is there; what stood still has forgotten nothing and is not new.
    rig.hasClock = true
    let verdicts = rig.feed(SyntheticStream.dailySine.values(count: 49, seed: 2))
    #expect(!verdicts.contains { $0.cause == .season })
  }

  @Test("A step of the clock raises nothing and hides nothing", arguments: [-86_400.0, 86_400, 1e9, -1])
  func clockSteps(_ jump: Double) {
    let values = SyntheticStream.randomWalk.values(count: 4_000, seed: 9)
    var rig = DetectorRig()
    var stepped = DetectorRig()
    rig.hasClock = false
    stepped.hasClock = false
    for (row, value) in values.enumerated() {
      if row == 2_000 { stepped.time += jump }
      #expect(rig.step(value) == stepped.step(value))
    }
  }

  @Test("After the start with a constant the first change is told with what was always there")
  func constantStart() throws {
    var rig = DetectorRig()
    #expect(!rig.feed(Array(repeating: 48, count: 400)).contains { $0.isAlarm })
    let alarm = try #require(rig.step(50)?.alarm)
    #expect(
      alarm.sentence(tag: "supply_temp", unit: "°C", decimals: 1)
        == "supply_temp 50 °C; not seen before, always 48 °C until now")
  }
}
