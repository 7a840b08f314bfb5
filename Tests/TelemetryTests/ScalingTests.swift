import Telemetry
import Testing

@Suite("Scaling")
struct ScalingTests {
  @Test(
    "Decimal numbers are read as they are written",
    arguments: [
      ("12", 12, 0), ("-0.25", -25, 2), ("+4.5E2", 450, 0), ("1e-3", 1, 3), ("0.10", 1, 1), (".5", 5, 1), ("5.", 5, 0),
      ("0", 0, 0), ("-0.0", 0, 0), ("999999999999999", 999_999_999_999_999, 0), ("0.000000001", 1, 9),
    ] as [(String, Int64, Int)])
  func decimals(text: String, units: Int64, digits: Int) throws {
    let number = try #require(DecimalNumber(text: text))
    #expect(number.units == units && number.decimals == digits)
  }

  @Test(
    "What is no decimal number, or too long for one, is nil",
    arguments: [
      "", "-", ".", "e5", "1e", "1.2.3", "0x10", "1_000", "1,5", " 1", "nan", "inf", "1e400", "0.0000000001",
      "12345678901234567890",
    ])
  func noDecimals(text: String) {
    #expect(DecimalNumber(text: text) == nil)
  }

  static let scaled: [(multiplier: String, offset: String, raw: Value, value: Double)] = [
    ("0.1", "0", .integer(234), 23.4),
    ("0.1", "-40", .integer(655), 25.5),
    ("0.01", "0", .integer(-7), -0.07),
    ("-1", "100", .integer(30), 70),
    ("2.5", "0.25", .float32(2), 5.25),
    ("1e3", "0", .integer(3), 3_000),
    ("0.001", "0", .integer(Int64.max), Double(Int64.max) * 1 / 1_000),
    ("1", "0", .float64(0.1 + 0.2), 0.1 + 0.2),
  ]

  @Test("Raw values become what the sensor's display shows", arguments: scaled)
  func scaling(multiplier: String, offset: String, raw: Value, value: Double) throws {
    let factor = try #require(DecimalNumber(text: multiplier))
    let addend = try #require(DecimalNumber(text: offset))
    let scaling = try #require(Scaling(multiplier: factor, offset: addend))
    #expect(scaling.apply(raw) == value)
  }

  @Test("Every tenth of an int16 equals its decimal text, which binary multiplication would miss")
  func tenths() throws {
    let scaling = try #require(Scaling(multiplier: DecimalNumber(units: 1, decimals: 1), offset: .zero))
    var missed = 0
    for raw in Int64(Int16.min)...Int64(Int16.max) {
      let text = "\(raw < 0 ? "-" : "")\(raw.magnitude / 10).\(raw.magnitude % 10)"
      #expect(scaling.apply(.integer(raw)) == Double(text))
      if Double(raw) * 0.1 != Double(text) { missed += 1 }
    }
    #expect(missed > 1_000)
  }

  @Test("Numbers out of range make no scaling")
  func bounds() {
    #expect(Scaling(multiplier: 0, offset: 0, decimals: 0) == nil)
    #expect(Scaling(multiplier: 1, offset: Scaling.maximumMagnitude + 1, decimals: 0) == nil)
    #expect(Scaling(multiplier: 1, offset: 0, decimals: 10) == nil)
    #expect(Scaling(multiplier: .min, offset: 0, decimals: 0) == nil)
  }
}
