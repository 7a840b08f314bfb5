import ArgumentParser
import CentralService
import Glibc

/// The aggregation service that receives what gateways send.
@main
struct Central: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fieldgate-central",
    abstract: "Receive, keep and show what gateways send.",
    discussion: """
      Gateways and operators connect with client certificates: CN is the name, OU=gateway may send, OU=operator may read.

      Examples:
        fieldgate-central serve --data /var/lib/fieldgate-central --ca ca.pem --certificate central.pem --key central.key
        curl --cacert ca.pem --cert operator.pem --key operator.key https://localhost:8443/v1/gateways
        fieldgate-central verify --data /var/lib/fieldgate-central
      """,
    version: CentralDaemon.version, subcommands: [Serve.self, Verify.self])
}

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run the service.")

  @Option(help: "HOST:PORT for gateways and operators, over TLS. Port 0 takes a free one.")
  var listen = "0.0.0.0:8443"
  @Option(help: "Directory of the store.") var data = "/var/lib/fieldgate-central"
  @Option(help: "PEM file of the CA that signs client certificates.") var ca: String
  @Option(help: "PEM file of central's certificate.") var certificate: String
  @Option(help: "PEM file of its private key.") var key: String
  @Option(help: "HOST:PORT for /healthz and /metrics, without TLS: keep it on the loopback interface.")
  var metricsListen = "127.0.0.1:9464"
  @Option(help: "Write the ports and the process id here once everything listens.") var readyFile: String?

  func run() async throws {
    let (host, port) = try Self.address(listen, "--listen")
    let (metricsHost, metricsPort) = try Self.address(metricsListen, "--metrics-listen")
    let settings = ServeSettings(
      host: host, port: port, data: data, authority: ca, certificate: certificate, key: key, metricsHost: metricsHost,
      metricsPort: metricsPort, readyFile: readyFile)
    CentralDaemon.startLogging()
    do {
      try await CentralDaemon(settings: settings).run()
    } catch {
      CentralDaemon.complain("\(error)")
      throw ExitCode(1)
    }
  }

  private static func address(_ text: String, _ option: String) throws -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port), colon != text.startIndex
    else { throw ValidationError("\(option) is HOST:PORT, for example 0.0.0.0:8443, not '\(text)'") }
    let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
    return (String(host), port)
  }
}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read a whole store and name everything that is missing, doubled or damaged.",
    discussion: "Changes nothing and may run beside the service. Ends with 1 when it found something.")

  @Option(help: "Directory of the store.") var data = "/var/lib/fieldgate-central"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let (text, isSound) = try VerifyReport.make(directory: data, json: json)
    print(text)
    if !isSound { throw ExitCode(1) }
  }
}
