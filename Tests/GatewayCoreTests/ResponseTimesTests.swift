import GatewayCore
import Testing

@Suite("Response times")
struct ResponseTimesTests {
  @Test("without an answer there is no percentile")
  func empty() {
    #expect(ResponseTimes().percentile(50) == nil)
  }

  @Test(
    "a percentile is not below the true one and at most a quarter above it",
    arguments: [1, 100, 101, 125, 126, 400, 9_999, 123_456, 60_000_000])
  func accuracy(microseconds: Int) throws {
    var times = ResponseTimes()
    times.add(.microseconds(microseconds))
    let shown = try #require(times.percentile(99))
    #expect(shown >= .microseconds(microseconds))
    #expect(shown <= max(.microseconds(125), .microseconds(microseconds) * 5 / 4))
  }

  @Test("percentiles are those of all answers")
  func percentiles() {
    var times = ResponseTimes()
    for number in 1...1_000 { times.add(.milliseconds(number <= 900 ? 10 : 200)) }
    #expect(times.percentile(50) == times.percentile(90))
    #expect(times.percentile(90).map { $0 < .milliseconds(13) } == true)
    #expect(times.percentile(91).map { $0 >= .milliseconds(200) } == true)
    #expect(times.percentile(100) == times.percentile(99))
  }

  @Test("old answers are aged away")
  func aging() {
    var times = ResponseTimes()
    for _ in 0..<9_999 { times.add(.milliseconds(500)) }
    for _ in 0..<100_000 { times.add(.milliseconds(1)) }
    #expect(times.count < ResponseTimes.agingCount)
    #expect(times.percentile(99).map { $0 < .milliseconds(2) } == true)
  }
}
