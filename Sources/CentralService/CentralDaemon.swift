import CertificateAuthority
import Enrolment
import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import JSONText
import Logging
import NIOCore
import NIOSSL
import PKI
import SQLiteCentralStore
import ServiceLifecycle
import ServiceLog
import Synchronization
import SystemdNotify
import Telemetry
import Threads
import UnixSignals

/// Central as a whole: store, ingest thread, query threads, the TLS listener and the one for metrics.
public struct CentralDaemon {
  public static let version = ProgramVersion.current

  private let settings: ServeSettings
  private let log = Logger(label: "fieldgate-central")

  public init(settings: ServeSettings) { self.settings = settings }

  /// Runs until SIGTERM or SIGINT; then what has arrived is committed and answered.
  public func run() async throws {
    signal(SIGPIPE, SIG_IGN)
    try prepareDirectory()
    // Held until the process ends: two services would write one store.
    let lock = try DataLock(directory: settings.data)
    defer { withExtendedLifetime(lock) {} }
    let identity = try Self.identity(settings, log)
    try ListenCheck.verify(settings.host, settings.port, option: "--listen")
    try ListenCheck.verify(settings.metricsHost, settings.metricsPort, option: "--metrics-listen")
    let store = try SQLiteCentralStore(directory: settings.data)
    let ingest = IngestLoop(log: log)
    ingest.start(store)
    let queries = try QueryThreads(count: 2, directory: settings.data)
    let allowance = BodyAllowance()
    let readiness = Readiness(settings: settings, log: log)
    var quiet = Logger(label: "server")
    // The server's own messages at lower levels are one a connection.
    quiet.logLevel = .error
    let group = try ServiceGroup(
      configuration: .init(
        services: [
          server(ingest, queries, allowance, identity, readiness, quiet),
          metricsServer(ingest, queries, allowance, readiness, quiet),
        ] + identity.services(settings, quiet), gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    defer {
      SystemdNotify.stopping()
      ingest.stop()
      queries.stop()
      identity.desk?.stop()
      log.notice("stopped; all that was acknowledged is stored")
    }
    do {
      try await group.run()
    } catch let error as IOError {
      throw CentralStartError(
        "cannot listen on \(settings.host):\(settings.port) or \(settings.metricsHost):\(settings.metricsPort): \(error)"
      )
    }
  }

  private func prepareDirectory() throws {
    if mkdir(settings.data, 0o700) != 0, errno != EEXIST {
      throw CentralStartError(
        "cannot make the directory \(settings.data): \(String(cString: strerror(errno))). Make its parent, or choose another --data"
      )
    }
  }

  private func server(
    _ ingest: IngestLoop, _ queries: QueryThreads, _ allowance: BodyAllowance, _ identity: ServedIdentity,
    _ readiness: Readiness, _ log: Logger
  ) throws -> any Service {
    let router = Router(context: CentralContext.self)
    router.add(middleware: AccessMiddleware(desk: identity.desk))
    if let desk = identity.desk {
      ESTRoutes(desk: desk, isLate: false).add(to: router)
      AdminRoutes(desk: desk, queries: queries, data: settings.data).add(to: router)
    }
    SyncRoutes(ingest: ingest, allowance: allowance).add(to: router)
    QueryRoutes(queries: queries).add(to: router)
    CommandRoutes(ingest: ingest, queries: queries).add(to: router)
    return Application(
      router: router, server: try .tls(.http1(configuration: ServeSettings.channel), tlsConfiguration: identity.tls),
      configuration: .init(
        address: .hostname(settings.host, port: settings.port), serverName: "fieldgate-central",
        availableConnectionsDelegate: MaximumAvailableConnections(ServeSettings.maximumConnections)),
      onServerRunning: { readiness.listens(on: $0.localAddress?.port, isMetrics: false) }, logger: log)
  }

  private func metricsServer(
    _ ingest: IngestLoop, _ queries: QueryThreads, _ allowance: BodyAllowance, _ readiness: Readiness, _ log: Logger
  ) -> any Service {
    let router = Router(context: BasicRequestContext.self)
    MetricsRoutes(ingest: ingest, queries: queries, allowance: allowance).add(to: router)
    return Application(
      router: router, server: .http1(configuration: ServeSettings.channel),
      configuration: .init(
        address: .hostname(settings.metricsHost, port: settings.metricsPort), serverName: "fieldgate-central",
        availableConnectionsDelegate: MaximumAvailableConnections(64)),
      onServerRunning: { readiness.listens(on: $0.localAddress?.port, isMetrics: true) }, logger: log)
  }
}

/// Waits until both listeners are there, then tells whoever waits: the service manager, a file, the log.
final class Readiness: Sendable {
  private let settings: ServeSettings
  private let log: Logger
  private let ports = Mutex<(server: Int?, metrics: Int?)>((nil, nil))

  init(settings: ServeSettings, log: Logger) {
    self.settings = settings
    self.log = log
  }

  func listens(on port: Int?, isMetrics: Bool) {
    let known = ports.withLock { ports in
      if isMetrics { ports.metrics = port ?? 0 } else { ports.server = port ?? 0 }
      return ports
    }
    guard let server = known.server, let metrics = known.metrics else { return }
    log.notice(
      "serving gateways on \(settings.host):\(server), metrics on \(settings.metricsHost):\(metrics), store in \(settings.data)"
    )
    if case .ownAuthority = settings.identity,
      let failure = PublicAddress(url: settings.publicURL, port: server).write(data: settings.data)
    {
      log.error("tickets do not know the port: \(failure)")
    }
    if let path = settings.readyFile {
      let text = JSONWriter.text { json in
        json.object { json in
          json.member("port", server)
          json.member("metrics_port", metrics)
          json.member("pid", getpid())
        }
      }
      do {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      } catch {
        log.error("cannot write \(path): \(error)")
      }
    }
    SystemdNotify.ready()
  }
}

extension CentralDaemon {
  /// Once, before anything is logged.
  public static func startLogging() { LineLogHandler.bootstrap(level: .info) }

  /// Whether it can be the address of a central.
  public static func isURL(_ text: String) -> Bool { Ticket.isURL(text) }

  /// One last line for the log.
  public static func complain(_ text: String) { Logger(label: "fieldgate-central").critical("\(text)") }
}
