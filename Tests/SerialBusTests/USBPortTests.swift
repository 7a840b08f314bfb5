import FieldgateTestKit
import Foundation
import SerialBus
import SerialPort
import Telemetry
import Testing

/// Adapters found by what they are, in a folder that looks as the kernel's does.
@Suite("Serial ports of USB adapters")
struct USBPortTests {
  private let system: TemporaryDirectory

  init() throws {
    system = try TemporaryDirectory("usb-ports")
    try make("class/tty")
    // Two adapters of one kind, one with two interfaces, one without a serial number; and a port of the board.
    try add("ttyUSB0", adapter: "1-1", "0403", "6001", serial: "A10K3", interface: "00", port: "ttyUSB0")
    try add("ttyUSB1", adapter: "1-2", "0403", "6001", serial: "B77", interface: "00", port: "ttyUSB1")
    try add("ttyACM0", adapter: "1-3", "1a86", "55d2", serial: "0001", interface: "00", port: nil)
    try add("ttyACM1", adapter: "1-3", "1a86", "55d2", serial: "0001", interface: "02", port: nil)
    try add("ttyUSB2", adapter: "1-4.1", "10c4", "ea60", serial: nil, interface: "00", port: "ttyUSB2")
    try make("devices/platform/serial8250/tty")
    try link("ttyS0", to: "devices/platform/serial8250")
    try make("class/tty/tty1")
  }

  private func add(
    _ tty: String, adapter: String, _ vendor: String, _ product: String, serial: String?, interface: String,
    port: String?
  ) throws {
    let device = "devices/pci0000:00/usb1/\(adapter)"
    let folder = "\(device)/\(adapter):1.\(interface)"
    try make(port.map { "\(folder)/\($0)" } ?? folder)
    try write("\(vendor)\n", "\(device)/idVendor")
    try write("\(product)\n", "\(device)/idProduct")
    if let serial { try write("\(serial)\n", "\(device)/serial") }
    try write("\(interface)\n", "\(folder)/bInterfaceNumber")
    try link(tty, to: port.map { "\(folder)/\($0)" } ?? folder)
  }

  private func make(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: system(name), withIntermediateDirectories: true)
  }

  private func write(_ text: String, _ name: String) throws {
    try text.write(toFile: system(name), atomically: false, encoding: .utf8)
  }

  private func link(_ tty: String, to device: String) throws {
    try make("class/tty/\(tty)")
    try FileManager.default.createSymbolicLink(
      atPath: system("class/tty/\(tty)/device"), withDestinationPath: "../../../\(device)")
  }

  @Test("all ports of USB adapters are found, with vendor, product, serial number and interface, and no others")
  func present() {
    let ports = USBPort.present(system: system.path)
    #expect(
      ports.map { "\($0.path) \($0.name.text)" } == [
        "/dev/ttyACM0 usb:1a86:55d2:0001:if00", "/dev/ttyACM1 usb:1a86:55d2:0001:if02",
        "/dev/ttyUSB0 usb:0403:6001:A10K3:if00", "/dev/ttyUSB1 usb:0403:6001:B77:if00",
        "/dev/ttyUSB2 usb:10c4:ea60:if00",
      ])
  }

  @Test(
    "a name leads to the one port that fits, and a path to itself",
    arguments: [
      ("usb:0403:6001:A10K3", "/dev/ttyUSB0"), ("usb:0403:6001:B77", "/dev/ttyUSB1"),
      ("usb:10C4:EA60", "/dev/ttyUSB2"), ("usb:1a86:55d2:if02", "/dev/ttyACM1"),
      ("usb:1a86:55d2:0001:if00", "/dev/ttyACM0"), ("/dev/ttyUSB9", "/dev/ttyUSB9"), ("usb:nonsense", "usb:nonsense"),
    ])
  func found(_ device: String, _ path: String) throws {
    #expect(try USBPort.path(of: device, system: system.path) == path)
  }

  private func fault(_ device: String, system: String) -> PortFailure? {
    do {
      _ = try USBPort.path(of: device, system: system)
      return nil
    } catch {
      return error
    }
  }

  @Test("an adapter that is not there is said, with those that are")
  func missing() throws {
    let failure = try #require(fault("usb:0403:6001:X", system: system.path))
    #expect(failure.text == "no such adapter is plugged in")
    let advice = failure.advice(on: "usb:0403:6001:X")
    #expect(advice.hasPrefix("plug it in, or name one that is there: usb:1a86:55d2:0001:if00 (/dev/ttyACM0), "))
    #expect(advice.contains("usb:0403:6001:A10K3:if00 (/dev/ttyUSB0)"))
    let nothing = try #require(fault("usb:0403:6001", system: system("nothing")))
    #expect(nothing.advice(on: "").contains("dmesg | tail"))
  }

  @Test("a name that fits several ports is refused, with what tells them apart")
  func several() throws {
    let failure = try #require(fault("usb:0403:6001", system: system.path))
    #expect(failure.text == "2 ports fit")
    #expect(
      failure.advice(on: "")
        == "add serial number or interface: usb:0403:6001:A10K3:if00 (/dev/ttyUSB0), "
        + "usb:0403:6001:B77:if00 (/dev/ttyUSB1)")
  }

  @Test("a bus says that its adapter is not plugged in")
  func bus() {
    let bus = SerialBus(PortSettings(device: "usb:ffff:ffff:none"), name: "line", waker: PortWaker())
    #expect { try bus.open() } throws: {
      "\($0)".contains("bus line: cannot open usb:ffff:ffff:none (no such adapter is plugged in)")
    }
  }
}
