import Testing

@testable import GatewayConfiguration

@Suite("Durations and sizes")
struct QuantityTests {
  @Test(
    "Durations have a number and a unit",
    arguments: [
      ("100ms", 100), ("1s", 1_000), ("1.5s", 1_500), ("2 min", 120_000), ("2m", 120_000), ("1h", 3_600_000),
      ("14d", 1_209_600_000), ("0s", 0), ("0.001s", 1), ("10", nil), ("", nil), ("s", nil), ("-1s", nil),
      ("1.5ms", nil),
      ("1 fortnight", nil), ("1S", nil), ("1e3s", nil), ("99999999999999d", nil), ("١s", nil),
    ] as [(String, Int64?)])
  func durations(_ text: String, milliseconds: Int64?) {
    #expect(Quantity.duration(text) == milliseconds.map { .milliseconds($0) })
  }

  @Test(
    "Sizes have a number and a unit",
    arguments: [
      ("2GB", 2_000_000_000), ("512MiB", 536_870_912), ("1.5 kB", 1_500), ("10B", 10), ("2gb", nil), ("2", nil),
      ("B", nil),
      ("0.5B", nil),
    ] as [(String, Int64?)])
  func sizes(_ text: String, bytes: Int64?) {
    #expect(Quantity.size(text) == bytes)
  }
}
