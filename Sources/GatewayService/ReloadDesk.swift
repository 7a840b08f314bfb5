import GatewayConfiguration
import GatewayRuntime
import Glibc
import JSONText
import LocalAPI
import Logging
import PKI
import Synchronization
import SystemdNotify
import Telemetry
import Threads
import YAMLParser

/// Takes reloads one after the other, on the control thread: whoever asks waits for those before.
final class ReloadDesk: ConfigurationKeeper, Sendable {
  struct Request: Sendable {
    var client: Int
    var isDryRun: Bool
  }

  private struct Known {
    var state: ConfigurationState
    var digest: UInt64?
    /// Of the newest look at the file: while it is the same, the contents are not read again.
    var stamp: FileStamp?
    var credentials: [UInt64?]
    var isIdentityChanged = false
  }

  /// Wakes the control thread; SIGHUP is for people.
  static let wakeSignal = SIGUSR1

  private let path: String
  private let log: Logger
  private let requests = Mailbox<Request>(capacity: 32)
  private let known: Mutex<Known>

  /// - Parameter settings: what was read, with its digest.
  init(path: String, settings: GatewaySettings, digest: UInt64?, log: Logger) {
    self.path = path
    self.log = log
    known = Mutex(
      Known(
        state: ConfigurationState(path: path, loaded: SystemClock.wall()), digest: digest,
        stamp: nil, credentials: Self.credentials(settings)))
  }

  // MARK: On the engine's thread

  func reload(client: Int, isDryRun: Bool) -> Bool {
    guard requests.send(Request(client: client, isDryRun: isDryRun)) else { return false }
    kill(getpid(), Self.wakeSignal)
    return true
  }

  var state: ConfigurationState {
    known.withLock { known in
      let stamp = FileStamp(path: path)
      if stamp != known.stamp || stamp == nil {
        known.stamp = stamp
        known.state.isChangedSince = ConfigurationFile.digest(path: path) != known.digest
      }
      return known.state
    }
  }

  // MARK: On the identity's thread

  func identityChanged() {
    known.withLock { $0.isIdentityChanged = true }
    kill(getpid(), Self.wakeSignal)
  }

  // MARK: On the control thread

  /// What clients have asked for, and other files for central.
  func serve(_ parts: GatewayParts) {
    takeIdentity(parts)
    for request in requests.receive(timeout: .zero) {
      let (report, rest) = reload(parts, isDryRun: request.isDryRun)
      parts.api.send(JSONWriter.object { $0.object("reload", report.write) }, to: request.client)
      if let rest { parts.finish(rest) }
    }
  }

  private func takeIdentity(_ parts: GatewayParts) {
    let isChanged = known.withLock { known in
      defer { known.isIdentityChanged = false }
      return known.isIdentityChanged
    }
    guard isChanged else { return }
    let credentials = Self.credentials(parts.running.settings)
    guard known.withLock({ $0.credentials }) != credentials else { return }
    do {
      try parts.reconnectCentral()
      known.withLock { $0.credentials = credentials }
      log.notice("central is reached with the new certificate from now on")
    } catch {
      log.error("central cannot be reached with the new certificate: \(error)")
    }
  }

  /// SIGHUP.
  func reload(_ parts: GatewayParts) {
    if let rest = reload(parts, isDryRun: false).rest { parts.finish(rest) }
  }

  private func reload(_ parts: GatewayParts, isDryRun: Bool) -> (report: ReloadReport, rest: GatewayParts.Rest?) {
    let stamp = FileStamp(path: path)
    let loaded = ConfigurationFile.load(path: path)
    var report = ReloadReport(file: path, isDryRun: isDryRun, diagnostics: loaded.diagnostics)
    guard let settings = loaded.settings else {
      if !isDryRun { remember(failure: "the file has errors: fieldgate check \(path)", report) }
      return (report, nil)
    }
    let credentials = Self.credentials(settings)
    let isRenewed = known.withLock { $0.credentials } != credentials
    let old = parts.running.settings
    var difference = SettingsDifference(from: old, to: settings)
    if isRenewed, old.central != nil, old.central == settings.central {
      difference.sections.append(.init(name: "central", details: ["other contents of the certificate files"]))
    }
    report.difference = difference
    guard !isDryRun else { return (report, nil) }
    if SystemdNotify.isSupervised { SystemdNotify.reloading() }
    defer { if SystemdNotify.isSupervised { SystemdNotify.ready() } }
    do throws(GatewayParts.Refusal) {
      let rest = try parts.apply(settings, isCredentialsChanged: isRenewed)
      report.isApplied = true
      known.withLock { known in
        known.state = ConfigurationState(
          path: path, loaded: SystemClock.wall(),
          needsRestart: difference.needsRestart.map { "\($0.name): \($0.details.joined(separator: ", "))" })
        known.digest = loaded.digest
        known.stamp = stamp
        known.credentials = credentials
      }
      tell(report)
      return (report, rest)
    } catch {
      report.failure = error.description
      remember(failure: error.description, report)
      return (report, nil)
    }
  }

  private func remember(failure: String, _ report: ReloadReport) {
    known.withLock { $0.state.failure = failure }
    tell(report)
  }

  private func tell(_ report: ReloadReport) {
    let errors = report.diagnostics.filter { $0.severity == .error }
    for diagnostic in report.diagnostics.filter({ $0.severity == .warning }).prefix(ReloadReport.loggedProblems) {
      log.warning("\(diagnostic.rendered(file: path))")
    }
    for diagnostic in errors.prefix(ReloadReport.loggedProblems) { log.error("\(diagnostic.rendered(file: path))") }
    let more = errors.count - ReloadReport.loggedProblems
    if more > 0 { log.error("and \(more) more: fieldgate check \(path)") }
    if report.isApplied {
      for line in report.lines { log.notice("reload: \(line)") }
    } else {
      log.error("reload: \(report.lines.last ?? "nothing was changed")")
    }
  }

  /// What the certificate files hold: they are renewed in their place.
  private static func credentials(_ settings: GatewaySettings) -> [UInt64?] {
    guard let central = settings.central?.filesInUse else { return [] }
    return [central.authority, central.certificate, central.key].map { ConfigurationFile.digest(path: $0) }
  }
}
