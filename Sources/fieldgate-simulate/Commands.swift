import ArgumentParser
import FieldgateTestKit

struct PlantCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plant",
    abstract: "The demo plant: a press shop over TCP, a boiler room on a serial line.",
    discussion: """
      TCP units 1 to 4 are press, energy, hydraulics and climate; RTU units 1 to 3
      are boiler, tank and pump. The boiler's supply_temp exceeds 85 degrees
      periodically. 'fieldgate-simulate map' prints all tags.

      Example: serve, and write what a gateway needs to read it:
        fieldgate-simulate plant --rtu /tmp/boiler-room --configuration plant.yaml
      """)

  @Option(help: "TCP port; 0: any free one.")
  var port: Int = 0

  @Option(help: "IPv4 address to listen on.")
  var host: String = "127.0.0.1"

  @Option(help: ArgumentHelp("Symbolic link to make for the serial line; without it there is none.", valueName: "PATH"))
  var rtu: String?

  @Option(help: ArgumentHelp("Simulates the serial line's speed, bits a second.", valueName: "BAUD"))
  var pace: Int?

  @Option(
    help: ArgumentHelp(
      "How long the boiler is normal; then it is too hot for half as long.", valueName: "TIME"))
  var alarmPeriod: String = "20s"

  @OptionGroup var serving: ServingOptions

  func validate() throws {
    _ = try TimeText.parse(alarmPeriod)
    try Bounds.check(pace: pace)
  }

  func run() throws {
    let plant = PlantLayout(seed: serving.seed, alarmPeriod: try TimeText.parse(alarmPeriod))
    try serving.run { try Simulation(plant: plant, host: host, port: port, link: rtu, pace: pace) }
  }
}

struct TCPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tcp",
    abstract: "Many equal devices over TCP: the load of benchmarks.",
    discussion: """
      Each device has holding registers from address 0, one a tag (temperatures
      with noise in the last digit, some settings, counters and levels), and
      scan_count behind them.

      Example: 20 devices on 20 endpoints, scanned every 100 ms:
        fieldgate-simulate tcp --devices 20 --registers 50 --endpoints 20 \\
          --ready-file ready.json --configuration devices.yaml --every 100ms
      """)

  @Option(help: "Devices, with unit ids from 1; 1 to 247.")
  var devices: Int = 20

  @Option(help: "Tags of each device beside scan_count; 1 to 123.")
  var registers: Int = 50

  @Option(help: "TCP endpoints that the devices are shared out to.")
  var endpoints: Int = 1

  @Option(help: "Port of the first endpoint, the others follow; 0: any free ones.")
  var port: Int = 0

  @Option(help: "IPv4 address to listen on.")
  var host: String = "127.0.0.1"

  @OptionGroup var serving: ServingOptions

  func run() throws {
    let layout = try BenchmarkLayout(devices: devices, registers: registers, seed: serving.seed)
    let shared = try layout.sharedOut(to: endpoints)
    try serving.run { try Simulation(tcp: shared, host: host, port: port) }
  }
}

struct RTUCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rtu",
    abstract: "Equal devices on one serial line (a pseudo-terminal).",
    discussion: """
      Examples:
        fieldgate-simulate rtu --link /tmp/line --units 1,2,3 --registers 20 --pace 19200
        mbpoll -m rtu -b 19200 -P even -a 2 -0 -r 0 -c 20 -1 /tmp/line
      """)

  @Option(help: ArgumentHelp("Symbolic link to make.", valueName: "PATH"))
  var link: String

  @Option(help: ArgumentHelp("Unit ids, 1 to 247.", valueName: "1,2,3"))
  var units: String = "1"

  @Option(help: "Tags of each device beside scan_count; 1 to 123.")
  var registers: Int = 20

  @Option(help: ArgumentHelp("Simulates the line's speed, bits a second.", valueName: "BAUD"))
  var pace: Int?

  @Flag(help: "Devices ignore a request that comes before 3.5 characters of silence; takes --pace.")
  var strict = false

  @OptionGroup var serving: ServingOptions

  func validate() throws {
    try Bounds.check(pace: pace)
    guard !strict || pace != nil else {
      throw ValidationError("--strict takes --pace, which says how long 3.5 characters are")
    }
  }

  func run() throws {
    let layout = try BenchmarkLayout(
      units: try Bounds.units(units), registers: registers, prefix: "line", seed: serving.seed)
    try serving.run { try Simulation(rtu: ("serial-line", layout.devices, link), pace: pace, isStrict: strict) }
  }
}

struct MapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Prints the demo plant's tags, for people or as configuration of the gateway.",
    discussion: "Example: fieldgate-simulate map --yaml --port 1502 --rtu /tmp/boiler-room --every 1s")

  @Flag(help: "The buses and devices of gateway.yaml.")
  var yaml = false

  @Option(help: "TCP port of the plant.")
  var port: Int = 1502

  @Option(help: "Address of the plant.")
  var host: String = "127.0.0.1"

  @Option(help: ArgumentHelp("Path of the serial line.", valueName: "PATH"))
  var rtu: String = "/tmp/fieldgate-boiler-room"

  @Option(help: ArgumentHelp("Scan interval.", valueName: "TIME"))
  var every: String = "1s"

  func validate() throws { _ = try TimeText.parse(every) }

  func run() {
    let map = PlantLayout().configuration(host: host, port: port, link: rtu, every: every)
    print(yaml ? map.yaml : map.table, terminator: "")
  }
}
