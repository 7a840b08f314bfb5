import ArgumentParser
import GatewayClient
import Glibc
import Telemetry

/// The field technician's command.
struct Fieldgate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fieldgate",
    abstract: "Look at the gateway on this box, and write to its devices.",
    discussion: """
      Talks to the daemon, fieldgated, over its local socket; it never opens the daemon's database.
      scan and read also work alone, while the daemon does not run.

      Examples:
        fieldgate status                 is everything all right, and if not, what is wrong?
        fieldgate doctor                 what is wrong, from the wires to central, and the next step
        fieldgate alarms                 what is wrong with the plant; ack, shelve, history
        fieldgate outbox                 what waits for central, and for how long there is room
        fieldgate tail                   live values of all devices
        fieldgate tail boiler pump/run   live values of one device and of one tag
        fieldgate plan                   the requests on each bus, their time and the bus's load
        fieldgate devices                how well each device answers, how busy each bus is
        fieldgate write boiler/set 21.5  write a tag that is marked as writable
        fieldgate read rs485 3 input 20  read any register of any device on a bus
        fieldgate scan rs485             which devices are on a bus, and what they answer
        fieldgate enroll ticket.txt      let this gateway take part at a central
        fieldgate check gateway.yaml     every mistake in a configuration file
        fieldgate reload                 let the daemon take its changed file
        fieldgate rules replay FILE      what the rules say of recorded values
        fieldgate serial watch PORT      what a serial sensor says, and how it would be read
      """,
    version: ProgramVersion.current,
    subcommands: [
      Status.self, DoctorCommand.self, Outbox.self, Alarms.self, Values.self, Tail.self, Plan.self, Devices.self,
      Scan.self,
      Write.self, Read.self,
      Enroll.self, Check.self, Reload.self, Profile.self, Serial.self, Rules.self,
    ])
}

/// Options of the commands that ask the daemon.
struct DaemonOptions: ParsableArguments {
  @Option(help: "The daemon's socket (api: socket in its configuration; environment FIELDGATE_SOCKET).")
  var socket: String?

  @Flag(help: "Print the daemon's JSON, one object a line.")
  var json = false

  var path: String {
    socket ?? getenv("FIELDGATE_SOCKET").map { String(cString: $0) } ?? GatewayClient.defaultSocket
  }

  func client() throws -> GatewayClient {
    try GatewayClient(socket: path, json: json) { line in
      print(line)
      // A person or a program that reads along sees each line at once.
      fflush(nil)
    }
  }
}

struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show buses, devices, outbox, broker, central and alarms.",
    discussion: "Whatever is wrong is marked with '!' and says what to do next.")
  @OptionGroup var daemon: DaemonOptions

  func run() throws { try daemon.client().status() }
}

struct Outbox: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what waits for central, how long there is room for it, and what was lost.",
    discussion: """
      "full in 9 days" assumes that central stays away and values come as they did in
      the last 24 hours. At the limit the oldest values are thinned to a minute's
      minimum, maximum, mean and count, and only then dropped; alarms never are.
      Central is told of every loss.
      """)
  @OptionGroup var daemon: DaemonOptions

  func run() throws { try daemon.client().outbox() }
}

struct Values: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the newest value of each tag, once.")
  @OptionGroup var daemon: DaemonOptions
  @Argument(help: "DEVICE or DEVICE/TAG; all when left out.") var tags: [String] = []

  func run() throws { try daemon.client().values(tags) }
}

struct Tail: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print values and alarms as they happen.", discussion: "Ends with Ctrl-C. Times are UTC.")
  @OptionGroup var daemon: DaemonOptions
  @Option(help: "End after this many scans.") var limit: Int?
  @Argument(help: "DEVICE or DEVICE/TAG; all when left out.") var tags: [String] = []

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be 1 or more") }
  }

  func run() throws { try daemon.client().tail(tags, limit: limit) }
}

struct Plan: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the requests that read the devices, their estimated time, and how busy they keep each bus.",
    discussion: """
      Without a file it is the running daemon's plan: with what devices refused and how
      long they really take. With a file it is what the daemon would begin with.

      A bus that is busy for more than 100 % of the time cannot keep up: scans are
      skipped. Read less often, raise the baud rate, or use a second bus.

      Examples:
        fieldgate plan
        fieldgate plan /etc/fieldgate/gateway.yaml --json
      """)
  @OptionGroup var daemon: DaemonOptions
  @Argument(help: "A configuration file, which needs no daemon.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String?

  func run() throws {
    guard let file else { return try daemon.client().plan() }
    guard try ConfigurationPlan.run(path: file, json: daemon.json, output: { print($0) }) else { throw ExitCode(1) }
  }
}

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check a configuration file and print every problem with its line and column.",
    discussion: "Ends with 1 when the daemon would not start with this file.")
  @Flag(help: "Print one JSON object.") var json = false
  @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml"]))
  var file = "/etc/fieldgate/gateway.yaml"

  func run() throws {
    guard ConfigurationCheck.run(path: file, json: json, output: { print($0) }) else { throw ExitCode(1) }
  }
}

struct Reload: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let the daemon take its changed configuration file, without a restart.",
    discussion: """
      What did not change keeps polling, and the outbox stays as it is. Prints what
      changed. A file with errors changes nothing: every error is printed with its
      line and column, as by 'fieldgate check', and the command ends with 1.
      What needs a restart is named: gateway, outbox directory, api socket.
      SIGHUP and 'systemctl reload fieldgate' do the same.
      """)
  @OptionGroup var daemon: DaemonOptions
  @Flag(help: "Only print what would change.") var check = false

  func run() throws {
    guard try daemon.client().reload(isDryRun: check) else { throw ExitCode(1) }
  }
}

signal(SIGPIPE, SIG_IGN)
Fieldgate.main(CommandLineWords.prepared(Array(CommandLine.arguments.dropFirst())))
