import Telemetry
import Testing

@Suite("From a value in its unit back to the raw value")
struct RawValueTests {
  private static func scaling(_ multiplier: String, _ offset: String = "0") throws -> Scaling {
    let scale = try #require(DecimalNumber(text: multiplier))
    let shift = try #require(DecimalNumber(text: offset))
    return try #require(Scaling(multiplier: scale, offset: shift))
  }

  @Test(
    "whole raw values are found exactly",
    arguments: [
      (23.4, "0.1", "0", 234), (-23.4, "0.1", "0", -234), (23.5, "0.1", "-40", 635), (7, "1", "0", 7),
      (12.5, "-0.5", "0", -25), (0.000000003, "1e-9", "0", 3), (600, "100", "0", 6),
    ] as [(Double, String, String, Int64)])
  func exact(value: Double, multiplier: String, offset: String, raw: Int64) throws {
    #expect(try Self.scaling(multiplier, offset).raw(for: value, as: .integer) == .integer(raw))
  }

  @Test("every raw value comes back from its value in the unit")
  func roundTrip() throws {
    for multiplier in ["1", "0.1", "0.01", "0.001", "0.25", "10", "-0.1", "1e-9", "0.7"] {
      let scaling = try Self.scaling(multiplier, "-40")
      for raw in [Int64(-32_768), -1, 0, 1, 3, 234, 65_535, 123_456_789, -987_654_321] {
        #expect(try scaling.raw(for: scaling.apply(.integer(raw)), as: .integer) == .integer(raw), "\(multiplier)")
      }
    }
  }

  @Test("a value between two raw values names both")
  func between() throws {
    let scaling = try Self.scaling("0.1")
    #expect(throws: Scaling.NoRawValue.between(21.5, 21.6)) { try scaling.raw(for: 21.53, as: .integer) }
    #expect(throws: Scaling.NoRawValue.beyond) { try scaling.raw(for: 1e30, as: .integer) }
    #expect(throws: Scaling.NoRawValue.beyond) { try scaling.raw(for: .nan, as: .float64) }
    #expect(throws: Scaling.NoRawValue.beyond) { try Scaling.identity.raw(for: 1e39, as: .float32) }
  }

  @Test("floats take the nearest raw value, booleans 0 and 1")
  func others() throws {
    #expect(try Self.scaling("0.5").raw(for: 21.3, as: .float64) == .float64(42.6))
    #expect(try Scaling.identity.raw(for: 0.1, as: .float32) == .float32(0.1))
    #expect(try Scaling.identity.raw(for: 1, as: .boolean) == .boolean(true))
    #expect(throws: Scaling.NoRawValue.beyond) { try Scaling.identity.raw(for: 2, as: .boolean) }
  }
}
