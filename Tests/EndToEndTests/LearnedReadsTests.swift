import FieldgateTestKit
import Foundation
import Telemetry
import Testing

/// A device without one of its registers, read by the real daemon.
@Suite("What a device refuses", .inASiteSlot)
struct LearnedReadsTests {
  private let temporary: TemporaryDirectory
  private let simulation: Simulation

  init() throws {
    temporary = try TemporaryDirectory("refused")
    // It has the registers 0 to 5, but not 3.
    let tags = [0, 1, 2, 4, 5].map { SimulatedTag("t\($0)", .holdingRegister, $0, .uint16, .constant(Double($0))) }
    simulation = try Simulation(tcp: [("plc", [SimulatedDevice(name: "press", unit: 1, tags: tags)])])
    _ = try temporary.directory("outbox")
    let wanted = (0...5).map { "{ name: t\($0), holding: \($0) }" }.joined(separator: ", ")
    let text = """
      gateway: barn-7
      buses: [{ name: plc, type: modbus-tcp, host: 127.0.0.1, port: \(simulation.ports[0]) }]
      devices: [{ name: press, bus: plc, unit: 1, every: 100ms, tags: [\(wanted)] }]
      outbox: { directory: \(temporary("outbox")) }
      api: { socket: \(temporary("gateway.sock")) }

      """
    try text.write(toFile: temporary("gateway.yaml"), atomically: true, encoding: .utf8)
  }

  private func daemon() throws -> ChildProcess {
    try ChildProcess(Executable.built("fieldgated"), ["--configuration", temporary("gateway.yaml")])
  }

  private func fieldgate(_ command: String) -> String {
    let arguments = [command, "--socket", temporary("gateway.sock")]
    guard let child = try? ChildProcess(Executable.built("fieldgate"), arguments) else { return "" }
    _ = try? child.wait(timeout: .seconds(20), killingAfter: true)
    return child.drainedOutput
  }

  private func wait(_ what: String, _ daemon: ChildProcess, for condition: () -> Bool) throws {
    try waitUntil(what, timeout: .seconds(20), seen: { daemon.standardError + fieldgate("plan") }) { condition() }
  }

  @Test("one bad tag is found, the others are good; it is remembered over a kill, and a damaged file does no harm")
  func remembered() throws {
    defer { simulation.stop() }
    let file = temporary("outbox/learned-reads.txt")
    let first = try daemon()
    try wait("the plan without the register", first) {
      fieldgate("plan").contains("! not asked for: t3, which the device refuses (illegal data address)")
    }
    try wait("values", first) { fieldgate("values").contains("t5 5") }
    #expect(fieldgate("values").contains("t2 2  t3 — (illegal data address)  t4 4"))
    #expect(fieldgate("status").contains("1 of 6 tags bad"))
    #expect(try temporary.read("outbox/learned-reads.txt").contains("\nrefused holding 3 1 2 1\n"))
    first.kill()

    // Two requests a scan from the first one on: nothing is searched for.
    let second = try daemon()
    try wait("values after the kill", second) { fieldgate("values").contains("t5 5") }
    let plan = fieldgate("plan")
    #expect(plan.contains("holding register 0 to 2") && plan.contains("holding register 4 to 5"), "\(plan)")
    #expect(!second.standardError.contains("learned-reads.txt is ignored"))
    second.kill()

    try Data("fieldgate-learned-reads 1\nrefused".utf8).write(to: URL(fileURLWithPath: file))
    let third = try daemon()
    try wait("the file to be whole again", third) {
      (try? temporary.read("outbox/learned-reads.txt"))?.contains("\nrefused holding 3 1 2 1\n") == true
    }
    #expect(third.standardError.contains("learned-reads.txt is ignored: it "), "\(third.standardError)")
    third.kill()
  }
}
