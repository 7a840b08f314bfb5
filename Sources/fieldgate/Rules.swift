import ArgumentParser
import GatewayClient
import Glibc

struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Try rules before they run.", subcommands: [RulesReplay.self])
}

struct RulesReplay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Judge recorded values of one tag by the rules of a configuration.",
    discussion: """
      Reads a table with the columns timestamp and value (others are ignored) from
      standard input, or values that are stored already, and writes
      timestamp,value,anomaly_score, one row a row: 1 where an anomaly alarm is
      raised, otherwise 0. Times without a zone are the site's own. A summary goes to
      standard error.

      --from-outbox asks the daemon on this box for the values that wait for central.
      --from-central asks central for what it has of this gateway; it wants an
      operator's certificate or token.

      Examples, each with --tag boiler/supply_temp besides:
        fieldgate rules replay gateway.yaml < data.csv > judged.csv
        fieldgate rules replay gateway.yaml --explain < data.csv | grep ,1,
        fieldgate rules replay gateway.yaml --from-outbox --from 2h --explain
        fieldgate rules replay gateway.yaml --from-central --from 30d \\
          --certificate operator.pem --key operator.key
      """)

  @Argument(help: "The configuration with the rules.", completion: .file(extensions: ["yaml", "yml"]))
  var configuration: String
  @Option(help: "Whose values they are: DEVICE/TAG.") var tag: String
  @Flag(help: "The values in this gateway's outbox, instead of a table.") var fromOutbox = false
  @Flag(help: "The values that central has of this gateway, instead of a table.") var fromCentral = false
  @Option(help: "Stored values from this time on, or from so long before now (2h); else from the first on.")
  var from: String?
  @Option(help: "Stored values before this time, or before so long ago; else to the last.") var to: String?
  @Flag(help: "A fourth column says in words which alarms rose or ended.") var explain = false
  @Flag(help: "One JSON object a row, and the summary as one.") var json = false
  @OptionGroup(title: "For --from-outbox") var outbox: OutboxOptions
  @OptionGroup(title: "For --from-central") var central: CentralOptions

  struct OutboxOptions: ParsableArguments {
    @Option(help: "The daemon's socket (else as in the configuration; environment FIELDGATE_SOCKET).")
    var socket: String?
  }

  struct CentralOptions: ParsableArguments {
    @Option(help: "https://HOST:PORT (else as in the configuration).") var url: String?
    @Option(help: "PEM file of the CA that signed central's certificate (else as in the configuration).")
    var ca: String?
    @Option(help: "PEM file of an operator's certificate.", completion: .file()) var certificate: String?
    @Option(help: "PEM file of its key.", completion: .file()) var key: String?
    @Option(help: "A file with an operator's token, instead of certificate and key.", completion: .file())
    var tokenFile: String?

    var isGiven: Bool { [url, ca, certificate, key, tokenFile].contains { $0 != nil } }
  }

  func validate() throws {
    if fromOutbox, fromCentral { throw ValidationError("--from-outbox and --from-central: give one of them") }
    if !fromOutbox, !fromCentral, from != nil || to != nil {
      throw ValidationError("--from and --to belong to --from-outbox or --from-central")
    }
    if !fromCentral, central.isGiven {
      throw ValidationError("--url, --ca, --certificate, --key and --token-file belong to --from-central")
    }
    if (central.certificate == nil) != (central.key == nil) {
      throw ValidationError("--certificate and --key belong together")
    }
  }

  func run() throws {
    var request = ReplayRun.Request(configuration: configuration, tag: tag)
    request.explain = explain
    request.json = json
    request.from = from
    request.until = to
    do {
      var replay = try ReplayRun(request)
      if fromOutbox {
        let socket = outbox.socket ?? getenv("FIELDGATE_SOCKET").map { String(cString: $0) }
        try replay.runFromOutbox(socket: socket, output: Self.write, summary: Self.say, progress: Self.progress)
      } else if fromCentral {
        var access = ReplayRun.CentralAccess()
        access.url = central.url
        access.authority = central.ca
        access.certificate = central.certificate
        access.key = central.key
        access.tokenFile = central.tokenFile
        try replay.runFromCentral(access, output: Self.write, summary: Self.say, progress: Self.progress)
      } else {
        if isatty(STDIN_FILENO) == 1 { Self.say("reading a table from the terminal; end it with Ctrl-D") }
        try replay.run(input: Self.read, output: Self.write, summary: Self.say, progress: Self.progress)
      }
    } catch let failure as ReplayRun.Failure {
      Self.say(failure.description)
      throw ExitCode(1)
    }
  }

  /// Rows on the same terminal are progress enough.
  private static func progress(_ line: String) {
    if isatty(STDOUT_FILENO) == 0 { ProgressLine.progress.step(line) }
  }

  private static func say(_ line: String) { ProgressLine.progress.note(line) }

  private static func read() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    guard count >= 0 else { throw ReplayRun.Failure(description: "cannot read: \(String(cString: strerror(errno)))") }
    return Array(bytes.prefix(count))
  }

  private static func write(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      // Whoever read along, such as head, has enough.
      if count < 0, errno == EPIPE { throw ExitCode(0) }
      guard count > 0 else {
        throw ReplayRun.Failure(description: "cannot write: \(String(cString: strerror(errno)))")
      }
      rest = rest.dropFirst(count)
    }
  }
}
