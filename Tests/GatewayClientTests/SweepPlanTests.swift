import GatewayConfiguration
import Testing

@testable import GatewayClient

@Suite("The plan of a sweep")
struct SweepPlanTests {
  @Test("tries each baud rate with each parity once, the common ones first")
  func order() {
    #expect(SweepPlan.settings.count == 24 && Set(SweepPlan.settings).count == 24)
    let texts = SweepPlan.settings.map(\.text)
    #expect(
      Array(texts[..<4]) == [
        "9600 baud, even parity", "9600 baud, no parity", "9600 baud, odd parity", "19200 baud, even parity",
      ])
    #expect(texts.last == "1200 baud, odd parity")
  }

  @Test(
    "a silent unit costs its bytes, the time-out, the quiet and the silence",
    arguments: [
      // 15 characters of 11 bits, the quiet of 20 ms (or 3.5 characters where that is longer), 3.5 characters.
      (9_600, 17_187_500 + 20_000_000 + 4_010_416), (1_200, 137_500_000 + 32_083_333 * 2),
      (115_200, 1_432_291 + 20_000_000 + 1_750_000),
    ])
  func silence(_ baud: Int, _ nanoseconds: Int) {
    let time = SweepPlan.silentQuestion(.init(baud: baud, parity: .none), timeout: .milliseconds(200))
    #expect(abs((time - .milliseconds(200) - .nanoseconds(nanoseconds)).components.attoseconds) < 100_000_000_000)
  }

  @Test("the longest time grows with units and settings, and has one opening a setting")
  func longest() {
    let one = SweepPlan.Setting(baud: 9_600, parity: .even)
    let question = SweepPlan.silentQuestion(one, timeout: .milliseconds(100))
    #expect(
      SweepPlan.longest([one, one], units: 10, timeout: .milliseconds(100)) == .milliseconds(200) + question * 20)
  }

  @Test(
    "times are told rounded up",
    arguments: [
      (0, "0 s"), (1, "1 s"), (119_001, "2 min"), (120_001, "3 min"), (7_200_000, "2 h"), (7_260_001, "2 h 2 min"),
    ])
  func text(_ milliseconds: Int, _ text: String) {
    #expect(SweepPlan.text(.milliseconds(milliseconds)) == text)
  }
}
