import Telemetry
import Testing

@Suite("Limits of writable tags")
struct WriteLimitsTests {
  private static func limits(_ minimum: String?, _ maximum: String?, _ step: String?) -> WriteLimits {
    func number(_ text: String?) -> DecimalNumber? { text.flatMap { DecimalNumber(text: $0) } }
    return WriteLimits(minimum: number(minimum), maximum: number(maximum), step: number(step))
  }

  @Test(
    "a value is refused when it lies beyond the limits or between two steps",
    arguments: [
      (limits(nil, nil, nil), 1e300, true), (limits("5", "80", "0.5"), 5, true), (limits("5", "80", "0.5"), 80, true),
      (limits("5", "80", "0.5"), 4.9, false), (limits("5", "80", "0.5"), 80.5, false),
      (limits("5", "80", "0.5"), 7.25, false), (limits("5", "80", "0.5"), 7.5, true),
      (limits("0.1", nil, "0.1"), 0.3, true), (limits("0.1", nil, "0.1"), 1_234.7, true),
      (limits(nil, nil, "0.1"), -0.7, true), (limits(nil, nil, "0.1"), -0.75, false),
    ] as [(WriteLimits, Double, Bool)])
  func objections(_ limits: WriteLimits, _ value: Double, _ isAllowed: Bool) {
    #expect((limits.objection(to: value) == nil) == isAllowed)
  }

  @Test("an objection writes numbers as people do")
  func words() {
    #expect(Self.limits("10", nil, nil).objection(to: 5) == "5 is below the minimum of 10")
    #expect(Self.limits(nil, "0.5", nil).objection(to: 1e3) == "1000 is above the maximum of 0.5")
    #expect(Self.limits(nil, nil, "2").objection(to: 1.5) == "1.5 is not a whole number of steps of 2 from 0")
  }

  @Test("the function is the one for so many entries, if the device has it")
  func functions() {
    #expect(WriteFunctions.usual.code(for: .coil, count: 1) == 5)
    #expect(WriteFunctions.usual.code(for: .coil, count: 2) == 15)
    #expect(WriteFunctions.usual.code(for: .holdingRegister, count: 1) == 6)
    #expect(WriteFunctions.usual.code(for: .holdingRegister, count: 4) == 16)
    #expect(([.registers] as WriteFunctions).code(for: .holdingRegister, count: 1) == 16)
    #expect(([.singleRegister] as WriteFunctions).code(for: .holdingRegister, count: 2) == nil)
    #expect(WriteFunctions.usual.code(for: .inputRegister, count: 1) == nil)
  }
}
