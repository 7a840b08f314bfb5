import Telemetry
import Testing

@testable import GatewayClient

@Suite("Scanning for devices")
struct UnitScanTests {
  @Test("a unit that does not answer the first question is asked no other")
  func nobody() {
    var scan = UnitScan(unit: 9)
    scan.take(.silence)
    #expect(scan.question == nil)
    #expect(!scan.isPresent)
  }

  @Test(
    "what a gateway says of a unit behind it that does not answer is silence",
    arguments: [Quality.Reason.exception(10).name, Quality.Reason.exception(11).name])
  func gateways(_ name: String) {
    var scan = UnitScan(unit: 9)
    scan.take(.exception(name))
    #expect(scan.question == nil)
    #expect(!scan.isPresent && scan.functions.isEmpty)
  }

  @Test("a refusal shows that somebody is there, and which functions it has")
  func refusals() {
    var scan = UnitScan(unit: 9)
    scan.take(.exception("illegal data address"))
    scan.take(.exception("illegal function"))
    scan.take(.reply([1, 1, 0]))
    scan.take(.silence)
    scan.take(.reply([43, 14, 1, 1, 0, 0, 2, 0, 4] + Array("Acme".utf8) + [1, 2] + Array("X1".utf8)))
    #expect(scan.isPresent && scan.question == nil)
    #expect(scan.functions == ["read holding registers", "read coils", "identification"])
    #expect(scan.identity == ["Acme", "X1"])
  }

  @Test("an identification that ends early gives what is whole", arguments: 0..<17)
  func cut(_ length: Int) {
    let whole: [UInt8] = [43, 14, 1, 1, 0, 0, 2, 0, 4] + Array("Acme".utf8) + [1, 2] + Array("X1".utf8)
    #expect(UnitScan.texts(Array(whole.prefix(length))).count <= 2)
  }
}
