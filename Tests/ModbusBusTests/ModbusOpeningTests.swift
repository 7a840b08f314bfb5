import CLinux
import Foundation
import GatewayCore
import Glibc
import SerialPort
import Telemetry
import Testing

@testable import ModbusBus

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

  /// Root may open an exclusive port, so the flag itself is looked at.
  @Test("a pseudo-terminal is not left exclusive: the flag would outlive us and lock out a restart")
  func pseudoTerminal() throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let bus = serial(server.place)
    #expect(openingError(bus) == nil)
    // As after a kill, which lets nothing be taken back.
    #expect(try isExclusive(server.place) == false)
    bus.close()
    #expect(try isExclusive(server.place) == false)
  }

  @Test("a pseudo-terminal can be opened with parity after a kill, which leaves its settings behind")
  func settingsAfterKill() throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let descriptor = Glibc.open(server.place, O_RDWR | O_NOCTTY | O_NONBLOCK)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    let bus = serial(server.place)
    #expect(openingError(bus) == nil)
    var settings = termios()
    tcgetattr(descriptor, &settings)
    bus.close()
    tcsetattr(descriptor, TCSANOW, &settings)
    #expect(openingError(serial(server.place)) == nil)
  }

  /// TIOCGEXCL, of which Glibc's module has no name.
  private func isExclusive(_ device: String) throws -> Bool {
    let descriptor = Glibc.open(device, O_RDWR | O_NOCTTY | O_NONBLOCK)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var flag: Int32 = -1
    try #require(fieldgate_ioctl_pointer(descriptor, 0x8004_5440, &flag) == 0)
    return flag != 0
  }

  @Test("a port that the unit does not allow gets other advice than one that belongs to another group")
  func devicePolicy() {
    let endpoint = ModbusEndpoint.rtu(device: "/dev/null", baud: 9_600, parity: .even, stopBits: 1)
    let text = FailureText(name: "rs485", endpoint: endpoint, timeout: .seconds(1))
    #expect(
      text.opening(PortFailure(code: EPERM)).detail == "bus rs485: cannot open /dev/null (Operation not permitted); "
        + "the service may not use this kind of port: `systemctl edit fieldgate`, add the lines [Service] and DeviceAllow=char-null rw "
        + "(the name is that in /proc/devices), then `systemctl daemon-reload` and `systemctl restart fieldgate`")
    #expect(text.opening(PortFailure(code: EACCES)).detail.contains("dialout"))
  }

  @Test("the driver's name is that of the port a link leads to, without its number")
  func driverName() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = folder.appendingPathComponent("ttySC12")
    let link = folder.appendingPathComponent("usb-maker-port0")
    try Data().write(to: port)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: port)
    #expect(PortFailure.driver(of: link.path) == "ttySC")
    #expect(PortFailure.driver(of: folder.appendingPathComponent("missing").path) == nil)
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
