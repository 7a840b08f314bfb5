import ArgumentParser
import GatewayClient
import Glibc

/// Where a bus is when the daemon is not asked.
struct DirectOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Where the bus is described, when no daemon runs.")
  var configuration = "/etc/fieldgate/gateway.yaml"
  @Option(help: "A serial port instead of a bus of the configuration.") var device: String?
  @Option(help: "Of --device: bits a second; 19200 when left out.") var baud: Int?
  @Option(help: "Of --device: none, even or odd; even when left out.") var parity: String?
  @Option(help: "A Modbus TCP endpoint instead of a bus of the configuration: HOST or HOST:PORT.") var host: String?
  @Option(help: "Of --host.") var port = 502

  func validate() throws {
    if device != nil, host != nil { throw ValidationError("give --device or --host, not both") }
    if device == nil, baud != nil || parity != nil {
      throw ValidationError("--baud and --parity go with --device; a bus has its own in the configuration")
    }
  }

  var namesPlace: Bool { device != nil || host != nil }

  /// Without the daemon: what the options name, or the bus as the file describes it.
  func bus(_ name: String?) throws -> DirectBus {
    if let device { return try DirectBus(device: device, baud: baud, parity: parity) }
    if let host {
      // HOST:PORT, as people write it elsewhere; an IPv6 address has more colons.
      let parts = host.split(separator: ":", omittingEmptySubsequences: false)
      if parts.count == 2, let port = Int(parts[1]) { return try DirectBus(host: String(parts[0]), port: port) }
      return try DirectBus(host: host, port: port)
    }
    return try DirectBus(bus: name ?? "", configuration: configuration)
  }
}

struct Scan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find the devices on a bus.",
    discussion: """
      Asks every unit id, and each device that answers, which functions it has (reads 1 to
      4) and what it is (function 43, where it has that). Nothing is written.

      While the daemon runs, a bus of its configuration is scanned through it, in the gaps
      of its schedule. When it does not run, or with --device or --host, the command opens
      the bus itself; a port that the daemon holds cannot be opened.

      --sweep is for a device whose settings nobody knows: it tries 9600, 19200, 115200,
      38400, 4800, 57600, 2400 and 1200 baud, each with even, no and odd parity, and stops
      at the first setting at which a device answers. All units at all settings take long:
      narrow --units if you know the unit id (often 1).

      Examples:
        fieldgate scan rs485
        fieldgate scan rs485 --units 1-32 --timeout 100 --json
        fieldgate scan --device /dev/ttyUSB0 --baud 19200 --parity even
        fieldgate scan --device /dev/ttyUSB0 --sweep --units 1-10
        fieldgate scan --host 192.0.2.10 --units 1-5
      """)
  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var direct: DirectOptions
  @Option(help: "Unit ids, FIRST-LAST.") var units = "1-247"
  @Option(help: "Milliseconds for one answer, 10 to 60000.") var timeout = 200
  @Flag(help: "Try baud rates and parities as well; needs the port for itself.") var sweep = false
  @Flag(help: "With --sweep: go on after the first setting that finds a device.") var all = false
  @Argument(help: "The bus, as in the configuration; none with --device or --host.") var bus: String?

  func validate() throws {
    if (bus == nil) != direct.namesPlace { throw ValidationError("give a BUS, or --device, or --host") }
    if all, !sweep { throw ValidationError("--all goes with --sweep") }
    _ = try range()
  }

  private func range() throws -> ClosedRange<Int> {
    let ends = units.split(separator: "-").compactMap { Int($0) }
    guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last, (0...255).contains(first),
      last <= 255, (10...60_000).contains(timeout)
    else { throw ValidationError("--units is FIRST-LAST within 0-255, --timeout 10 to 60000") }
    return first...last
  }

  func run() throws {
    let range = try range()
    Interruption.watch()
    let isInterrupted = { Interruption.isReached }
    let progress = ProgressLine.progress
    if let bus, GatewayClient.isServed(socket: daemon.path) {
      guard !sweep else {
        throw ValidationError(
          "the daemon polls bus \(bus) at its own baud rate, which a sweep would disturb; stop it for the time: "
            + "systemctl stop fieldgate, then this command again, then systemctl start fieldgate")
      }
      let client = try GatewayClient(socket: daemon.path, json: daemon.json, output: ProgressLine.result)
      return try client.scan(
        bus: bus, units: range, timeoutMilliseconds: timeout, progress: progress, isInterrupted: isInterrupted)
    }
    if bus != nil { progress.note("no daemon answers on \(daemon.path); opening the bus alone") }
    var scan = DirectScan(units: range, timeoutMilliseconds: timeout)
    scan.sweeps = sweep
    scan.triesAll = all
    scan.json = daemon.json
    try scan.run(
      try direct.bus(bus), progress: progress, isInterrupted: isInterrupted, output: ProgressLine.result)
  }
}

struct Read: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read registers or coils of any device on a bus, as any type.",
    usage: """
      fieldgate read BUS UNIT TABLE ADDRESS [--count N] [--type TYPE] [--order ORDER]
      fieldgate read --device PORT [--baud N] [--parity P] UNIT TABLE ADDRESS
      fieldgate read --host HOST [--port N] UNIT TABLE ADDRESS
      """,
    discussion: """
      TABLE is coil, discrete, holding or input. Addresses are protocol addresses, from 0:
      what a manual calls 40101 is holding 100.

      While the daemon runs, a bus of its configuration is read through it, between two of
      its polls. When it does not run, or with --device or --host, the command opens the
      bus itself; a port that the daemon holds cannot be opened.

      Examples:
        fieldgate read rs485 3 holding 100
        fieldgate read rs485 3 input 20 --type float32 --order little-big
        fieldgate read plc 1 coil 0 --count 16
        fieldgate read --device /dev/ttyUSB0 --baud 9600 --parity none 3 holding 100
        fieldgate read --host 192.0.2.10 1 input 0 --count 4
      """)
  @OptionGroup var daemon: DaemonOptions
  @OptionGroup var direct: DirectOptions
  @Option(help: "How many values; of a string, how many registers.") var count = 1
  @Option(help: "As in the configuration: int16, uint32, float32, string …") var type = "uint16"
  @Option(help: "big-big, little-big, big-little or little-little.") var order = "big-big"
  @Argument(help: ArgumentHelp("BUS UNIT TABLE ADDRESS; no BUS with --device or --host.", valueName: "what"))
  var words: [String]

  func run() throws {
    let place = direct.namesPlace ? words : Array(words.dropFirst())
    guard place.count == 3, let unit = Int(place[0]), let address = Int(place[2]) else {
      throw ValidationError(
        direct.namesPlace
          ? "give UNIT TABLE ADDRESS, such as: 3 holding 100"
          : "give BUS UNIT TABLE ADDRESS, such as: rs485 3 holding 100"
      )
    }
    let bus = direct.namesPlace ? "" : words[0]
    let read = RawRead(
      bus: bus, unit: unit, table: place[1], address: address, count: count, type: type, order: order)
    if !direct.namesPlace, GatewayClient.isServed(socket: daemon.path) { return try daemon.client().read(read) }
    if !direct.namesPlace {
      ProgressLine.progress.note("no daemon answers on \(daemon.path); opening the bus alone")
    }
    try direct.bus(bus).read(read, json: daemon.json) { print($0) }
  }
}
