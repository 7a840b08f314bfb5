import FieldgateTestKit
import Foundation
import Glibc
import Telemetry
import Testing

/// `fieldgate scan` on a serial line, beside the daemon and alone.
@Suite("Scanning a serial line", .inASiteSlot)
struct ScanTests {
  private let temporary: TemporaryDirectory
  private let simulation: Simulation

  init() throws {
    temporary = try TemporaryDirectory("scan")
    let devices = [3, 7].map { unit in
      SimulatedDevice(
        name: unit == 3 ? "meter" : "pump", unit: UInt8(unit),
        tags: [SimulatedTag("value", .holdingRegister, 0, .uint16, .constant(Double(unit)))])
    }
    simulation = try Simulation(rtu: ("boiler-room", devices, temporary("line")))
    _ = try temporary.directory("outbox")
    let text = """
      gateway: barn-7
      buses:
        - { name: boiler-room, type: modbus-rtu, device: \(temporary("line")), baud: 115200, timeout: 200ms }
      devices:
        - { name: meter, bus: boiler-room, unit: 3, every: 1s, tags: [{ name: value, holding: 0 }] }
        - { name: pump, bus: boiler-room, unit: 7, every: 1s, tags: [{ name: value, holding: 0 }] }
      outbox: { directory: \(temporary("outbox")) }
      api: { socket: \(temporary("gateway.sock")) }

      """
    try text.write(toFile: temporary("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  private func start(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess(Executable.built("fieldgate"), arguments + ["--socket", temporary("gateway.sock")])
  }

  /// Runs to the end: exit, output and errors.
  private func fieldgate(_ arguments: String...) throws -> (exit: ChildProcess.Exit, text: String, errors: String) {
    let child = try ChildProcess(
      Executable.built("fieldgate"), arguments + ["--socket", temporary("gateway.sock")])
    let exit = try child.wait(timeout: .seconds(120), killingAfter: true)
    return (exit, child.drainedOutput, child.drainedError)
  }

  @Test("a device that answers as another unit is backed off and named, and a scan passes beside it")
  func wrongUnit() throws {
    defer { simulation.stop() }
    try simulation.setFault(.init(.damaged(.wrongUnit)), device: "pump")
    let daemon = try ChildProcess(Executable.built("fieldgated"), ["--configuration", temporary("gateway.yaml")])
    defer { daemon.kill() }
    func seen() -> String { (try? fieldgate("devices").text) ?? "" }
    try waitUntil("the other unit to be named", timeout: .seconds(60), seen: seen) {
      let text = seen()
      return text.contains("unit 71 answered in its place") && text.contains("SILENT, asked rarely")
        && text.contains("replies of a unit that was not asked") && !text.contains("late replies")
    }
    let doctor = try fieldgate("doctor", "--configuration", temporary("gateway.yaml")).text
    #expect(doctor.contains("when unit 7 is asked, unit 71 answers"), "\(doctor)")

    let nobody = try fieldgate("scan", "boiler-room", "--units", "7-7")
    #expect(nobody.exit == .code(0), "\(nobody)")
    #expect(nobody.errors.contains("0 devices answered"), "\(nobody)")
    let meter = try fieldgate("scan", "boiler-room", "--units", "3-3", "--json")
    #expect(meter.text.hasPrefix(#"{"unit":3,"answers":["#), "\(meter)")

    try simulation.setFault(nil, device: "pump")
    try waitUntil("the pump to be back", timeout: .seconds(60), seen: seen) { !seen().contains("SILENT") }
  }

  @Test("a port that the daemon holds is refused, and so is a sweep of its bus, each with what to do")
  func held() throws {
    defer { simulation.stop() }
    let daemon = try ChildProcess(Executable.built("fieldgated"), ["--configuration", temporary("gateway.yaml")])
    defer { daemon.kill() }
    try waitUntil("the bus to be up", timeout: .seconds(60), seen: { daemon.standardError }) {
      try fieldgate("devices").text.contains("boiler-room  up")
    }
    let sweep = try fieldgate("scan", "boiler-room", "--sweep", "--units", "3-3")
    #expect(sweep.exit != .code(0) && sweep.text.isEmpty)
    #expect(sweep.errors.contains("systemctl stop fieldgate"), "\(sweep)")
    let direct = try fieldgate("scan", "--device", temporary("line"), "--units", "3-3")
    #expect(direct.exit != .code(0) && direct.text.isEmpty)
    #expect(direct.errors.contains("locked by another program"), "\(direct)")
  }

  @Test("Ctrl-C ends a scan with what was found, and the port is free and as it was")
  func interrupted() throws {
    defer { simulation.stop() }
    let path = temporary("line")
    let before = try settings(path)
    let scan = try start("scan", "--device", path, "--baud", "115200", "--units", "3-247", "--timeout", "300")
    try waitUntil("the first device", timeout: .seconds(60), seen: { scan.standardError }) {
      scan.standardOutput.contains("unit 3  answers: read holding registers")
    }
    scan.signal(SIGINT)
    #expect(try scan.wait(timeout: .seconds(60), killingAfter: true) == .code(0))
    #expect(scan.drainedError.contains("interrupted; 1 device answered"), "\(scan.drainedError)")
    #expect(try settings(path) == before)
    let read = try fieldgate("read", "--device", path, "--baud", "115200", "7", "holding", "0")
    #expect(read.exit == .code(0) && read.text.contains("0x0007"), "\(read)")
  }

  /// What the line is set to.
  private func settings(_ path: String) throws -> String {
    let stty = try ChildProcess("/usr/bin/stty", ["-F", path, "-g"])
    #expect(try stty.wait(timeout: .seconds(60), killingAfter: true) == .code(0), "\(stty.drainedError)")
    return stty.drainedOutput
  }
}
