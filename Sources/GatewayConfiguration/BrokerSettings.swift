/// The MQTT broker, on the box or elsewhere.
public struct BrokerSettings: Hashable, Sendable {
  /// Which version of MQTT to speak.
  public enum ProtocolVersion: String, Sendable, CaseIterable {
    /// 5, and 3.1.1 with a broker that does not know 5.
    case automatic = "auto"
    case version5 = "5"
    case version311 = "3.1.1"
  }

  /// PEM files of TLS; the broker's certificate must be for ``host``.
  public struct TLS: Hashable, Sendable {
    /// The CA that signed the broker's certificate; nil: those that the system trusts.
    public var authority: String?
    /// This gateway's certificate and its key; both or neither.
    public var certificate: String?
    public var key: String?

    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authority = authority
      self.certificate = certificate
      self.key = key
    }
  }

  /// Where the password is; it never stands in the configuration.
  public enum Password: Hashable, Sendable {
    case file(String)
    /// The name of a credential that the service manager hands over (`LoadCredential=`, systemd.exec(5)).
    case credential(String)
  }

  public var host: String
  /// 1 to 65535; default 1883, with TLS 8883.
  public var port: Int
  /// Nil: without encryption.
  public var tls: TLS?
  public var user: String?
  public var password: Password?
  /// Default `fieldgate-GATEWAY`.
  public var clientID: String?
  public var protocolVersion: ProtocolVersion
  /// Most messages handed to the broker a second, 1 to 100000; default 500. What is above waits for its turn, and of each
  /// topic only the newest message.
  public var messagesPerSecond: Int
  /// What all topics begin with, before the gateway's name; default `fieldgate`.
  public var topicPrefix: String
  /// The prefix of Home Assistant's discovery topics; nil: it is told nothing.
  public var homeAssistant: String?
  /// For devices that say nothing else.
  public var publishing: PublishingSettings

  public init(
    host: String = "127.0.0.1", port: Int = 1883, tls: TLS? = nil, user: String? = nil, password: Password? = nil,
    clientID: String? = nil, protocolVersion: ProtocolVersion = .automatic,
    messagesPerSecond: Int = 500, topicPrefix: String = "fieldgate",
    homeAssistant: String? = nil,
    publishing: PublishingSettings = PublishingSettings()
  ) {
    self.host = host
    self.port = port
    self.tls = tls
    self.user = user
    self.password = password
    self.clientID = clientID
    self.protocolVersion = protocolVersion
    self.messagesPerSecond = messagesPerSecond
    self.topicPrefix = topicPrefix
    self.homeAssistant = homeAssistant
    self.publishing = publishing
  }
}
