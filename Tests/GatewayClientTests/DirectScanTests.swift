import FieldgateTestKit
import Glibc
import SerialPort
import Telemetry
import Testing

@testable import GatewayClient

@Suite("Scanning and reading without the daemon")
struct DirectScanTests {
  /// What a scan said.
  final class Said {
    var lines: [String] = []
    var notes: [String] = []
    var progress: ScanProgress { ScanProgress(note: { self.notes.append($0) }, step: { _ in }) }
  }

  private static func device(_ unit: UInt8) -> SimulatedDevice {
    SimulatedDevice(name: "device\(unit)", unit: unit, fillsGaps: true, tags: [])
  }

  @Test("a sweep finds the one baud rate at which the device answers, and ends there")
  func sweep() throws {
    let device = try OneBaudDevice(unit: 3, rate: B19200)
    defer { device.stop() }
    var scan = DirectScan(units: 3...3, timeoutMilliseconds: 200)
    scan.sweeps = true
    let said = Said()
    try scan.run(
      DirectBus(device: device.path, baud: nil, parity: nil), progress: said.progress, isInterrupted: { false },
      output: { said.lines.append($0) })
    #expect(said.lines == ["unit 3  19200 baud, even parity  answers: read holding registers"])
    #expect(said.notes.first?.contains("24 line settings; ends with the first") == true)
    #expect(said.notes.last == "1 device answered at 19200 baud, even parity")
  }

  @Test("with --all a sweep goes on to the last setting, and prints JSON with the setting")
  func sweepOfAll() throws {
    let device = try OneBaudDevice(unit: 3, rate: B19200)
    defer { device.stop() }
    var scan = DirectScan(units: 3...3, timeoutMilliseconds: 100)
    scan.sweeps = true
    scan.triesAll = true
    scan.json = true
    let said = Said()
    try scan.run(
      DirectBus(device: device.path, baud: nil, parity: nil), progress: said.progress, isInterrupted: { false },
      output: { said.lines.append($0) })
    // A pseudo-terminal keeps no parity, so the device answers at all three.
    #expect(
      said.lines
        == ["even", "none", "odd"].map { parity in
          #"{"unit":3,"baud":19200,"parity":"\#(parity)","stop_bits":\#(parity == "none" ? 2 : 1),"#
            + #""answers":["read holding registers"],"identity":[]}"#
        })
    #expect(said.notes.last?.hasPrefix("3 devices answered at 19200 baud, even parity and at 19200 baud") == true)
  }

  @Test("a port that another program has locked is not scanned, and that is said")
  func locked() throws {
    let device = try OneBaudDevice(unit: 3, rate: B19200)
    defer { device.stop() }
    let claim = try PortClaim(device.path)
    let failure = #expect(throws: GatewayClient.Failure.self) {
      try DirectScan(units: 3...3, timeoutMilliseconds: 100).run(
        DirectBus(device: device.path, baud: nil, parity: nil), progress: Said().progress, isInterrupted: { false },
        output: { Issue.record("found: \($0)") })
    }
    #expect(failure?.description.contains("locked by another program") == true)
    withExtendedLifetime(claim) {}
  }

  @Test("a single register is read directly, and a wrong baud rate says what to check")
  func read() throws {
    let device = try OneBaudDevice(unit: 3, rate: B9600)
    defer { device.stop() }
    let read = RawRead(bus: "", unit: 3, table: "holding", address: 0, count: 1, type: "uint16", order: "big-big")
    let said = Said()
    try DirectBus(device: device.path, baud: 9_600, parity: "none").read(read, json: false) { said.lines.append($0) }
    #expect(said.lines.first?.contains("0x002a  42") == true)
    let failure = #expect(throws: GatewayClient.Failure.self) {
      try DirectBus(device: device.path, baud: 19_200, parity: "none").read(read, json: false) { _ in }
    }
    #expect(failure?.description.contains("check wiring, unit id and baud rate") == true)
  }

  @Test("a TCP endpoint is scanned, and an interrupted scan tells what it found")
  func tcp() throws {
    let server = try ModbusTCPServer(SimulatedUnits([Self.device(1), Self.device(3)]))
    defer { server.stop() }
    let said = Said()
    let scan = DirectScan(units: 1...200, timeoutMilliseconds: 200)
    try scan.run(
      DirectBus(host: "127.0.0.1", port: server.port), progress: said.progress,
      isInterrupted: { said.lines.count == 2 }, output: { said.lines.append($0) })
    #expect(said.lines.count == 2 && said.lines[1].hasPrefix("unit 3"))
    #expect(said.notes.last == "interrupted; 2 devices answered")
  }

  @Test("a TCP endpoint has no baud rate to sweep")
  func sweepOfTCP() {
    var scan = DirectScan(units: 1...1, timeoutMilliseconds: 200)
    scan.sweeps = true
    let failure = #expect(throws: GatewayClient.Failure.self) {
      try scan.run(
        DirectBus(host: "127.0.0.1", port: 502), progress: Said().progress, isInterrupted: { false }, output: { _ in })
    }
    #expect(failure?.description.contains("without --sweep") == true)
  }
}
