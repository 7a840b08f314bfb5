import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// SunSpec devices hold the power of ten of a value in a register of its own, and may change it.
@Suite("Writes scaled by the device", .inASiteSlot)
struct ScaledWriteTests {
  private static let tags = [
    "name: limit, holding: 10, scale-factor: limit_sf, unit: \"%\", writable: { minimum: 0, maximum: 100 }",
    "name: reserve, holding: 11, type: int16, scale-factor: limit_sf, unit: \"%\", writable: true",
    "name: limit_sf, holding: 12, type: int16, fault-values: [0x8000]",
  ]

  @Test("A write takes the power of ten that the device holds now, and none while it holds none")
  func followsTheDevice() async throws {
    let tags = [
      SimulatedTag("limit", .holdingRegister, 10, .uint16, .constant(500)),
      SimulatedTag("reserve", .holdingRegister, 11, .int16, .constant(0)),
      SimulatedTag("limit_sf", .holdingRegister, 12, .int16, .constant(-1)),
    ]
    let simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "inverter", unit: 1, tags: tags)])])
    defer { simulation.stop() }
    let site = try Site()
    let sections = Site.sections(Site.tcp(simulation), device: "inverter", Self.tags)
    try await site.startWithoutCentral(sections, device: "inverter")
    func ask(_ message: String) throws -> Site.Reply { try site.ask(message, device: "inverter") }
    func held(_ tag: String) throws -> Double? { try simulation.values("inverter")[tag] }
    func shows(_ text: String) async throws {
      _ = try await eventually(text) {
        try site.fieldgate("values", "inverter").text.contains(text) ? true : nil
      }
    }

    try await shows("limit 50 ")
    let tenths = try ask(#"{"limit":12.5,"reserve":-0.3}"#)
    #expect(tenths.outcome == "done" && tenths.values?["limit"]?.old == .number(50), "\(tenths)")
    #expect(try held("limit") == 125 && held("reserve") == -3)
    #expect(tenths.values?["limit"]?.value == .number(12.5) && tenths.values?["reserve"]?.value == .number(-0.3))
    #expect(try ask(#"{"limit":12.55}"#).reason == "out-of-limits", "between two steps")
    #expect(try ask(#"{"limit":101}"#).reason == "out-of-limits", "above the maximum, whatever the register holds")

    // The device now counts in hundredths; what stands in the registers means something else.
    try simulation.force("inverter", "limit_sf", to: -2)
    try await shows("limit 1.25 ")
    let cli = try site.fieldgate("write", "inverter/limit", "12.55", "--yes").text
    #expect(cli.contains("inverter/limit: done, was 1.25, is 12.55"), "\(cli)")
    #expect(try held("limit") == 1_255)

    try simulation.force("inverter", "limit_sf", to: 1)
    try await shows("limit 12550 ")
    #expect(try ask(#"{"limit":40}"#).outcome == "done")
    #expect(try held("limit") == 4)
    let step = try ask(#"{"limit":45}"#)
    #expect(step.reason == "out-of-limits" && step.message.contains("in steps of 10 now"), "\(step)")

    // SunSpec's "not implemented".
    try simulation.force("inverter", "limit_sf", to: -32_768)
    try await shows("limit_sf — (sensor fault)")
    let unknown = try ask(#"{"limit":40}"#)
    #expect(unknown.outcome == "refused" && unknown.reason == "scale-factor", "\(unknown)")
    #expect(try held("limit") == 4)
    try simulation.force("inverter", "limit_sf", to: 0)
    try await shows("limit 4 ")
    #expect(try ask(#"{"limit":40}"#).outcome == "done")
    #expect(try held("limit") == 40)
  }
}
