import FieldgateTestKit
import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// Every fault of the simulator over a real pseudo-terminal and over TCP, and the quality it gives.
@Suite("The table of faults")
struct FaultTableTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var medium: Medium
    var fault: FieldgateTestKit.Fault
    /// Of the tags of the scan that the fault hit.
    var quality: Quality
    var testDescription: String { "\(medium.rawValue) \(fault)" }
  }

  static func both(_ kind: FieldgateTestKit.Fault.Kind, _ rtu: Quality, _ tcp: Quality) -> [Case] {
    [
      Case(medium: .rtu, fault: .init(kind, times: 1), quality: rtu),
      Case(medium: .tcp, fault: .init(kind, times: 1), quality: tcp),
    ]
  }

  /// A reply with two registers has 9 bytes on a serial line and 13 over TCP.
  static let truncations = (1...12).flatMap { bytes in
    both(.damaged(.truncated(bytes: bytes)), .bad(.timeout), .bad(.timeout)).filter { $0.medium == .tcp || bytes < 9 }
  }
  static let exceptions = (1...11).flatMap { code in
    both(.exception(code: UInt8(code)), .bad(.exception(UInt8(code))), .bad(.exception(UInt8(code))))
  }

  static let cases: [Case] =
    both(.silent, .bad(.timeout), .bad(.timeout))
    + both(.delay(milliseconds: 20), .good, .good)
    + both(.delay(milliseconds: 450), .bad(.timeout), .bad(.timeout))
    + both(.damaged(.garbage), .bad(.checksum), .bad(.malformedReply))
    + both(.damaged(.noise), .bad(.checksum), .bad(.malformedReply))
    // Over TCP the transaction id says which request is answered; some devices have one unit id for all their replies.
    + both(.damaged(.wrongUnit), .bad(.malformedReply), .good)
    + both(.damaged(.wrongFunction), .bad(.malformedReply), .bad(.malformedReply))
    // The two bytes that are claimed are waited for.
    + both(.damaged(.wrongCount), .bad(.timeout), .bad(.timeout))
    // The check sum is looked for two bytes too early.
    + both(.damaged(.shortCount), .bad(.checksum), .bad(.malformedReply))
    + both(.damaged(.duplicated), .good, .good)
    // A connection that breaks is made anew within the read.
    + both(.drop, .bad(.busDown), .good)
    + truncations + exceptions

  @Test("a fault gives its quality, spoils no other device, and is over with the next good reply", arguments: cases)
  func table(_ one: Case) throws {
    let directory = try TemporaryDirectory("faults")
    let simulation = try Self.simulation(one.medium, link: directory("line"))
    defer { simulation.stop() }
    let place = one.medium == .tcp ? "\(simulation.ports[0])" : directory("line")
    var drive = BusDrive(
      [Self.device(0), Self.device(1)], bus: one.medium.bus(place, timeout: .milliseconds(250)))
    var neighbours: Set<Quality> = []
    func next(_ drive: inout BusDrive, _ condition: (Reading) -> Bool) -> Reading? {
      drive.scan { scan in
        if scan.device == 1 { neighbours.insert(scan.readings[0].quality) }
        return scan.device == 0 && condition(scan.readings[0])
      }?.readings[0]
    }

    #expect(next(&drive) { $0.quality == .good } == Reading(.integer(70_001)))
    try simulation.setFault(one.fault, device: "device1")
    if one.quality == .good {
      for _ in 0..<4 { #expect(next(&drive) { _ in true } == Reading(.integer(70_001))) }
    } else {
      #expect(next(&drive) { $0.quality != .good }?.quality == one.quality)
      #expect(next(&drive) { $0.quality == .good } == Reading(.integer(70_001)))
      #expect(drive.poller.health(of: 0).lastError?.isEmpty == false)
    }
    #expect(neighbours.isSubset(of: one.quality == .bad(.busDown) ? [.good, .bad(.busDown)] : [.good]))
  }

  private static func simulation(_ medium: Medium, link: String) throws -> Simulation {
    let devices = [1, 2].map { unit in
      SimulatedDevice(
        name: "device\(unit)", unit: UInt8(unit),
        tags: [SimulatedTag("value", .holdingRegister, 0, .uint32, .constant(Double(70_000 + unit)))])
    }
    return try medium == .tcp
      ? Simulation(tcp: [("bus", devices)]) : Simulation(rtu: ("bus", devices, link))
  }

  private static func device(_ index: Int) -> PolledDevice {
    PolledDevice(
      device: index, unit: UInt8(index + 1), scanInterval: .milliseconds(30),
      points: [RegisterPoint(table: .holdingRegister, address: 0, type: .uint32)])
  }
}
