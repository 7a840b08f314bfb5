import CLinux
import GatewayConfiguration
import GatewayCore
import Glibc
import HTTPClient
import LocalAPI
import Logging
import MQTTBroker
import ModbusBus
import SQLiteOutbox
public import ServiceLifecycle
import ServiceLog
import SystemdNotify
import Telemetry
import Threads
import UnixSignals
import YAMLParser

/// The whole gateway as one service: builds the threads around the engine, runs until it is asked to stop, and takes them
/// down in the order in which nothing is lost.
public final class GatewayDaemon: Service, Sendable {
  public static let version = "0.1.0"

  private let settings: GatewaySettings
  private let log: Logger

  public struct StartError: Error, CustomStringConvertible {
    public var description: String
    /// As in sysexits.h: 78 for a configuration that needs a person, 74 and 71 for the disk and the system.
    public var exitCode: Int32
  }

  init(settings: GatewaySettings, log: Logger) {
    self.settings = settings
    self.log = log
  }

  public func run() async throws {
    let parts = try GatewayParts(settings: settings, log: log, version: Self.version)
    log.notice("\(settings.gateway): \(parts.summary)")
    parts.start()
    SystemdNotify.ready()
    try? await gracefulShutdown()
    SystemdNotify.stopping()
    parts.stop()
    log.notice("\(settings.gateway): stopped; all that was read is in the outbox")
  }

  /// The program: reads the configuration, runs, gives the exit code.
  public static func main(_ words: [String]) async -> Int32 {
    // glibc otherwise makes up to eight heaps a core, one a thread, each with its own unused pages.
    mallopt(fieldgate_malloc_arena_max, 2)
    signal(SIGPIPE, SIG_IGN)
    do {
      switch try DaemonArguments.parse(words) {
      case .show(let text):
        print(text)
        return 0
      case .run(let arguments): return await run(arguments)
      }
    } catch {
      complain("fieldgated: \(error)")
      return EX_USAGE
    }
  }

  private static func run(_ arguments: DaemonArguments) async -> Int32 {
    LineLogHandler.bootstrap(level: arguments.logLevel)
    let log = Logger(label: "fieldgated")
    let loaded = ConfigurationFile.load(path: arguments.configuration)
    for diagnostic in loaded.diagnostics {
      let line = diagnostic.rendered(file: arguments.configuration)
      if diagnostic.severity == .error { log.error("\(line)") } else { log.warning("\(line)") }
    }
    guard let settings = loaded.settings else {
      log.critical("the configuration \(arguments.configuration) cannot be used; correct it and start again")
      return EX_CONFIG
    }
    // The lifecycle's own messages are for its developers.
    var quiet = log
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: .init(
        services: [.init(service: GatewayDaemon(settings: settings, log: log))],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    do {
      try await group.run()
      return 0
    } catch let error as StartError {
      log.critical("\(error)")
      return error.exitCode
    } catch {
      log.critical("\(error)")
      return EX_SOFTWARE
    }
  }

  private static func complain(_ text: String) {
    for line in [text, "\n"] { _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) } }
  }
}
