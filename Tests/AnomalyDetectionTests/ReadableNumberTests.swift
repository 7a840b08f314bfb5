import Testing

@testable import AnomalyDetection

@Suite("Numbers for people")
struct ReadableNumberTests {
  @Test(
    "They are rounded to the digits of the tag, without zeros at the end",
    arguments: [
      (71.3, 1, "71.3"), (48.0, 1, "48"), (-0.04, 1, "0"), (-0.05, 1, "-0.1"), (-12.5, 0, "-13"), (0.001, 3, "0.001"),
      (1.005, 9, "1.005"), (1_000_000, 0, "1000000"), (100, 2, "100"), (1.07, 2, "1.07"), (1e18, 2, "1e+18"),
      (3.14159, -2, "3"), (0.1234567891, 12, "0.123456789"),
    ])
  func texts(_ number: Double, _ decimals: Int, _ text: String) {
    #expect(ReadableNumber.text(number, decimals: decimals) == text)
  }

  @Test(
    "Digits after the point that show the size of a number",
    arguments: [
      (18.0, 3, 1), (0.5, 2, 2), (0.05, 2, 3), (1_234, 3, 0), (9.99, 2, 1), (0, 3, 0), (1e-12, 2, 9), (.infinity, 3, 0),
    ])
  func digits(_ number: Double, _ digits: Int, _ decimals: Int) {
    #expect(ReadableNumber.decimals(showing: digits, of: number) == decimals)
  }

  @Test(
    "Times have two units at most",
    arguments: [
      (0.0, "0 s"), (59.4, "59 s"), (60, "1 min"), (61, "1 min 1 s"), (9_300, "2 h 35 min"), (7_200, "2 h"),
      (86_400, "1 d"), (273_600, "3 d 4 h"), (-5, "0 s"), (.infinity, "11574074 d 1 h"),
    ])
  func times(_ seconds: Double, _ text: String) {
    #expect(ReadableNumber.time(seconds: seconds) == text)
  }
}
