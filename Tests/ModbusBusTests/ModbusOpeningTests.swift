import Foundation
import GatewayCore
import ModbusBus
import Telemetry
import Testing

@Suite("Opening a Modbus bus")
struct ModbusOpeningTests {
  private func openingError(_ bus: ModbusBus) -> FieldBusError? {
    do {
      try bus.open()
      return nil
    } catch {
      return error
    }
  }

  private func serial(_ device: String, baud: Int = 19_200) -> ModbusBus {
    let endpoint = ModbusEndpoint.rtu(device: device, baud: baud, parity: .even, stopBits: 1)
    return ModbusBus(endpoint: endpoint, timeout: .milliseconds(100), name: "rs485")
  }

  @Test("a port that is missing is named, with what to do")
  func missing() {
    let error = openingError(serial("/dev/serial/by-id/no-such-adapter"))
    #expect(error?.reason == .busDown)
    #expect(
      error?.detail == "bus rs485: cannot open /dev/serial/by-id/no-such-adapter (No such file or directory); "
        + "plug in the adapter, or choose another port from /dev/serial/by-id")
  }

  @Test("what is not a serial port is refused")
  func noTerminal() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    try Data().write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let error = openingError(serial(path))
    #expect(error?.reason == .busDown)
    #expect(error?.detail.contains("not a serial port") == true)
  }

  @Test("a rate that cannot be set is refused, not replaced", arguments: [1_800, 9_601, 14_400, 1_000_000])
  func rate(baud: Int) throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let error = openingError(serial(server.place, baud: baud))
    #expect(error?.detail.contains("\(baud) baud cannot be set") == true)
  }

  @Test("a port is not shared")
  func exclusive() throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let first = serial(server.place)
    #expect(openingError(first) == nil)
    let error = openingError(serial(server.place))
    #expect(error?.reason == .busDown)
    #expect(error?.detail.contains("fuser") == true)
    first.close()
    #expect(openingError(serial(server.place)) == nil)
  }

  @Test("a TCP port where nobody listens is named")
  func refused() throws {
    let server = try ModbusServer("faulty_server.py", "tcp")
    server.stop()
    let error = openingError(Medium.tcp.bus(server.place, name: "plc"))
    #expect(error?.reason == .busDown)
    #expect(
      error?.detail == "bus plc: cannot connect to 127.0.0.1:\(server.port): Connection refused; "
        + "check the port, and that the device's Modbus server is switched on")
  }

  @Test("a host name that does not resolve is named")
  func unresolved() {
    let endpoint = ModbusEndpoint.tcp(host: "no such host", port: 502)
    let error = openingError(ModbusBus(endpoint: endpoint, timeout: .milliseconds(100), name: "plc"))
    #expect(error?.reason == .busDown)
    #expect(error?.detail.contains("cannot be resolved") == true)
  }

  @Test("a closed bus cannot be read, and opening twice is opening once", arguments: Medium.allCases)
  func closed(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    let request = ReadRequest(unit: 1, table: .holdingRegister, address: 0, count: 4)
    #expect(bus.failure(request)?.reason == .busDown)
    try bus.open()
    try bus.open()
    #expect(bus.failure(request) == nil)
    bus.close()
    #expect(bus.failure(request)?.reason == .busDown)
    try bus.open()
    #expect(bus.failure(request) == nil)
  }

  @Test("broadcast and reserved units are not asked on a serial line", arguments: [0, 248, 255] as [UInt8])
  func units(unit: UInt8) throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let bus = Medium.rtu.bus(server.place)
    try bus.open()
    let error = bus.failure(ReadRequest(unit: unit, table: .coil, address: 0, count: 1))
    #expect(error?.reason == .inputOutput)
    #expect(error?.detail.contains("1 to 247") == true)
  }
}
