import FieldgateTestKit
import GatewayCore
import SerialBus
import SerialPort
import Telemetry
import Testing

@Suite("Serial ports")
struct SerialPortTests {
  private static func bus(_ path: String) -> SerialBus {
    SerialBus(PortSettings(device: path), name: "line", waker: PortWaker())
  }

  private static func gather(_ bus: SerialBus, until wanted: ([UInt8]) -> Bool) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try waitUntil("bytes of the line") {
      bytes += try bus.receive(timeout: .milliseconds(100))
      return wanted(bytes)
    }
    return bytes
  }

  @Test("Bytes come as they were sent, an FF doubled; what is sent arrives")
  func bytes() throws {
    let directory = try TemporaryDirectory("serial-port")
    let sensor = try SerialSensorServer(.scale, link: directory("line"))
    defer { sensor.stop() }
    let bus = Self.bus(sensor.path)
    try bus.open()
    sensor.say("a\u{1}\r\n")
    #expect(try Self.gather(bus) { $0.count >= 4 } == [0x61, 0x01, 0x0d, 0x0a])
    try bus.send(Array("READ\r\n".utf8), withBreak: true)
    let answer = try Self.gather(bus) { $0.last == 0x0a }
    #expect(String(decoding: answer, as: UTF8.self) == "ST,GS,+   20.1kg\r\n")
  }

  @Test("A port is ours alone while it is open, and the next one may have it afterwards")
  func exclusive() throws {
    let directory = try TemporaryDirectory("serial-port")
    let sensor = try SerialSensorServer(.lines, link: directory("line"))
    defer { sensor.stop() }
    let first = Self.bus(sensor.path)
    let second = Self.bus(sensor.path)
    try first.open()
    #expect { try second.open() } throws: {
      ($0 as? FieldBusError)?.detail.contains("locked by another program") == true
    }
    first.close()
    try second.open()
  }

  @Test("A port that is pulled out is lost at once, one that is missing or none cannot be opened, and says why")
  func failures() throws {
    let directory = try TemporaryDirectory("serial-port")
    let sensor = try SerialSensorServer(.lines, link: directory("line"))
    defer { sensor.stop() }
    let bus = Self.bus(sensor.path)
    try bus.open()
    sensor.unplug()
    var lost: FieldBusError?
    try waitUntil("the loss of the port") {
      do {
        _ = try bus.receive(timeout: .milliseconds(100))
      } catch {
        lost = error as? FieldBusError
      }
      return lost != nil
    }
    #expect(lost?.isBusDown == true && lost?.detail.contains("lost \(sensor.path)") == true)
    try waitUntil("the link to be gone") {
      do {
        try bus.open()
        return false
      } catch {
        return true
      }
    }
    #expect { try bus.open() } throws: { ($0 as? FieldBusError)?.detail.contains("plug in the adapter") == true }
    #expect { try Self.bus("/dev/null").open() } throws: {
      ($0 as? FieldBusError)?.detail.contains("not a serial port") == true
    }
    sensor.plugIn()
    try waitUntil("the port to be back") {
      do {
        try bus.open()
        return true
      } catch {
        return false
      }
    }
  }

  @Test("A wait ends when somebody asks for it")
  func waking() throws {
    let directory = try TemporaryDirectory("serial-port")
    let sensor = try SerialSensorServer(.scale, link: directory("line"))
    defer { sensor.stop() }
    let waker = PortWaker()
    let bus = SerialBus(PortSettings(device: sensor.path), name: "line", waker: waker)
    try bus.open()
    waker.wake()
    // Without the wake this would take an hour.
    #expect(try bus.receive(timeout: .seconds(3_600)) == [])
  }
}
