import Glibc
import Logging

/// The command line of `fieldgated`. Two options need no parser of five megabytes.
struct DaemonArguments: Sendable {
  var configuration = "/etc/fieldgate/gateway.yaml"
  var logLevel = Logger.Level.info

  enum Request: Sendable {
    case run(DaemonArguments)
    /// Print this and end well.
    case show(String)
  }

  struct UsageError: Error, CustomStringConvertible { var description: String }

  static let usage = """
    usage: fieldgated [--configuration FILE] [--log-level LEVEL]

    The gateway's daemon: polls the sensors named in FILE, judges their values by its rules, publishes them to the MQTT
    broker on this box, keeps them in a store on disk and sends them to central. Started by systemd as a rule: systemctl
    status fieldgate

      --configuration FILE  default /etc/fieldgate/gateway.yaml; look at it with: fieldgate check FILE
      --log-level LEVEL     trace, debug, info, notice, warning, error or critical; default info
      --version             print the version
      --help                print this

    A running daemon answers to: fieldgate status, fieldgate tail
    """

  /// The same file from any directory, for a reload, and for whoever reads it in the status. Links are followed later, at
  /// each reading.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  static func parse(_ words: [String]) throws(UsageError) -> Request {
    var arguments = DaemonArguments()
    var rest = words[...]
    while let word = rest.popFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      func value() throws(UsageError) -> String {
        if parts.count == 2 { return parts[1] }
        guard let next = rest.popFirst() else { throw UsageError(description: "\(parts[0]) needs a value") }
        return next
      }
      switch parts[0] {
      case "--help", "-h": return .show(usage)
      case "--version": return .show(GatewayDaemon.version)
      case "--configuration", "-c": arguments.configuration = Self.absolute(try value())
      case "--log-level":
        let name = try value()
        guard let level = Logger.Level(rawValue: name) else {
          throw UsageError(description: "there is no log level '\(name)'; see --help")
        }
        arguments.logLevel = level
      default: throw UsageError(description: "unknown option '\(word)'; see fieldgated --help")
      }
    }
    return .run(arguments)
  }
}
