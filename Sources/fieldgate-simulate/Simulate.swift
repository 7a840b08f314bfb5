import ArgumentParser
import FieldgateTestKit

/// Simulated sensors for demonstrations, tests and benchmarks.
@main
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fieldgate-simulate",
    abstract: "Simulated Modbus devices, over TCP and on a pseudo-terminal.",
    discussion: """
      Values are functions of the seed and the time. While it runs, it takes lines on standard input:
        fault tcp/2 silent | delay 800 | exception 2 | garbage | drop
        clear tcp/2
        stop
      where tcp/2 is unit 2 of the TCP endpoint and rtu/1 unit 1 of the serial line.

      Examples:
        fieldgate-simulate plant --rtu /tmp/rs485 --configuration devices.yaml
        fieldgate-simulate bench --devices 20 --registers 50 --ready-file ready.json
      """,
    subcommands: [PlantCommand.self, BenchCommand.self])
}

struct SharedOptions: ParsableArguments {
  @Option(help: "Seed of all signals.") var seed: UInt64 = 1
  @Option(help: "Scan interval that --configuration writes.") var every = "1s"
  @Option(help: "Write the matching 'buses' and 'devices' of a gateway.yaml here.") var configuration: String?
  @Option(help: "Write {\"tcp\": PORT, \"rtu\": PATH, \"pid\": N} here once everything answers.") var readyFile: String?
}

struct PlantCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plant", abstract: "Three machines behind a TCP endpoint and a boiler room on a serial line.",
    discussion:
      "The boiler's supply_temp is at 91.2 °C in the first half of each alarm period and at 71.3 °C in the rest.")
  @OptionGroup var shared: SharedOptions
  @Option(help: "TCP port on 127.0.0.1; 0 takes a free one.") var port = 0
  @Option(help: "Link to make for the serial line.") var rtu: String
  @Option(help: "Pace the serial line like one of this many bits a second; 0 is as fast as it goes.") var pace = 19_200
  @Option(help: "Seconds from one alarm to the next.") var alarmPeriod = 30.0

  func validate() throws {
    if !(0...65_535).contains(port) { throw ValidationError("--port must be 0 to 65535") }
    if alarmPeriod < 1 { throw ValidationError("--alarm-period must be 1 or more seconds") }
    if pace != 0, pace < 300 { throw ValidationError("--pace must be 0, or 300 or more") }
  }

  func run() throws {
    let machines = Plant.machines(seed: shared.seed)
    let boilerRoom = Plant.boilerRoom(seed: shared.seed, alarmPeriod: alarmPeriod)
    let tcp = try ModbusTCPServer(port: port, devices: machines)
    let line = try ModbusRTUServer(path: rtu, devices: boilerRoom, baud: pace == 0 ? nil : pace)
    var configuration = PlantConfiguration()
    configuration.addRTU(bus: "rs485", path: rtu, devices: boilerRoom, every: shared.every)
    configuration.addTCP(bus: "machines", port: tcp.port, devices: machines, every: shared.every)
    try Console(tcp: tcp, rtu: line).run(shared, configuration: configuration)
  }
}

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Many like devices behind one TCP endpoint.")
  @OptionGroup var shared: SharedOptions
  @Option(help: "TCP port on 127.0.0.1; 0 takes a free one.") var port = 0
  @Option(help: "Devices, units 1 and up.") var devices = 20
  @Option(help: "Values a device; the last is its scan counter.") var registers = 50

  func validate() throws {
    if !(1...247).contains(devices) { throw ValidationError("--devices must be 1 to 247") }
    if !(3...125).contains(registers) { throw ValidationError("--registers must be 3 to 125") }
  }

  func run() throws {
    let simulated = Plant.bench(devices: devices, registers: registers, seed: shared.seed)
    let tcp = try ModbusTCPServer(port: port, devices: simulated)
    var configuration = PlantConfiguration()
    configuration.addTCP(bus: "bench", port: tcp.port, devices: simulated, every: shared.every)
    try Console(tcp: tcp, rtu: nil).run(shared, configuration: configuration)
  }
}
