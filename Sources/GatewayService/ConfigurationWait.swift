import GatewayConfiguration
import Glibc
import Logging
import SystemdNotify
import YAMLParser

/// Gets the settings from a file, and decides what becomes of a daemon whose file is wrong.
///
/// By hand it ends, after every problem was printed. Under a service manager it stays and waits until the file is good:
/// ended, it would be started again every two seconds and fill the journal with the same lines, and it starts by itself
/// as soon as somebody, or a program from afar, has put a good file there.
struct ConfigurationWait {
  enum Outcome {
    case good(GatewaySettings, digest: UInt64?)
    /// Nothing to wait for: the daemon ends.
    case bad
    /// A signal came while it waited.
    case stopped
  }

  /// Seconds between two looks at a file that was wrong.
  static let pauseSeconds = 5
  /// Most errors of one file that go to the journal; `fieldgate check` prints them all.
  static let maximumLoggedErrors = 5

  let path: String
  let log: Logger

  /// - Parameter signals: blocked ones: SIGHUP looks at once, SIGUSR1 does nothing, each other ends the wait.
  func settings(until signals: sigset_t) -> Outcome {
    var known: [Diagnostic]?
    while true {
      let loaded = ConfigurationFile.load(path: path)
      if let settings = loaded.settings {
        for diagnostic in loaded.diagnostics { log.warning("\(diagnostic.rendered(file: path))") }
        if known != nil { SystemdNotify.status("starting: the configuration \(path) is good now") }
        return .good(settings, digest: loaded.digest)
      }
      let errors = loaded.diagnostics.filter { $0.severity == .error }
      guard SystemdNotify.isSupervised else {
        for diagnostic in loaded.diagnostics { log.error("\(diagnostic.rendered(file: path))") }
        log.critical("the configuration \(path) cannot be used; correct it and start again")
        return .bad
      }
      if errors != known {
        report(errors)
        // A start that never ends would hold up the boot, and the shell of whoever says `systemctl start`.
        if known == nil { SystemdNotify.ready() }
        known = errors
      }
      SystemdNotify.watchdog()
      var pause = timespec(tv_sec: Self.pauseSeconds, tv_nsec: 0)
      var signals = signals
      let received = sigtimedwait(&signals, nil, &pause)
      if received > 0, received != SIGHUP, received != SIGUSR1 {
        SystemdNotify.stopping()
        return .stopped
      }
    }
  }

  private func report(_ errors: [Diagnostic]) {
    for error in errors.prefix(Self.maximumLoggedErrors) { log.error("\(error.rendered(file: path))") }
    let more = errors.count - Self.maximumLoggedErrors
    if more > 0 { log.error("and \(more) more: fieldgate check \(path)") }
    log.critical("the configuration \(path) cannot be used; correct it, and the gateway starts within seconds")
    let first = errors.first?.rendered(file: path) ?? path
    let rest = errors.count > 1 ? " (and \(errors.count - 1) more: fieldgate check \(path))" : ""
    SystemdNotify.status("waiting for a good configuration: \(first)\(rest)")
  }
}
