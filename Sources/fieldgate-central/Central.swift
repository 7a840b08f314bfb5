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
      Gateways enrol with a ticket and come with certificates of central's own authority; operators come with a token or a
      password. As root:

        fieldgate-central ca init --server-name central.example       once
        fieldgate-central operator add anna --role administrator --password
        systemctl enable --now fieldgate-central
        fieldgate-central ticket create barn-7 --site "North farm"    for each gateway
        fieldgate-central gateway list

        curl --cacert ca.pem -H "Authorization: Bearer $(fieldgate-central token create anna)" \
          https://central.example:8443/v1/gateways
      """,
    version: CentralDaemon.version,
    subcommands: [
      Serve.self, CA.self, TicketCommand.self, GatewayCommand.self, SiteCommand.self, OperatorCommand.self,
      TokenCommand.self, AuditCommand.self, Verify.self,
    ])
}

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the service.",
    discussion: """
      With the authority that 'ca init' made, gateways enrol with tickets, and central knows each certificate. With --ca,
      --certificate and --key it believes every certificate of a CA of yours instead: CN is the name, OU=gateway may
      send, OU=operator may read and look after alarms.
      """)

  @Option(help: "HOST:PORT for gateways and operators, over TLS. Port 0 takes a free one.")
  var listen = "0.0.0.0:8443"
  @Option(help: "Directory of the store.") var data = "/var/lib/fieldgate-central"
  @Option(help: "PEM file of a CA of yours that signs client certificates.") var ca: String?
  @Option(help: "PEM file of central's certificate, with --ca.") var certificate: String?
  @Option(help: "PEM file of its private key, with --ca.") var key: String?
  @Option(help: "How long gateways' certificates live: a number with s, m, h or d, 1m to 398d.")
  var certificateLife = Span(days: 30)
  @Option(
    help: "HOST:PORT where certificates that have ended may be renewed, see 'site late-renewal'; none by default.")
  var lateRenewalListen: String?
  @Option(help: "HOST:PORT for /healthz and /metrics, without TLS: keep it on the loopback interface.")
  var metricsListen = "127.0.0.1:9464"
  @Option(
    help:
      "https://HOST:PORT by which gateways reach this central, for tickets; by default the first name in its certificate, with the port of --listen."
  )
  var url: String?
  @Option(help: "Write the ports and the process id here once everything listens.") var readyFile: String?

  func run() async throws {
    let (host, port) = try Self.address(listen, "--listen")
    if let url, !CentralDaemon.isURL(url) {
      throw ValidationError("--url is https://HOST or https://HOST:PORT, not '\(url)'")
    }
    let (metricsHost, metricsPort) = try Self.address(metricsListen, "--metrics-listen")
    let settings = ServeSettings(
      host: host, port: port, data: data, identity: try identity(), metricsHost: metricsHost, metricsPort: metricsPort,
      publicURL: url, readyFile: readyFile)
    CentralDaemon.startLogging()
    do {
      try await CentralDaemon(settings: settings).run()
    } catch {
      CentralDaemon.complain("\(error)")
      throw ExitCode(1)
    }
  }

  private func identity() throws -> ServeSettings.Identity {
    switch (ca, certificate, key) {
    case (nil, nil, nil):
      guard (60...398 * 86_400).contains(certificateLife.seconds) else {
        throw ValidationError("--certificate-life is 1m to 398d")
      }
      let late = try lateRenewalListen.map { try Self.address($0, "--late-renewal-listen") }
      return .ownAuthority(
        .init(certificateSeconds: certificateLife.seconds, lateHost: late?.0, latePort: late?.1 ?? 0))
    case (let ca?, let certificate?, let key?): return .files(authority: ca, certificate: certificate, key: key)
    default:
      throw ValidationError("--ca, --certificate and --key go together; leave all out for central's own authority")
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
