import TagWindows
import Telemetry
import Testing

/// Windows by hand: what goes in, what comes out.
@Suite("Windows by tables")
struct WindowTableTests {
  /// Samples as `second: value`; nil is a bad reading.
  static func run(_ specification: WindowSpecification, _ samples: [(Int64, Double?)], until end: Int64? = nil)
    -> [WindowResult]
  {
    var window = TagWindow(specification)
    var results: [WindowResult] = []
    for (second, value) in samples {
      window.take(
        value, quality: value == nil ? .bad(.timeout) : .good, time: Timestamp(milliseconds: second * 1_000))
      results += WindowAgreementTests.drain(&window)
    }
    if let end { window.advance(to: Timestamp(milliseconds: end * 1_000)) }
    return results + WindowAgreementTests.drain(&window)
  }

  /// `second value` of each result.
  static func short(_ results: [WindowResult]) -> [String] {
    results.map { "\($0.time.milliseconds / 1_000) \($0.value.map { $0.description } ?? "-")" }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var function: WindowFunction
    var expected: [String]
    var testDescription: String { "\(function)" }
  }

  /// 10 s windows of: 0 s 4, 2 s 8, 4 s 6, 9 s 2; 10 s 10, 15 s 0; then nothing.
  static let rows: [Row] = [
    Row(function: .mean, expected: ["10 5.0", "20 5.0", "30 -"]),
    Row(function: .sum, expected: ["10 20.0", "20 10.0", "30 -"]),
    Row(function: .count, expected: ["10 4.0", "20 2.0", "30 0.0"]),
    Row(function: .minimum, expected: ["10 2.0", "20 0.0", "30 -"]),
    Row(function: .maximum, expected: ["10 8.0", "20 10.0", "30 -"]),
    Row(function: .first, expected: ["10 4.0", "20 10.0", "30 -"]),
    Row(function: .last, expected: ["10 2.0", "20 0.0", "30 -"]),
    Row(function: .difference, expected: ["10 -2.0", "20 -10.0", "30 -"]),
    // The second window begins with the 2 of the first; together they make 0 - 4.
    Row(function: .increase, expected: ["10 -2.0", "20 -2.0", "30 -"]),
    Row(function: .rate(per: .minute), expected: ["10 \(-2.0 / 9_000 * 60_000)", "20 -120.0", "30 -"]),
    Row(function: .median, expected: ["10 5.0", "20 5.0", "30 -"]),
    Row(function: .percentile(75), expected: ["10 6.5", "20 7.5", "30 -"]),
    Row(function: .populationDeviation, expected: ["10 \(5.0.squareRoot())", "20 5.0", "30 -"]),
    Row(function: .standardDeviation, expected: ["10 \((20.0 / 3).squareRoot())", "20 \(50.0.squareRoot())", "30 -"]),
    // 4 for 2 s, 8 for 2 s, 6 for 5 s, 2 for 1 s; 10 for 5 s, 0 for 5 s; 0 for 5 s more, which is as long as a gap may
    // be.
    Row(function: .timeWeightedMean, expected: ["10 5.6", "20 5.0", "30 0.0", "40 -"]),
    Row(function: .integral(per: .minute), expected: ["10 \(56.0 / 60)", "20 \(50.0 / 60)", "30 0.0", "40 -"]),
    Row(function: .timeInState(.above(5)), expected: ["10 7.0", "20 5.0", "30 0.0", "40 -"]),
    Row(function: .timeInState(.equals(0)), expected: ["10 0.0", "20 5.0", "30 5.0", "40 -"]),
    Row(function: .timeInState(.below(3)), expected: ["10 1.0", "20 5.0", "30 5.0", "40 -"]),
    Row(function: .timeInState(.differs(4)), expected: ["10 8.0", "20 10.0", "30 5.0", "40 -"]),
  ]

  @Test("Two tumbling windows by hand", arguments: rows)
  func tumbling(row: Row) throws {
    let specification = try WindowSpecification(.tumbling(length: .seconds(10)), row.function)
    let samples: [(Int64, Double?)] = [(0, 4), (2, 8), (4, 6), (9, 2), (10, 10), (15, 0)]
    #expect(Self.short(Self.run(specification, samples, until: 500)) == row.expected)
  }

  @Test("Six hundred seconds hold six hundred samples of each second")
  func sliding() throws {
    let specification = try WindowSpecification(.sliding(length: .seconds(600)), .count)
    let results = Self.run(specification, (0..<700).map { ($0, 1) }, until: 1_299)
    #expect(results.map(\.count).max() == 600 && results.last?.count == 600)
    let end = Self.run(specification, (0..<700).map { ($0, 1) }, until: 1_300)
    // The last sample is of second 699; when 600 s have passed it has just left, which is said when that is over.
    #expect(Self.short(end.suffix(1)) == ["1299 0.0"])
  }

  @Test("Hopping windows overlap, and their ends lie on the grid")
  func hopping() throws {
    let specification = try WindowSpecification(.hopping(length: .seconds(10), every: .seconds(5)), .sum)
    let results = Self.run(specification, [(3, 1), (7, 2), (12, 4), (19, 8)], until: 100)
    #expect(Self.short(results) == ["5 1.0", "10 3.0", "15 6.0", "20 12.0", "25 8.0", "30 -"])
  }

  @Test("A session ends when nothing came for the time-out, or when it has lasted long enough")
  func sessions() throws {
    let specification = try WindowSpecification(.session(timeout: .seconds(3), longest: .seconds(10)), .count)
    let samples: [(Int64, Double?)] = [(0, 1), (3, 1), (5, nil), (20, 1), (22, 1), (25, 1), (28, 1), (30, 1), (31, 1)]
    let results = Self.run(specification, samples, until: 60)
    #expect(Self.short(results) == ["6 2.0", "30 4.0", "34 2.0"])
    #expect(results.map { $0.end.milliseconds - $0.start.milliseconds } == [3_000, 8_000, 1_000])
  }

  @Test("Sessions of a polled tag begin and end by their condition")
  func pumpRuns() throws {
    let specification = try WindowSpecification(
      .session(timeout: .seconds(2), longest: .seconds(3_600)), .integral(per: .second), only: .above(0))
    let samples = (0..<40).map { second in (Int64(second), (10..<20).contains(second) ? 3.0 : 0) }
    let results = Self.run(specification, samples)
    // Ten samples, nine seconds from the first to the last.
    #expect(results.map(\.value) == [27] && results.map(\.count) == [10] && results[0].coverage == 1)
  }

  @Test("A count of samples begins when it is reached and goes on at each interval; bad readings do not count")
  func counts() throws {
    let specification = try WindowSpecification(.count(samples: 3, every: 2), .sum)
    let samples: [(Int64, Double?)] = [(0, 1), (1, 2), (2, nil), (3, 4), (4, 8), (5, 16), (6, nil), (7, 32), (8, 64)]
    #expect(Self.short(Self.run(specification, samples)) == ["3 7.0", "5 28.0", "8 112.0"])
  }

  @Test("A late sample within the bound counts where it belongs; beyond it is dropped and counted")
  func lateness() throws {
    let specification = try WindowSpecification(.tumbling(length: .seconds(10)), .sum, lateness: .seconds(5))
    var window = TagWindow(specification)
    func take(_ second: Int64, _ value: Double) -> [String] {
      window.take(value, quality: .good, time: Timestamp(milliseconds: second * 1_000))
      return Self.short(WindowAgreementTests.drain(&window))
    }
    #expect(take(3, 1) == [] && take(12, 2) == [] && take(8, 4) == [] && take(7, 8) == [])
    #expect(take(6, 16) == [] && window.lateSamples == 1, "12 s less 5 s is 7 s")
    #expect(window.deadline == Timestamp(milliseconds: 13_000), "the sample of 8 s has waited long enough then")
    #expect(take(15, 32) == ["10 13.0"])
    window.advance(to: Timestamp(milliseconds: 25_000))
    #expect(Self.short(WindowAgreementTests.drain(&window)) == ["20 34.0"])
    #expect(window.lateSamples == 1)
  }

  @Test("The quality says how much is known")
  func quality() throws {
    let specification = try WindowSpecification(.tumbling(length: .seconds(10)), .mean, minimumCoverage: 0.6)
    // Known for 5 s, 6 s, then for nothing at all.
    let samples: [(Int64, Double?)] = [(0, 1), (5, nil), (10, 1), (16, nil), (24, nil)]
    let results = Self.run(specification, samples, until: 30)
    #expect(results.map(\.quality) == [.uncertain(.incomplete), .good, .bad(.incomplete)])
    #expect(results.map(\.coverage) == [0.5, 0.6, 0])
    var window = TagWindow(specification)
    let qualities: [Quality] = [.good, .uncertain(.outOfRange), .uncertain(.counterReset), .absent, .uncertain(.stale)]
    for (second, quality) in qualities.enumerated() {
      window.take(1, quality: quality, time: Timestamp(milliseconds: Int64(second) * 2_000))
    }
    window.advance(to: Timestamp(milliseconds: 10_000))
    let next = window.next()
    let result = try #require(next)
    // The absent reading says nothing; the stale one has no value for now, so 8 s are known.
    #expect(result.quality == .uncertain(.counterReset) && result.count == 3 && result.coverage == 0.8)
    #expect(window.badReadings == 1)
  }

  @Test("What is no measurement is a bad reading")
  func noMeasurement() throws {
    var window = TagWindow(try WindowSpecification(.sliding(length: .seconds(10)), .sum))
    for (index, value) in [1.0, .nan, .infinity, -.infinity, 1e151, -1e200, 2].enumerated() {
      window.take(value, quality: .good, time: Timestamp(milliseconds: Int64(index)))
    }
    window.take(nil, quality: .good, time: Timestamp(milliseconds: 8))
    #expect(WindowAgreementTests.drain(&window).last?.value == 3 && window.badReadings == 6)
    window.take(1, quality: .good, time: Timestamp(milliseconds: .max))
    window.take(1, quality: .good, time: Timestamp(milliseconds: .min))
    window.advance(to: Timestamp(milliseconds: .max))
    #expect(window.next() == nil && window.lateSamples == 2)
  }
}
