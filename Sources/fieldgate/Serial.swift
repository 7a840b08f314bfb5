import ArgumentParser
import GatewayClient
import Glibc

struct Serial: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at a serial port with sensors that speak no Modbus.",
    subcommands: [SerialWatchCommand.self, SerialSweep.self])
}

private func say(_ line: String) {
  print(line)
  fflush(nil)
}

struct SerialWatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Print what comes over a port, raw and as the configuration reads it.",
    discussion: """
      Needs the port, so the daemon must not hold it. Publishes and stores nothing.
      Unprintable bytes are shown as \\xHH.

      Examples:
        fieldgate serial watch /dev/ttyUSB0 --baud 9600
        fieldgate serial watch /dev/ttyUSB0 --configuration /etc/fieldgate/gateway.yaml
        fieldgate serial watch /dev/ttyUSB0 --pattern '^T=(?<t>[-+.0-9]+)'
        fieldgate serial watch /dev/ttyUSB0 --send 'READ\\r\\n' --lines 1
      """)

  @Argument(help: "Path of the port.") var device: String
  @Option(name: .shortAndLong, help: "Line settings and devices of the bus on this port, from this file.")
  var configuration: String?
  @Option(help: "Bits a second.") var baud: Int?
  @Option(help: "7 or 8.") var dataBits: Int?
  @Option(help: "none, even or odd.") var parity: String?
  @Option(help: "A regular expression to try; its named groups are shown.") var pattern: String?
  @Option(help: "Send this first; \\r, \\n, \\t and \\xHH are control characters.") var send: String?
  @Option(help: "End after this many lines.") var lines: Int?
  @Option(help: "End after this many seconds.") var seconds: Int?
  @Flag(help: "One JSON object a line.") var json = false

  func validate() throws {
    if let lines, lines < 1 { throw ValidationError("--lines must be 1 or more") }
    if let seconds, !(1...86_400).contains(seconds) { throw ValidationError("--seconds must be 1 to 86400") }
    if let send, SentText.bytes(send) == nil {
      throw ValidationError("--send: a backslash is followed by r, n, t, \\ or xHH; text is ASCII")
    }
  }

  func run() throws {
    var request = SerialWatch.Request(device: device)
    request.configuration = configuration
    request.baud = baud
    request.dataBits = dataBits
    request.parity = parity
    request.pattern = pattern
    request.send = send.flatMap(SentText.bytes) ?? []
    request.lines = lines
    request.duration = seconds.map { .seconds($0) }
    request.json = json
    var watch = try SerialWatch(request, output: say)
    try watch.run()
  }
}

struct SerialSweep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Find the baud rate of a sensor that sends by itself.",
    discussion: "Listens at 1200 to 115200 baud (8N1) in turn. Needs the port, so the daemon must not hold it.")

  @Argument(help: "Path of the port.") var device: String
  @Option(help: "How long to listen at each rate.") var seconds: Int = 3
  @Flag(help: "One JSON object a rate.") var json = false

  func validate() throws {
    if !(1...3_600).contains(seconds) { throw ValidationError("--seconds must be 1 to 3600") }
  }

  func run() throws { try BaudSweep.run(device: device, listening: .seconds(seconds), json: json, output: say) }
}
