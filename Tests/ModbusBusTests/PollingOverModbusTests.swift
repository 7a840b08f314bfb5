import GatewayCore
import ModbusBus
import Telemetry
import Testing

@Suite("Polling over Modbus")
struct PollingOverModbusTests {
  @Test("a server that ends makes its scans bad, and they are good again when it is back")
  func outage() throws {
    let server = try ModbusServer("reference_server.py", "tcp")
    let values = try ReferenceValue.list(server.lines)
    let expected = try values.map { try $0.reading() }
    let device = PolledDevice(
      device: 0, unit: 1, scanInterval: .milliseconds(50), points: try values.map { try $0.point() })
    let start = MonotonicTime(nanoseconds: MonotonicNow.nanoseconds)
    var drive = BusDrive(
      poller: BusPoller(devices: [device], seed: 1, now: start),
      bus: Medium.tcp.bus(server.place, timeout: .seconds(5)))

    #expect(drive.scan { _ in true }?.readings == expected)
    server.stop()
    let down = drive.scan { $0.readings.allSatisfy { $0 == .bad(.busDown) } }
    #expect(down != nil)
    #expect(!drive.poller.statistics.isBusUp)
    let again = try ModbusServer("reference_server.py", "tcp", server.place)
    let up = drive.scan { $0.readings.contains { $0.quality == .good } }
    #expect(up?.readings == expected)
    #expect(drive.poller.statistics.reconnects == 1)
    #expect(drive.poller.health(of: 0).isAnswering)
    _ = again
  }

  @Test("devices in trouble do not spoil the others of their line", arguments: Medium.allCases)
  func neighbours(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let faults: [Fault] = [.prompt, .dead, .badChecksum, .refuses]
    let devices = faults.enumerated().map { index, fault in
      PolledDevice(
        device: index, unit: fault.rawValue, scanInterval: .milliseconds(400),
        points: [RegisterPoint(table: .holdingRegister, address: 0, type: .int64)])
    }
    let start = MonotonicTime(nanoseconds: MonotonicNow.nanoseconds)
    var drive = BusDrive(poller: BusPoller(devices: devices, seed: 1, now: start), bus: medium.bus(server.place))
    var qualities: [Int: Set<Quality>] = [:]
    var scans = 0
    _ = drive.scan { scan in
      qualities[scan.device, default: []].insert(scan.readings[0].quality)
      scans += 1
      return scans == 24
    }
    #expect(qualities[0]?.contains(.good) == true)
    #expect(qualities[1] == [.bad(.timeout)])
    #expect(qualities[2] == (medium == .rtu ? [.bad(.checksum)] : [.good]))
    #expect(qualities[3] == [.bad(.exception(2))])
    #expect(drive.poller.health(of: 1).lastError?.contains("unit 3 did not answer") == true)
  }
}
