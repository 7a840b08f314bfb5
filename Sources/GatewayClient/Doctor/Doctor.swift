import Diagnosis
import GatewayConfiguration
import YAMLParser

/// `fieldgate doctor`: looks at the gateway from all sides, and changes nothing.
///
/// Serial ports are not opened, because that moves their control lines. To peers that the daemon has no connection with, one
/// is opened and closed at once.
public struct Doctor {
  let file: String
  let settings: GatewaySettings?
  let loaded: LoadedConfiguration
  let socket: String
  let processes: ProcessTable
  let daemon: DaemonView
  let user: ServiceUser

  /// - Parameter socket: nil: as in the configuration, or the usual one.
  public init(configuration file: String, socket: String?) {
    // As the daemon, started elsewhere, would call it.
    let file = file.hasPrefix("/") ? file : ProcessTable.resolved(file) ?? file
    self.file = file
    loaded = ConfigurationFile.load(path: file)
    settings = loaded.settings
    let socket = socket ?? settings?.api.socket ?? GatewayClient.defaultSocket
    self.socket = socket
    processes = ProcessTable()
    daemon = DaemonView(socket: socket)
    user = ServiceUser.find(daemon: processes.daemons(of: file).first)
  }

  /// - Returns: true when there is no problem.
  public func run(json: Bool, output: (String) -> Void) -> Bool {
    let diagnosis = Diagnosis(evidence())
    if json {
      output(diagnosis.json)
    } else {
      for line in diagnosis.lines { output(line) }
    }
    return !diagnosis.hasProblem
  }

  private func evidence() -> Evidence {
    var evidence = Evidence()
    evidence.configuration = configuration()
    evidence.daemon = daemonEvidence()
    evidence.buses = buses()
    evidence.broker = broker()
    evidence.central = central()
    evidence.certificates = certificates()
    evidence.disk = disk()
    evidence.clock = clock()
    return evidence
  }
}
