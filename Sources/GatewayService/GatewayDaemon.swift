import CLinux
import GatewayConfiguration
import Glibc
import Logging
import PKI
import ServiceLog
import SystemdNotify
import Telemetry
import Threads

/// The whole gateway as one program: builds the threads around the engine, runs until it is asked to stop, and takes them down
/// in the order in which nothing is lost.
///
/// Everything in it blocks on threads of its own, so it waits for its signals with sigwait(3): a lifecycle library would
/// bring Swift's concurrency and collections into every update for that one wait (`docs/decisions/0008`).
public enum GatewayDaemon {
  public static let version = ProgramVersion.current

  public struct StartError: Error, CustomStringConvertible {
    public var description: String
    /// As in sysexits.h: 78 for a configuration that needs a person, 74 and 71 for the disk and the system.
    public var exitCode: Int32
  }

  /// The program: reads the configuration, runs, gives the exit code.
  public static func main(_ words: [String]) -> Int32 {
    // glibc otherwise makes up to eight heaps a core, one a thread, each with its own unused pages.
    mallopt(fieldgate_malloc_arena_max, 2)
    signal(SIGPIPE, SIG_IGN)
    do {
      switch try DaemonArguments.parse(words) {
      case .show(let text):
        print(text)
        return 0
      case .run(let arguments): return run(arguments)
      }
    } catch {
      complain("fieldgated: \(error)")
      return EX_USAGE
    }
  }

  private static func run(_ arguments: DaemonArguments) -> Int32 {
    LineLogHandler.bootstrap(level: arguments.logLevel)
    let log = Logger(label: "fieldgated")
    // Before any thread exists, because threads inherit the mask: the signals then wait for us and for nobody else.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGHUP)
    sigaddset(&signals, ReloadDesk.wakeSignal)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    switch ConfigurationWait(path: arguments.configuration, log: log).settings(until: signals) {
    case .good(let settings, let digest):
      let desk = ReloadDesk(path: arguments.configuration, settings: settings, digest: digest, log: log)
      return run(settings, desk, until: signals, log)
    case .bad: return EX_CONFIG
    case .stopped: return 0
    }
  }

  private static func run(
    _ settings: GatewaySettings, _ desk: ReloadDesk, until signals: sigset_t, _ log: Logger
  ) -> Int32 {
    warnOfCertificates(settings, log)
    do {
      let parts = try GatewayParts(settings: settings, log: log, version: version, keeper: desk) {
        desk.identityChanged()
      }
      log.notice("\(settings.gateway): \(parts.summary)")
      parts.start()
      SystemdNotify.ready()
      control(parts, desk, until: signals)
      SystemdNotify.stopping()
      parts.stop()
      log.notice("\(settings.gateway): stopped")
      return 0
    } catch let error as StartError {
      SystemdNotify.status("cannot start: \(error)")
      log.critical("\(error)")
      return error.exitCode
    } catch {
      log.critical("\(error)")
      return EX_SOFTWARE
    }
  }

  /// This thread's work from now on: reloads, until a signal ends the daemon.
  private static func control(_ parts: GatewayParts, _ desk: ReloadDesk, until signals: sigset_t) {
    var signals = signals
    var received: Int32 = 0
    while true {
      sigwait(&signals, &received)
      switch received {
      case SIGHUP: desk.reload(parts)
      case ReloadDesk.wakeSignal: desk.serve(parts)
      default: return
      }
    }
  }

  /// They keep data from central, not from the outbox; so nothing here is a reason not to start.
  private static func warnOfCertificates(_ settings: GatewaySettings, _ log: Logger) {
    guard let central = settings.central else { return }
    guard let files = central.filesInUse else {
      log.warning(
        "central: this gateway is not enrolled yet, so the outbox keeps everything: sudo fieldgate enroll TICKET")
      return
    }
    for problem in files.problems(name: settings.gateway, now: SystemClock.wall().milliseconds / 1_000) {
      log.warning("central: \(problem)")
    }
  }

  private static func complain(_ text: String) {
    for line in [text, "\n"] { _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) } }
  }
}
