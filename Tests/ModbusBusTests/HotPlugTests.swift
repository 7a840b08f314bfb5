import FieldgateTestKit
import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// Adapters come and go; the link that names one leads to another port afterwards.
@Suite("Hot plugging")
struct HotPlugTests {
  private static let points = [RegisterPoint(table: .holdingRegister, address: 0, type: .uint16)]

  private func simulation(_ link: String, value: Double) throws -> Simulation {
    let tag = SimulatedTag("value", .holdingRegister, 0, .uint16, .constant(value))
    return try Simulation(rtu: ("line", [SimulatedDevice(name: "device", unit: 1, tags: [tag])], link))
  }

  @Test("an adapter that is unplugged and comes back under another name behind its link is used again")
  func replugged() throws {
    let directory = try TemporaryDirectory("plug")
    let link = directory("by-id")
    let first = try simulation(link, value: 1)
    var drive = BusDrive(
      [PolledDevice(device: 0, unit: 1, scanInterval: .milliseconds(100), points: Self.points)],
      bus: Medium.rtu.bus(link, timeout: .milliseconds(100)))
    #expect(drive.scan { $0.readings[0].quality == .good }?.readings == [Reading(.integer(1))])
    let before = try TextFile.linkTarget(link)

    // Takes the link away, too, as udev does.
    first.stop()
    var outage = 0
    _ = drive.scan { scan in
      if scan.readings == [.bad(.busDown)] { outage += 1 }
      return outage == 25
    }
    #expect(drive.poller.statistics.failedOpenings >= 1)
    // A new port may be given the old one's number; then the next one is not.
    var ports = [try simulation(link, value: 2)]
    defer { for port in ports { port.stop() } }
    while try TextFile.linkTarget(link) == before { ports.append(try simulation(link, value: 2)) }

    var scansUntilGood = 0
    let back = drive.scan { scan in
      scansUntilGood += 1
      return scan.readings[0].quality == .good
    }
    #expect(back?.readings == [Reading(.integer(2))])
    #expect(drive.poller.statistics.reconnects == 1)
    // At ten scans a second: looked for every second, whatever the outage before.
    #expect(scansUntilGood <= 15, "\(scansUntilGood)")
  }

  @Test("a link that leads to another port while the old one hangs up is followed")
  func moved() throws {
    let directory = try TemporaryDirectory("plug")
    let simulation = try simulation(directory("by-id"), value: 1)
    defer { simulation.stop() }
    var drive = BusDrive(
      [PolledDevice(device: 0, unit: 1, scanInterval: .milliseconds(100), points: Self.points)],
      bus: Medium.rtu.bus(directory("by-id"), timeout: .milliseconds(100)))
    #expect(drive.scan { $0.readings[0].quality == .good } != nil)
    try simulation.setFault(.init(.drop, times: 1), device: "device")
    #expect(drive.scan { $0.readings == [.bad(.busDown)] } != nil)
    #expect(drive.scan { $0.readings[0].quality == .good } != nil)
  }
}
