import Testing

@testable import AnomalyDetection

@Suite("How much a sample counts")
struct SampleCadenceTests {
  /// Steps per sample after each of some intervals, in seconds.
  private func steps(after intervals: [Double]) -> [Double] {
    var cadence = SampleCadence()
    var time: Int64 = 0
    _ = cadence.take(time)
    return intervals.map { interval in
      time += Int64(interval * 1e9)
      _ = cadence.take(time)
      return cadence.stepsPerSample
    }
  }

  private func times(_ count: Int, _ interval: Double) -> [Double] { Array(repeating: interval, count: count) }

  @Test(
    "On a file of one sample in five minutes or fewer every sample is a step, whatever gaps it has",
    arguments: [
      300.0, 290, 600, 1_800, 3_600, 86_400,
    ])
  func wholeSamples(_ interval: Double) {
    let gaps = times(20, interval) + [interval * 50, 60, 1] + times(20, interval) + times(5, 1) + times(20, interval)
    #expect(steps(after: gaps).allSatisfy { $0 == 1 })
  }

  @Test("On faster streams a sample is its part of five minutes", arguments: [1.0, 0.1, 10, 60, 150])
  func parts(_ interval: Double) throws {
    let last = try #require(steps(after: times(100, interval)).last)
    #expect((last - interval / 300).magnitude < 1e-9)
  }

  @Test("Another cadence is believed when eight intervals in a row agree on it")
  func change() {
    let found = steps(after: times(10, 60) + times(8, 1))
    #expect(found[16] == 0.2)
    #expect(found[17] == 1 / 300.0)
    let back = steps(after: times(10, 1) + times(9, 60))
    #expect(back[16] == 1 / 300.0)
    #expect(back[17] == 0.2)
  }

  @Test("A first interval that was a gap or a stutter is corrected")
  func oddFirst() {
    #expect(steps(after: [7_200] + times(8, 60)).last == 0.2)
    #expect(steps(after: [0.5] + times(8, 60)).last == 0.2)
  }

  @Test("Jitter moves nothing: the weights would have to be computed anew each time")
  func jitter() {
    let found = steps(after: (0..<500).map { 1 + 0.02 * Double($0 % 5 - 2) })
    #expect(Set(found).count <= 3)
  }

  @Test("A clock that steps back or stands still counts no time, and the cadence stays")
  func stepsBack() {
    var cadence = SampleCadence()
    _ = cadence.take(0)
    _ = cadence.take(60_000_000_000)
    #expect(cadence.take(30_000_000_000) == 0)
    #expect(cadence.take(30_000_000_000) == 0)
    #expect(cadence.take(90_000_000_000) == 60)
    #expect(cadence.take(.max) == 240)
    #expect(cadence.take(.min) == 0)
    #expect(cadence.stepsPerSample == 0.2)
  }

  @Test(
    "Samples that make up a step weigh what one sample of a whole step weighs", arguments: [1, 2, 5, 30, 300, 3_000])
  func weights(_ samples: Int) {
    for a in [0.3, 0.1, 0.05, 0.003, 0.002] {
      let weight = SmoothingWeights.weight(a, 1 / Double(samples))
      var kept = 1.0
      for _ in 0..<samples { kept *= 1 - weight }
      #expect((kept - (1 - a)).magnitude < 1e-9)
    }
  }
}
