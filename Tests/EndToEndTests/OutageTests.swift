import FieldgateTestKit
import Foundation
import Testing

/// Each outage lasts a minute, in an installation of its own; they run side by side.
@Suite("Outages of a minute", .inASiteSlot)
struct OutageTests {
  static let length = Duration.seconds(60)
  /// Until caches and buffers have their size.
  static let settling = Duration.seconds(20)

  @Test("Central is away: the outbox grows, then drains, and nothing is missing")
  func centralAway() async throws {
    let site = try Site()
    try await site.startAll()
    try await site.drained()
    site.stopCentral()
    let before = try #require(site.status()).outbox.samples
    try await Task.sleep(for: Self.settling)
    let memory = try site.memory()
    try await Task.sleep(for: Self.length - Self.settling)
    #expect(try site.memory() < memory + 1_500, "the daemon grows while central is away")
    let grown = try #require(site.status()).outbox.samples
    #expect(grown > before + 3_000)
    try await site.startCentral()
    try await site.drained()
    try expectCalm(site, memoryBefore: memory)
    try expectComplete(site)
  }

  @Test("The broker is away: everything else goes on, and it is published again afterwards")
  func brokerAway() async throws {
    let site = try Site()
    try await site.startAll()
    try await site.drained()
    site.stopBroker()
    try await Task.sleep(for: Self.settling)
    let memory = try site.memory()
    try await Task.sleep(for: Self.length - Self.settling)
    #expect(try site.memory() < memory + 1_500, "the daemon grows while the broker is away")
    try site.startBroker()
    let message = try await eventually("a message after the broker is back", timeout: .seconds(60)) {
      let output = try site.run(
        "mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/press", "-C", "1", "-W", "2"],
        mustSucceed: false)
      return output.status == 0 ? output.text : nil
    }
    #expect(message.contains("\"quality\":\"good\""))
    try expectCalm(site, memoryBefore: memory)
    try expectComplete(site)
  }

  @Test(
    "The sensors are away: their tags are bad with the reason, no old value is good, and they come back by themselves")
  func sensorsAway() async throws {
    let site = try Site()
    try await site.startAll()
    try await site.drained()
    site.stopSensors()
    _ = try await eventually("a bad value") {
      try site.fieldgate("values", "press").text.contains("bus down") ? true : nil
    }
    try await Task.sleep(for: Self.settling)
    let memory = try site.memory()
    try await Task.sleep(for: Self.length - Self.settling)
    #expect(try site.memory() < memory + 1_500, "the daemon grows while the sensors are away")
    #expect(try site.fieldgate("values", "press").text.contains("parts — (bus down)"))
    // The other bus was never touched by it.
    #expect(try !site.fieldgate("values", "boiler").text.contains("—"))
    try site.restartSensors()
    _ = try await eventually("a good value again", timeout: .seconds(60)) {
      try site.fieldgate("values", "press").text.contains("—") ? nil : true
    }
    try await site.drained()
    let press = try site.curl("/v1/gateways/site/samples?tag=press/parts&format=csv&limit=100000").text
    #expect(press.split(separator: "\n").count { $0.hasSuffix(",bad,bus down") } > 200)
    try expectCalm(site, memoryBefore: memory)
    try expectComplete(site, devices: ["boiler", "tank", "pump"])
  }

  /// Memory stays flat and the log readable.
  private func expectCalm(_ site: Site, memoryBefore: Int) throws {
    let memory = try site.memory()
    // Sending a backlog takes buffers of some megabytes once.
    #expect(memory < memoryBefore + 10_000, "the daemon grew from \(memoryBefore) to \(memory) kB")
    let lines = site.logLines()
    let repeats = Dictionary(grouping: lines) { $0 }.mapValues(\.count)
    #expect(repeats.values.max() ?? 0 <= 30, "\(repeats.max { $0.value < $1.value }?.key ?? "") is repeated")
    let isAlarm: (String) -> Bool = { $0.contains("alarm too_hot") }
    #expect(lines.count { !isAlarm($0) } < 30, "the log has \(lines.count) lines:\n\(lines.joined(separator: "\n"))")
  }

  /// Scan counters at central are 1, 2, 3 … : no scan is missing, none is doubled.
  private func expectComplete(_ site: Site, devices: [String] = Site.devices) throws {
    #expect(try site.stopGateway() == .code(0))
    for device in devices {
      let counts = try site.scanCounts(device).map(\.count)
      #expect(counts.count > 250)
      #expect(counts == Array(1...max(1, counts.count)), "\(device): scans are missing or doubled at central")
    }
    site.stopCentral()
    #expect(try site.verifyCentral().problems == [])
  }
}
