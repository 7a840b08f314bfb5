import TagWindows
import Telemetry
import Testing

@Suite("Bounds of windows")
struct WindowBoundsTests {
  @Test("When there is no room the oldest sample leaves, and the result says that it is not whole")
  func points() throws {
    let specification = try WindowSpecification(.sliding(length: .seconds(100)), .sum, minimumCoverage: 0, points: 16)
    let results = WindowTableTests.run(specification, (0..<200).map { ($0, 1) })
    #expect(results.map(\.count).max() == 16 && results.last?.value == 16)
    #expect(results[15].quality == .good && results[16].quality == .uncertain(.incomplete))
  }

  @Test(
    "A spike leaves no trace, whatever is summed",
    arguments: [WindowFunction.mean, .sum, .standardDeviation, .timeWeightedMean])
  func noTrace(function: WindowFunction) throws {
    let specification = try WindowSpecification(.sliding(length: .seconds(20)), function)
    func value(_ second: Int64) -> Double { Double(second % 7) / 10 }
    let plain = WindowTableTests.run(specification, (0..<300).map { ($0, value($0)) })
    let spiked = WindowTableTests.run(specification, (0..<300).map { ($0, $0 == 100 ? 1e140 : value($0)) })
    #expect(spiked[110].value ?? 0 > 1e120)
    for index in 130..<300 {
      let difference = (spiked[index].value ?? .nan) - (plain[index].value ?? .nan)
      #expect(difference.magnitude < 1e-14, "second \(index)")
    }
  }

  @Test("Two hundred thousand samples later a sliding mean is as exact as at first")
  func noDrift() throws {
    let specification = try WindowSpecification(.sliding(length: .seconds(10)), .mean)
    var window = TagWindow(specification)
    var last: WindowResult?
    for index in 0..<200_000 {
      window.take(Double(index % 10) * 0.1, quality: .good, time: Timestamp(milliseconds: Int64(index) * 1_000))
      while let result = window.next() { last = result }
    }
    #expect(((last?.value ?? .nan) - 0.45).magnitude < 1e-15)
  }

  @Test("More samples wait than may: the oldest enters before its time, and none is lost")
  func waiting() throws {
    let specification = try WindowSpecification(
      .tumbling(length: .seconds(3_600)), .count, lateness: .seconds(3_600), minimumCoverage: 0)
    var window = TagWindow(specification)
    var results: [WindowResult] = []
    for index in 0..<25_000 {
      window.take(1, quality: .good, time: Timestamp(milliseconds: Int64(index) * 100))
      results += WindowAgreementTests.drain(&window)
    }
    window.advance(to: Timestamp(milliseconds: 7_200_000))
    results += WindowAgreementTests.drain(&window)
    #expect(results.map(\.count) == [25_000] && window.lateSamples == 0)
  }

  @Test("Who never asks for results loses the oldest samples, counted, and no memory")
  func neverAsked() throws {
    var window = TagWindow(try WindowSpecification(.sliding(length: .seconds(10)), .count))
    for index in 0..<12_000 {
      window.take(1, quality: .good, time: Timestamp(milliseconds: Int64(index) * 100))
    }
    #expect(window.lateSamples == 2_000)
    #expect(WindowAgreementTests.drain(&window).count == 10_000)
  }

  @Test("An empty window is told of once, also when years pass")
  func years() throws {
    let specification = try WindowSpecification(.tumbling(length: .milliseconds(100)), .mean)
    let results = WindowTableTests.run(specification, [(1, 5)], until: 3_000_000_000)
    #expect(results.map(\.value) == [5, nil])
    let again = WindowTableTests.run(
      specification, [(1, 5), (3_000_000_000, nil), (3_000_000_001, 7)], until: 3_000_000_100)
    #expect(again.map(\.value) == [5, nil, 7, nil])
  }

  @Test("Windows that keep no points stay small, and the others say how large they may be")
  func bytes() throws {
    let month = try WindowSpecification(.tumbling(length: .seconds(31 * 86_400)), .mean)
    #expect(!month.keepsPoints && month.maximumBytes == 1_024)
    let sliding = try WindowSpecification(.sliding(length: .seconds(600)), .mean, points: 600)
    #expect(sliding.maximumBytes == 1_024 + 1_024 * 40)
    let median = try WindowSpecification(.tumbling(length: .seconds(600)), .median, points: 600)
    #expect(median.keepsPoints && median.maximumBytes == 1_024 + 1_024 * 24)
    var window = TagWindow(month)
    for second in 0..<100_000 {
      window.take(1, quality: .good, time: Timestamp(milliseconds: Int64(second) * 1_000))
      while window.next() != nil {}
    }
    #expect(window.saved().count < 400)
  }
}
