import BusPlanning
import GatewayConfiguration
import Glibc
import JSONText
import PKI
import Telemetry
import YAMLParser

/// `fieldgate check`: every problem of a configuration file, without a daemon.
public enum ConfigurationCheck {
  /// - Returns: true when the daemon would start with this file.
  public static func run(path: String, json: Bool, output: (String) -> Void) -> Bool {
    var loaded = ConfigurationFile.load(path: path)
    loaded.diagnostics += certificateWarnings(loaded.settings)
    loaded.diagnostics += busWarnings(loaded.settings)
    loaded.diagnostics += outboxWarnings(loaded.settings)
    if json {
      output(report(loaded, path: path))
    } else {
      for diagnostic in loaded.diagnostics { output(diagnostic.rendered(file: path)) }
      if let settings = loaded.settings {
        output(
          "\(path): good: gateway \(settings.gateway), \(settings.lineCount) buses, \(settings.devices.count) devices, "
            + "\(settings.catalogue.tagCount) tags, \(settings.rules.count) \(settings.rules.count == 1 ? "rule" : "rules")"
            + (certificateEnd(settings).map { "; certificate until \(EnrolmentRun.text($0))" } ?? "")
        )
        for plan in SerialBusPlan.all(settings) {
          output("bus \(plan.name): serial lines, which have no plan of requests; see: fieldgate plan \(path)")
        }
      } else {
        let errors = loaded.diagnostics.count { $0.severity == .error }
        output("\(path): \(errors) \(errors == 1 ? "error" : "errors"); fieldgated would not start with it")
      }
    }
    return loaded.settings != nil
  }

  /// They keep data from central and messages from the broker, but not the daemon from its work: so they are warnings.
  private static func certificateWarnings(_ settings: GatewaySettings?) -> [Diagnostic] {
    settings.map { certificateProblems($0).map { Diagnostic(.warning, at: nil, $0) } } ?? []
  }

  /// What is wrong with the files by which central and the broker are known, one line each.
  static func certificateProblems(_ settings: GatewaySettings) -> [String] {
    // Root reads everything, the daemon does not.
    let reader = geteuid() == 0 ? serviceUser : nil
    let now = Int64(time(nil))
    var texts: [String] = []
    if let central = settings.central, isNotEnrolled(central) {
      texts.append(
        "central: this gateway is not enrolled yet, so nothing is sent: get a ticket from central's operator "
          + "(fieldgate-central ticket create \(settings.gateway)), then sudo fieldgate enroll TICKET")
    } else if let central = settings.central, !central.usesCredentials {
      let files = CredentialFiles(authority: central.authority, certificate: central.certificate, key: central.key)
      let isOwn = central.identity != nil
      texts += files.problems(name: settings.gateway, now: now, reader: reader).map { text in
        // Nobody but the daemon or a ticket renews these files.
        let end = isOwn && text.contains(central.certificate) && text.hasSuffix(": renew it")
        return "central: "
          + (end ? text.dropLast("renew it".count) + "get a ticket, then sudo fieldgate enroll TICKET" : text)
      }
    }
    if let broker = settings.broker {
      var password: String?
      // A credential is there only while the service runs.
      if case .file(let path) = broker.password { password = path }
      let files = BrokerFiles(
        authority: broker.tls?.authority, certificate: broker.tls?.certificate, key: broker.tls?.key,
        password: password)
      texts += files.problems(now: now, reader: reader).map { "broker: \($0)" }
    }
    return texts
  }

  /// The identity directory holds nothing yet. One that this user may not look into may hold everything.
  static func isNotEnrolled(_ central: CentralSettings) -> Bool {
    central.identity != nil && access(central.certificate, F_OK) != 0 && errno != EACCES
  }

  /// When the certificate for central ends, seconds since 1970; nil when that cannot be seen.
  static func certificateEnd(_ settings: GatewaySettings) -> Int64? {
    settings.central.flatMap { try? CertificateIdentity(pemFile: $0.certificate).notAfter }
  }

  /// A bus that cannot keep up skips scans, which is better known before.
  private static func busWarnings(_ settings: GatewaySettings?) -> [Diagnostic] {
    settings.map { BusPlan.all($0).flatMap(\.warnings).map { Diagnostic(.warning, at: nil, $0) } } ?? []
  }

  /// The daemon runs without it and keeps samples in memory. The usual one is made by the service's unit.
  private static func outboxWarnings(_ settings: GatewaySettings?) -> [Diagnostic] {
    guard let directory = settings?.outbox.directory, directory != OutboxSettings.usualDirectory,
      access(directory, F_OK) != 0, errno == ENOENT
    else { return [] }
    return [
      Diagnostic(
        .warning, at: nil, "outbox: its directory \(directory) is not there, so nothing would be kept over a restart",
        hint: "install -d -m 700 -o \(serviceUser) \(directory)")
    ]
  }

  /// As in the unit file.
  static let serviceUser = "fieldgate"

  private static func report(_ loaded: LoadedConfiguration, path: String) -> String {
    JSONWriter.text { json in
      json.object { json in
        json.member("file", path)
        json.member("good", loaded.settings != nil)
        json.array("problems") { json in
          for diagnostic in loaded.diagnostics { diagnostic.write(to: &json, file: path) }
        }
        if let settings = loaded.settings {
          json.member("gateway", settings.gateway)
          json.member("buses", settings.lineCount)
          json.member("devices", settings.devices.count)
          json.member("tags", settings.catalogue.tagCount)
          json.member("rules", settings.rules.count)
          json.member(
            "certificate_until", ifPresent: certificateEnd(settings).map { Timestamp(milliseconds: $0 * 1_000).iso8601 }
          )
        }
      }
    }
  }
}
