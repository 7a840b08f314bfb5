/// Where a broker is, and as whom to speak to it.
public struct MQTTEndpoint: Hashable, Sendable {
  /// A message that the broker publishes, retained, when this client vanishes.
  public struct Will: Hashable, Sendable {
    public var topic: String
    public var payload: [UInt8]

    public init(topic: String, payload: [UInt8]) {
      self.topic = topic
      self.payload = payload
    }
  }

  /// PEM files. The broker's certificate must be for the endpoint's host, which is also the name sent with SNI.
  public struct TLS: Hashable, Sendable {
    /// Nil: the CAs that the system trusts.
    public var authority: String?
    /// With `key`: to show who we are; both or neither.
    public var certificate: String?
    public var key: String?

    public init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.authority = authority
      self.certificate = certificate
      self.key = key
    }
  }

  /// Nil `passwordFile`: a user without a password.
  public struct Login: Hashable, Sendable {
    public var user: String
    /// Read before each connection, so a new password needs no restart.
    public var passwordFile: String?

    public init(user: String, passwordFile: String? = nil) {
      self.user = user
      self.passwordFile = passwordFile
    }
  }

  public var host: String
  public var port: Int
  public var clientID: String
  public var version: MQTTVersionChoice
  public var will: Will?
  /// Nil: without encryption.
  public var tls: TLS?
  public var login: Login?

  public init(
    host: String, port: Int, clientID: String, version: MQTTVersionChoice = .automatic, will: Will? = nil,
    tls: TLS? = nil, login: Login? = nil
  ) {
    self.host = host
    self.port = port
    self.clientID = clientID
    self.version = version
    self.will = will
    self.tls = tls
    self.login = login
  }

  var address: String { "\(host):\(port)" }
  /// On this machine, so that asking often costs nobody anything.
  var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
