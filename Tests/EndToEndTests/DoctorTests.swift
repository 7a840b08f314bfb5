import FieldgateTestKit
import Foundation
import Testing

/// `fieldgate doctor` beside a real daemon with one dead device and no broker, and without the daemon.
@Suite("Doctor", .serialized, .inASiteSlot)
struct DoctorTests {
  struct Report: Decodable {
    struct Finding: Decodable {
      var check: String
      var subject: String?
      var verdict: String
      var text: String
      var next: String?
    }
    var good: Bool
    var findings: [Finding]

    func verdicts(_ check: String, _ subject: String? = nil) -> [String] {
      findings.filter { $0.check == check && (subject == nil || $0.subject == subject) }.map(\.verdict)
    }
  }

  private let temporary: TemporaryDirectory
  private let sensors: ModbusTCPServer
  private let brokerPort: Int

  init() throws {
    temporary = try TemporaryDirectory("doctor")
    let plant = PlantLayout(seed: 7, alarmPeriod: .seconds(4))
    sensors = try ModbusTCPServer(SimulatedUnits(plant.tcp))
    brokerPort = try FreePort.find()
    _ = try temporary.directory("outbox")
    let unit = try #require(plant.tcp.first?.unit)
    let text = """
      gateway: barn-7
      broker: { host: 127.0.0.1, port: \(brokerPort) }
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1, port: \(sensors.ports[0]), timeout: 200ms }]
      devices:
        - { name: alive, bus: plc, unit: \(unit), every: 200ms, tags: [{ name: count, holding: 0 }] }
        - { name: dead, bus: plc, unit: 99, every: 200ms, tags: [{ name: count, holding: 0 }] }
      outbox: { directory: \(temporary("outbox")) }
      api: { socket: \(temporary("gateway.sock")) }
      """
    try text.write(toFile: temporary("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  private func doctor() throws -> (report: Report, exit: ChildProcess.Exit) {
    let process = try ChildProcess(
      Executable.built("fieldgate"), ["doctor", "--configuration", temporary("gateway.yaml"), "--json"])
    let exit = try process.wait()
    return (try JSONDecoder().decode(Report.self, from: Data(process.drainedOutput.utf8)), exit)
  }

  @Test("A dead device, no broker: each is a problem with its next step; then the daemon is gone, too")
  func deadDevice() throws {
    defer { sensors.stop() }
    let daemon = try ChildProcess(Executable.built("fieldgated"), ["--configuration", temporary("gateway.yaml")])
    var report: Report?
    try waitUntil("the verdict on the dead device", timeout: .seconds(30), seen: { "\(report as Any)" }) {
      report = try? doctor().report
      return report?.verdicts("device", "dead") == ["problem"]
    }
    let seen = try doctor()
    #expect(seen.exit == .code(1) && !seen.report.good)
    #expect(seen.report.verdicts("configuration") == ["warning"], "no central: \(seen.report.findings)")
    #expect(seen.report.verdicts("daemon") == ["ok"])
    #expect(seen.report.verdicts("device", "alive") == [], "\(seen.report.findings)")
    let dead = try #require(seen.report.findings.first { $0.subject == "dead" })
    #expect(dead.text.contains("does not answer (unit 99), while others on plc do"), "\(dead)")
    #expect(dead.next?.contains("its unit id") == true, "\(dead)")
    let broker = try #require(seen.report.findings.first { $0.check == "broker" })
    #expect(broker.verdict == "problem" && broker.text.contains("nothing listens there"), "\(broker)")
    #expect(seen.report.verdicts("central") == ["ok"] && seen.report.verdicts("disk") == ["ok"])

    #expect(try daemon.terminate(timeout: .seconds(20)) == .code(0))
    let alone = try doctor()
    #expect(alone.exit == .code(1))
    #expect(alone.report.verdicts("daemon") == ["problem"] && alone.report.verdicts("broker") == ["problem"])
    let bus = alone.report.findings.filter { $0.subject == "plc" }
    #expect(bus.contains { $0.verdict == "ok" && $0.text.contains("a TCP connection to 127.0.0.1") }, "\(bus)")
    #expect(bus.contains { $0.verdict == "not checked" && $0.next?.contains("start the daemon") == true }, "\(bus)")
  }
}
