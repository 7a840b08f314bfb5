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
      Reads a table with the columns timestamp and value (others are ignored) from standard input, and writes
      timestamp,value,anomaly_score, one row a row: 1 where an anomaly alarm is raised, otherwise 0.
      Times without a zone are the site's own. A summary goes to standard error.

      Examples:
        fieldgate rules replay gateway.yaml --tag boiler/supply_temp < data.csv > judged.csv
        fieldgate rules replay gateway.yaml --tag boiler/supply_temp --explain < data.csv | grep ,1,
      """)

  @Argument(help: "The configuration with the rules.") var configuration: String
  @Option(help: "Whose values they are: DEVICE/TAG.") var tag: String
  @Flag(help: "A fourth column says in words which alarms rose or ended.") var explain = false
  @Flag(help: "One JSON object a row, and the summary as one.") var json = false

  func run() throws {
    var request = ReplayRun.Request(configuration: configuration, tag: tag)
    request.explain = explain
    request.json = json
    if isatty(STDIN_FILENO) == 1 { Self.say("reading a table from the terminal; end it with Ctrl-D") }
    do {
      var replay = try ReplayRun(request)
      try replay.run(input: Self.read, output: Self.write, summary: Self.say)
    } catch let failure as ReplayRun.Failure {
      Self.say(failure.description)
      throw ExitCode(1)
    }
  }

  private static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

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
