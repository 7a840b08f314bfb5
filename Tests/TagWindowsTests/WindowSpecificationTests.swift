import TagWindows
import Telemetry
import Testing

@Suite("Specifications of windows")
struct WindowSpecificationTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    var shape: WindowShape
    var function = WindowFunction.mean
    var tags = 1
    var lateness = Duration.zero
    var gap: Duration?
    var coverage: Double?
    var only: SampleCondition?
    var offset = Duration.zero
    var points: Int?
    var message: String
    var testDescription: String { message }
  }

  static let minute = WindowShape.tumbling(length: .seconds(60))

  static let bad: [Bad] = [
    Bad(shape: .tumbling(length: .seconds(40 * 86_400)), message: "length: 40 d; it is 100 ms to 31 d"),
    Bad(shape: .tumbling(length: .zero), message: "length: 0 s; it is 100 ms to 31 d"),
    Bad(shape: .sliding(length: .milliseconds(99)), message: "length: 99 ms; it is 100 ms to 31 d"),
    Bad(shape: .sliding(length: .seconds(-5)), message: "length: -5 s; it is 100 ms to 31 d"),
    Bad(
      shape: .sliding(length: .microseconds(100_500)),
      message: "length: \(Duration.microseconds(100_500)) has fractions of a millisecond"),
    Bad(
      shape: .hopping(length: .seconds(60), every: .seconds(90)),
      message: "every: 90 s is longer than the window (1 min): samples between the windows would be lost"),
    Bad(
      shape: .hopping(length: .seconds(60), every: .milliseconds(10)),
      message: "every: 10 ms; it is 100 ms to 1 min"),
    Bad(
      shape: .hopping(length: .seconds(86_400), every: .seconds(1)),
      message:
        "every: one sample would belong to 172800 windows (length and maximum-gap by the time between two), at most "
        + "10000 are allowed: a window every 17280 ms or more seldom, or a shorter maximum-gap"),
    Bad(
      shape: .tumbling(length: .milliseconds(100)), gap: .seconds(7_200),
      message:
        "maximum-gap: one sample would belong to 72001 windows (length and maximum-gap by the time between two), at "
        + "most 10000 are allowed: a window every 721 ms or more seldom, or a shorter maximum-gap"),
    Bad(
      shape: .session(timeout: .seconds(60), longest: .seconds(30)),
      message: "longest: 30 s is shorter than the time-out, 1 min"),
    Bad(
      shape: .session(timeout: .zero, longest: .seconds(30)),
      message: "timeout: 0 s; it is 100 ms to 31 d"),
    Bad(shape: .count(samples: 0, every: 1), message: "count: 0 samples; a window has 1 to 100000"),
    Bad(shape: .count(samples: 200_000, every: 1), message: "count: 200000 samples; a window has 1 to 100000"),
    Bad(shape: .count(samples: 5, every: 6), message: "every: 6 samples; it is 1 to 5, the samples of the window"),
    Bad(shape: .count(samples: 5, every: 0), message: "every: 0 samples; it is 1 to 5, the samples of the window"),
    Bad(
      shape: .count(samples: 20_000, every: 1), function: .median,
      message: "count: 20000 samples; a median is of at most 10000"),
    Bad(
      shape: .count(samples: 20, every: 1), points: 30,
      message: "points: a count of samples keeps as many points as it counts: leave it out"),
    Bad(
      shape: minute, function: .percentile(101), message: "function: percentile 101.0 does not exist; it is 0 to 100"),
    Bad(shape: minute, function: .percentile(.nan), message: "function: percentile nan does not exist; it is 0 to 100"),
    Bad(
      shape: minute, function: .timeInState(.above(.nan)),
      message: "function: nan is no number that values can be compared with"),
    Bad(shape: minute, only: .below(.infinity), message: "only: inf is no number that values can be compared with"),
    Bad(shape: minute, tags: 0, message: "of: 0 tags; a window is over 1 to 256"),
    Bad(shape: minute, tags: 257, message: "of: 257 tags; a window is over 1 to 256"),
    Bad(
      shape: minute, function: .integral(per: .hour), tags: 3,
      message: "function: integral is of one tag, here are 3: compute one tag from them by an expression, and let the "
        + "window be over it"),
    Bad(shape: minute, lateness: .seconds(7_200), message: "lateness: 2 h; it is 0 s to 1 h"),
    Bad(shape: minute, lateness: .seconds(-1), message: "lateness: -1 s; it is 0 s to 1 h"),
    Bad(shape: minute, gap: .zero, message: "maximum-gap: 0 s; it is 100 ms to 31 d"),
    Bad(shape: minute, coverage: 1.5, message: "minimum-coverage: 1.5 is no part; it is 0 to 1"),
    Bad(shape: minute, coverage: .nan, message: "minimum-coverage: nan is no part; it is 0 to 1"),
    Bad(shape: minute, offset: .seconds(60), message: "offset: 1 min; it is 0 or more and shorter than 1 min"),
    Bad(shape: minute, offset: .seconds(-1), message: "offset: -1 s; it is 0 or more and shorter than 1 min"),
    Bad(
      shape: .sliding(length: .seconds(60)), offset: .seconds(1),
      message: "offset: sliding windows have no grid to be moved"),
    Bad(shape: minute, points: 8, message: "points: 8 points; a window of this function keeps 16 to 100000"),
    Bad(
      shape: minute, function: .median, points: 20_000,
      message: "points: 20000 points; a window of this function keeps 16 to 10000"),
    Bad(
      shape: .tumbling(length: .zero), function: .percentile(-1), coverage: -1,
      message: "length: 0 s; it is 100 ms to 31 d; function: percentile -1.0 does not exist; it is 0 to 100; "
        + "minimum-coverage: -1.0 is no part; it is 0 to 1"),
  ]

  @Test("A bad specification says what is wrong and what is allowed", arguments: bad)
  func problems(bad: Bad) {
    do {
      _ = try WindowSpecification(
        bad.shape, bad.function, tags: bad.tags, lateness: bad.lateness, maximumGap: bad.gap,
        minimumCoverage: bad.coverage, only: bad.only, offset: bad.offset, points: bad.points)
      Issue.record("was accepted")
    } catch {
      #expect(error.description == bad.message)
    }
  }

  @Test("Results have the unit that follows from the function")
  func units() {
    #expect(WindowFunction.mean.unit(of: "°C") == "°C" && WindowFunction.count.unit(of: "°C") == "")
    #expect(WindowFunction.integral(per: .hour).unit(of: "kW") == "kW·h")
    #expect(WindowFunction.integral(per: .hour).unit(of: "") == "h")
    #expect(WindowFunction.rate(per: .minute).unit(of: "bar") == "bar/min")
    #expect(WindowFunction.rate(per: .day).unit(of: "") == "1/d")
    #expect(WindowFunction.timeInState(.above(1)).unit(of: "kW") == "s")
  }
}
