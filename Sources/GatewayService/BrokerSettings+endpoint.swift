import GatewayConfiguration
import Glibc
import MQTTBroker

extension BrokerSettings {
  /// As the adapter takes it.
  ///
  /// - Throws: when a credential is named, and the service manager gave none.
  func endpoint(gateway: String, will: MQTTEndpoint.Will) throws(GatewayDaemon.StartError) -> MQTTEndpoint {
    var login: MQTTEndpoint.Login?
    if let user { login = MQTTEndpoint.Login(user: user, passwordFile: try passwordFile()) }
    return MQTTEndpoint(
      host: host, port: port, clientID: clientID ?? "fieldgate-\(gateway)", version: protocolVersion.choice, will: will,
      tls: tls.map { MQTTEndpoint.TLS(authority: $0.authority, certificate: $0.certificate, key: $0.key) },
      login: login)
  }

  private func passwordFile() throws(GatewayDaemon.StartError) -> String? {
    switch password {
    case nil: return nil
    case .file(let path): return path
    case .credential(let name):
      // Set by systemd for services with LoadCredential= or SetCredential= (systemd.exec(5)).
      guard let directory = getenv("CREDENTIALS_DIRECTORY").map({ String(cString: $0) }) else {
        throw GatewayDaemon.StartError(
          description: "broker: the credential '\(name)' is not there, because the service manager gave none; add "
            + "LoadCredential=\(name):/path/of/the/file to the unit, or use password-file", exitCode: EX_CONFIG)
      }
      return "\(directory)/\(name)"
    }
  }
}

extension BrokerSettings.ProtocolVersion {
  /// As the adapter takes it.
  var choice: MQTTVersionChoice {
    switch self {
    case .automatic: .automatic
    case .version5: .only(.version5)
    case .version311: .only(.version311)
    }
  }
}
