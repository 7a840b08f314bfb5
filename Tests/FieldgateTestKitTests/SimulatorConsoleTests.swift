import FieldgateTestKit
import Foundation
import Telemetry
import Testing

@Suite("The simulator's commands")
struct SimulatorConsoleTests {
  @Test("Commands set faults and values by name, unit id and bus")
  func commands() throws {
    let directory = try TemporaryDirectory()
    let simulation = try Simulation(plant: PlantLayout(), link: directory("line"))
    defer { simulation.stop() }
    let console = SimulatorConsole(simulation)
    let (tcp, rtu) = (simulation.endpoints[0].units, simulation.endpoints[1].units)

    #expect(console.execute("  fault 3   delay 800 ") == .line("ok"))
    #expect(tcp.fault(unit: 3) == Fault(.delay(milliseconds: 800)) && rtu.fault(unit: 3) == tcp.fault(unit: 3))
    #expect(console.execute("clear tcp:3") == .line("ok"))
    #expect(tcp.fault(unit: 3) == nil && rtu.fault(unit: 3) != nil)
    #expect(console.execute("fault boiler silent times 2") == .line("ok"))
    #expect(rtu.fault(unit: 1) == Fault(.silent, times: 2) && tcp.fault(unit: 1) == nil)
    #expect(console.execute("clear all") == .line("ok"))
    #expect([1, 2, 3].allSatisfy { rtu.fault(unit: $0) == nil })

    #expect(console.execute("set boiler supply_temp 99.5") == .line("ok"))
    #expect(try simulation.values("boiler")["supply_temp"] == 99.5)
    #expect(console.execute("follow boiler supply_temp") == .line("ok"))
    #expect(try simulation.values("boiler")["supply_temp"] != 99.5)
    #expect(console.execute("") == nil)
    #expect(console.execute("stop") == .stop)
  }

  @Test(
    "What is wrong is named",
    arguments: [
      ("hello", "'hello' is no command"), ("fault 9 silent", "no device '9'"),
      ("fault boiler loud", "'loud' is no fault"),
      ("set boiler heat 3", "no tag 'heat'"), ("set boiler supply_temp hot", "'hot' is no number"),
      ("clear", "'clear' is no"),
      ("fault rtu:4 silent", "no device 'rtu:4'"),
    ])
  func errors(command: String, message: String) throws {
    let directory = try TemporaryDirectory()
    let simulation = try Simulation(plant: PlantLayout(), link: directory("line"))
    defer { simulation.stop() }
    guard case .line(let line) = SimulatorConsole(simulation).execute(command) else {
      Issue.record("no answer to '\(command)'")
      return
    }
    #expect(line.hasPrefix("error: ") && line.contains(message), "\(line)")
  }

  @Test(
    "Lengths of time",
    arguments: [("250ms", 250), ("20s", 20_000), ("5m", 300_000), ("1h", 3_600_000), ("1d", 86_400_000)])
  func times(text: String, milliseconds: Int64) throws {
    #expect(try TimeText.parse(text) == .milliseconds(milliseconds))
  }

  @Test("What is no length of time", arguments: ["", "5", "s", "0s", "1.5s", "-1s", "5 s", "1w", "9999999s"])
  func badTimes(text: String) {
    #expect(throws: TestKitError.self) { try TimeText.parse(text) }
  }
}

@Suite("The program fieldgate-simulate")
struct SimulateProgramTests {
  private func start(_ arguments: [String], in directory: TemporaryDirectory) throws -> (ChildProcess, [String: Any]) {
    let child = try ChildProcess(
      Executable.built("fieldgate-simulate"), arguments + ["--ready-file", directory("ready.json")], writesInput: true)
    let text = try waitFor("the ready file of '\(child.commandLine)'", timeout: .seconds(20)) { () throws -> String? in
      guard child.isRunning else { throw TestKitError("it ended: \(child.drainedError)") }
      return try directory.read("ready.json")
    }
    let ready = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return (child, ready)
  }

  @Test("The plant serves, tells where, takes commands, and ends cleanly when told", arguments: [SIGTERM, SIGINT])
  func plant(signal: Int32) throws {
    let directory = try TemporaryDirectory()
    let (child, ready) = try start(
      [
        "plant", "--rtu", directory("line"), "--configuration", directory("plant.yaml"), "--every", "500ms", "--fault",
        "device=press,kind=exception,code=6",
      ], in: directory)
    let port = try #require(ready["tcp"] as? Int)
    #expect(ready["ports"] as? [Int] == [port])
    #expect(ready["rtu"] as? String == directory("line"))
    #expect(ready["pid"] as? Int == Int(child.pid))
    let expected = PlantLayout().configuration(host: "127.0.0.1", port: port, link: directory("line"), every: "500ms")
    #expect(try directory.read("plant.yaml") == expected.yaml)

    let busy = try MBPoll(target: .tcp(port: port)).request(unit: 1, type: "3", address: 0)
    #expect(busy.error.hasSuffix("Slave device or server is busy"))
    try child.send(line: "clear press\nset boiler supply_temp 99.5\nvalues")
    let values = try waitFor("the values") { child.standardOutput.split(separator: "\n").dropFirst(2).first }
    #expect(values.contains(#""supply_temp":99.5"#))
    let serial = MBPoll(target: .rtu(path: directory("line")))
    #expect(try serial.request(unit: 1, type: "4", address: 100).values == [100: "995"])

    child.signal(signal)
    #expect(try child.wait() == .code(0))
    let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(left == ["plant.yaml"])
  }

  @Test("The command stop ends it too")
  func stop() throws {
    let directory = try TemporaryDirectory()
    let (child, _) = try start(["rtu", "--link", directory("line"), "--units", "4,7"], in: directory)
    let serial = MBPoll(target: .rtu(path: directory("line")))
    #expect(try serial.request(unit: 7, type: "4", address: 0, count: 20).values.count == 20)
    try child.send(line: "stop")
    #expect(try child.wait() == .code(0))
  }

  @Test("One port for each endpoint")
  func endpoints() throws {
    let directory = try TemporaryDirectory()
    let (child, ready) = try start(["tcp", "--devices", "4", "--endpoints", "4"], in: directory)
    let ports = try #require(ready["ports"] as? [Int])
    #expect(ports.count == 4)
    let last = MBPoll(target: .tcp(port: ports[3]))
    #expect(try last.request(unit: 4, type: "4", address: 0, count: 52).values.count == 52)
    #expect(try child.terminate() == .code(0))
  }

  @Test(
    "Wrong arguments are refused before anything is served",
    arguments: [
      ["tcp", "--devices", "500"], ["tcp", "--endpoints", "0"], ["rtu", "--link", "x", "--units", "1,1"],
      ["plant", "--every", "5"], ["plant", "--fault", "unit=3"], ["plant", "--fault", "unit=99,kind=silent"],
      ["plant", "--rtu", "/no/such/directory/line"], ["plant", "--pace", "1"],
    ])
  func wrongArguments(arguments: [String]) throws {
    let child = try ChildProcess(Executable.built("fieldgate-simulate"), arguments)
    #expect(try child.wait(timeout: .seconds(20), killingAfter: true) != .code(0))
    #expect(child.drainedError.hasPrefix("Error: "))
  }
}
